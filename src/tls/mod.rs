//! The TLS library: contexts, handshakes and open sessions over any stream. Two files have the same
//! interface, and the build chooses one (build.rs sets `tls_openssl`):
//!
//! * `openssl`: OpenSSL itself, on Linux and BSD, and on macOS if it is built in;
//! * `native`: whatever native-tls uses, elsewhere and with the feature `native-tls`.
//!
//! It owns nothing of ours: what to trust, the words of errors and the files are `dial::tls`'s.

#[cfg(not(tls_openssl))]
mod ahead;
#[cfg(not(tls_openssl))]
#[path = "native.rs"]
mod library;
#[cfg(tls_openssl)]
#[path = "openssl/mod.rs"]
mod library;

pub use self::library::{
    forget_stale_errors, start, Certificate, Connector, Handshaking, Identity, Roots, TlsError,
    TlsStream,
};

/// What of the server's certificate is verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    #[default]
    Full,
    NoHostname,
    None,
}

/// The system's own policy may still forbid the two oldest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsVersion {
    V1_0,
    V1_1,
    #[default]
    V1_2,
    V1_3,
}

impl TlsVersion {
    pub fn number(self) -> &'static str {
        match self {
            TlsVersion::V1_0 => "1.0",
            TlsVersion::V1_1 => "1.1",
            TlsVersion::V1_2 => "1.2",
            TlsVersion::V1_3 => "1.3",
        }
    }
}

/// What a context is built from.
#[derive(Default)]
pub struct Settings {
    pub min_version: TlsVersion,
    /// The protocol to offer (ALPN).
    pub alpn: Option<&'static str>,
    pub verify: Verify,
    /// Authorities to trust.
    pub authorities: Vec<Certificate>,
    /// The system's authorities, if they are to be trusted, too.
    pub roots: Option<Roots>,
    /// Shown to a server that asks for it.
    pub identity: Option<Identity>,
}

/// A handshake, after as many steps as the stream allowed.
pub enum Step<S> {
    Done(TlsStream<S>),
    Pending(Handshaking<S>),
}
