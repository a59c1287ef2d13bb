//! Why a context could not be built, or a handshake failed.

use std::error::Error;
use std::{fmt, io};

use openssl::error::ErrorStack;
use openssl::ssl;
use openssl::x509::X509VerifyResult;

#[derive(Debug)]
pub enum TlsError {
    Setup(ErrorStack),
    /// The result of the certificate's verification tells more than the error.
    Handshake(ssl::Error, X509VerifyResult),
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
            TlsError::Handshake(error, X509VerifyResult::OK) => error.fmt(f),
            TlsError::Handshake(error, result) => write!(f, "{error} ({result})"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            TlsError::Setup(_) => None,
            TlsError::Handshake(error, _) => error.io_error().map(|error: &io::Error| error as _),
        }
    }
}
