//! Why a context could not be built, or a handshake failed.

use std::error::Error;
use std::{fmt, io};

use openssl::error::ErrorStack;
use openssl::ssl;
use openssl::x509::X509VerifyResult;

#[derive(Debug)]
pub enum TlsError {
    Setup(ErrorStack),
    Handshake {
        error: ssl::Error,
        /// Of the certificate's verification. It tells more than the error.
        result: X509VerifyResult,
        /// It began with a session to resume.
        was_resuming: bool,
        /// For whom the certificate is, if it is for another name.
        names: Vec<String>,
    },
}

/// Its message.
pub fn message(error: &TlsError) -> String {
    error.to_string()
}

/// For whom the server's certificate is, if the handshake failed because it is for another name.
pub fn names_of_another(error: &TlsError) -> &[String] {
    match error {
        TlsError::Handshake { names, .. } => names,
        TlsError::Setup(_) => &[],
    }
}

/// Whether the same handshake may succeed on a new connection: some servers end it when a client
/// wants to resume a session. To them no session is shown any more.
pub fn may_succeed_anew(error: &TlsError) -> bool {
    matches!(error, TlsError::Handshake { was_resuming: true, .. })
}

impl From<ErrorStack> for TlsError {
    fn from(error: ErrorStack) -> TlsError {
        TlsError::Setup(error)
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsError::Setup(errors) => errors.fmt(f),
            TlsError::Handshake { error, result: X509VerifyResult::OK, .. } => error.fmt(f),
            TlsError::Handshake { error, result, .. } => write!(f, "{error} ({result})"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            TlsError::Setup(_) => None,
            TlsError::Handshake { error, .. } => {
                error.io_error().map(|error: &io::Error| error as _)
            }
        }
    }
}
