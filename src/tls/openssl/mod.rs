//! TLS by OpenSSL.

mod connector;
mod error;
mod ffi;
mod gather;
mod identity;
#[cfg_attr(not(target_os = "macos"), path = "no_keychain.rs")]
mod keychain;
mod names;
mod notes;
mod sessions;
mod stream;
mod trust;
mod verify;

pub use self::connector::Connector;
pub use self::error::{may_succeed_anew, message, names_of_another, TlsError};
pub use self::identity::Identity;
pub use self::keychain::authorities as keychain;
pub use self::names::names;
pub use self::sessions::Sessions;
pub use self::stream::{Handshaking, TlsStream};
pub use self::trust::Roots;

/// An authority's.
pub type Certificate = openssl::x509::X509;

/// Whether the keys of sessions can be written to a file.
pub const CAN_LOG_KEYS: bool = true;

/// Whether a client's key may be encrypted.
pub const CAN_DECRYPT_KEYS: bool = true;

/// Whether it can be told to resume no session.
pub const CAN_FORGET_SESSIONS: bool = true;

/// Whether a handshake can stop at the certificate.
pub const CAN_ASK: bool = true;

/// Its name and the version that runs: `OpenSSL 3.0.22 (system)`.
pub fn description() -> String {
    let version: Vec<&str> = openssl::version::version().split(' ').take(2).collect();
    let origin = if cfg!(feature = "vendored-tls") { "vendored" } else { "system" };
    format!("{} ({origin})", version.join(" "))
}

/// Starts OpenSSL, which reads its configuration and the environment.
pub fn start() {
    openssl::init();
}

/// Clears the thread's OpenSSL error queue. A host that uses OpenSSL itself may have left an error
/// there, which would make a call that would block look like a failure.
pub fn forget_stale_errors() {
    drop(openssl::error::ErrorStack::get());
}

#[cfg(test)]
mod tests;
