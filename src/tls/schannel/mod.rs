//! TLS by Schannel, the system's own.

mod connector;
mod identity;
mod stream;

use std::error::Error;
use std::{fmt, io};

use schannel::cert_context::CertContext;

pub use self::connector::Connector;
pub use self::identity::Identity;
pub use self::stream::{Handshaking, TlsStream};
use super::pem;

/// The system applies its own authorities in each handshake.
pub struct Roots;

/// What is resumed, the system keeps by itself.
#[derive(Default)]
pub struct Sessions;

/// Whether the keys of sessions can be written to a file.
pub const CAN_LOG_KEYS: bool = false;

/// Whether a client's key may be encrypted.
pub const CAN_DECRYPT_KEYS: bool = false;

/// Whether a client's key may be one of elliptic curves.
pub const CAN_USE_EC_KEYS: bool = false;

/// Whether it can be told to resume no session.
pub const CAN_FORGET_SESSIONS: bool = false;

/// Whether a handshake can stop at the certificate.
pub const CAN_ASK: bool = false;

/// Its name, for people.
pub fn description() -> String {
    "Schannel".to_owned()
}

/// It needs no start.
pub fn start() {}

/// It leaves no errors behind.
pub fn forget_stale_errors() {}

/// Its message, with the system's number at the end.
pub fn message(error: &TlsError) -> String {
    error.to_string()
}

/// Whether the same handshake may succeed on a new connection.
pub fn may_succeed_anew(_: &TlsError) -> bool {
    false
}

/// It does not tell.
pub fn names_of_another(_: &TlsError) -> &[String] {
    &[]
}

/// An error with the system's number.
#[derive(Debug)]
pub struct TlsError(io::Error);

impl From<io::Error> for TlsError {
    fn from(error: io::Error) -> TlsError {
        TlsError(error)
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// A certificate to trust.
pub struct Certificate(CertContext);

impl Certificate {
    pub fn stack_from_pem(text: &[u8]) -> Result<Vec<Certificate>, TlsError> {
        pem::certificates(text).map(|one| Ok(Certificate(CertContext::from_pem(&one)?))).collect()
    }
}
