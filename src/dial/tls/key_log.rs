//! The file for the keys of TLS sessions, for debugging.

use std::path::PathBuf;

use super::refusal::impossible;
use crate::error::Error;
use crate::{sys, tls};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLog(pub PathBuf);

impl KeyLog {
    /// The file that the environment names, if it names one.
    pub fn from_environment() -> Result<Option<KeyLog>, Error> {
        if !tls::CAN_LOG_KEYS {
            return Err(impossible("tls_key_log", "does not tell the keys of its sessions"));
        }
        let path = sys::environment("SSLKEYLOGFILE").filter(|path| !path.is_empty());
        // Made absolute, like the paths in options, because the host may change its working
        // directory.
        let whole = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        Ok(path.map(|path| KeyLog(whole(path.into()))))
    }
}
