//! TLS by OpenSSL.

mod connector;
mod error;
mod ffi;
mod identity;
mod stream;

pub use self::connector::{Connector, Roots};
pub use self::error::TlsError;
pub use self::identity::Identity;
pub use self::stream::{Handshaking, TlsStream};

/// An authority's.
pub type Certificate = openssl::x509::X509;

/// Starts OpenSSL, which reads its configuration and the environment.
pub fn start() {
    openssl::init();
}

/// Clears the thread's OpenSSL error queue. A host that uses OpenSSL itself may have left an error
/// there, which would make a call that would block look like a failure.
pub fn forget_stale_errors() {
    drop(openssl::error::ErrorStack::get());
}
