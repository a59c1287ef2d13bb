//! A system that keeps the certificates of authorities in files.

/// Nothing: `dial::tls` reads the files.
pub fn authorities() -> Option<Result<Vec<Vec<u8>>, String>> {
    None
}
