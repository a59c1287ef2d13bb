//! The TLS library: contexts, handshakes and open sessions over any stream. Three have the same
//! interface, and the build chooses one (build.rs sets `tls_openssl`):
//!
//! * `openssl`: OpenSSL itself, on Linux and BSD, and on macOS if it is built in;
//! * `schannel`: Schannel, on Windows;
//! * `native`: whatever native-tls uses, elsewhere and with the feature `native-tls`.
//!
//! It owns nothing of ours: what to trust, the words of errors and the files are `dial::tls`'s.

// The others do less.
#![cfg_attr(not(tls_openssl), allow(dead_code))]

use std::fs::File;
use std::sync::Arc;

mod ahead;
#[cfg(not(tls_openssl))]
mod hello;
#[cfg(all(not(tls_openssl), not(windows)))]
#[path = "native.rs"]
mod library;
#[cfg(windows)]
#[path = "schannel/mod.rs"]
mod library;
#[cfg(tls_openssl)]
pub use self::library::{keychain, names};
#[cfg(tls_openssl)]
#[path = "openssl/mod.rs"]
mod library;
#[cfg(any(test, not(tls_openssl)))]
mod pem;
#[cfg(not(tls_openssl))]
mod record_stream;
#[cfg(any(test, windows))]
mod records;
mod x509;

#[cfg(not(tls_openssl))]
pub use self::library::CAN_USE_EC_KEYS;
pub use self::library::{
    description, forget_stale_errors, may_succeed_anew, message, names_of_another, start,
    Certificate, Connector, Handshaking, Identity, Roots, Sessions, TlsError, TlsStream, CAN_ASK,
    CAN_DECRYPT_KEYS, CAN_FORGET_SESSIONS, CAN_LOG_KEYS,
};
#[cfg(not(tls_openssl))]
pub use self::pem::rsa_key;
pub use self::x509::public_key_info;

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
    /// Where sessions are kept.
    pub sessions: Arc<Sessions>,
    /// Where the keys of sessions are written, for debugging.
    pub key_log: Option<File>,
}

/// What one handshake is for.
pub struct Opening<'a> {
    /// The server's name, to ask for and to expect in its certificate.
    pub name: &'a str,
    /// Whose sessions may be resumed: the server, and all that is not in the context and tells one
    /// way to it from another. None: nobody's.
    pub origin: Option<String>,
    /// Whether the handshake stops at the server's certificate (`Step::Asked`), with or without
    /// faults. Nothing of ours has been sent then but a hello: no client certificate either. It
    /// resumes no session, and does nothing with `Verify::None`, or by native-tls, which cannot stop.
    pub asks: bool,
}

/// Something that is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// OpenSSL's number (X509_V_ERR_*).
    pub code: i32,
    /// OpenSSL's words.
    pub words: &'static str,
    /// Which certificate: 0 is the server's own.
    pub depth: u32,
}

/// What a handshake that stopped knows of the server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// None if the certificate is in order.
    pub faults: Vec<Fault>,
    /// In DER, the server's own certificate first.
    pub chain: Vec<Vec<u8>>,
}

/// What was agreed, and with whom.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLS 1.3`
    pub version: &'static str,
    /// The name that IANA gives it. Empty: unknown.
    pub cipher: String,
    pub alpn: Option<String>,
    pub is_resumed: bool,
    /// As the server has sent it, in DER, its own certificate first.
    pub chain: Vec<Vec<u8>>,
}

/// A handshake, after as many steps as the stream allowed.
pub enum Step<S> {
    Done(TlsStream<S>),
    Pending(Handshaking<S>),
    /// It stopped at the server's certificate, as `Opening::asks` wanted. Call `answer`, then
    /// `advance`: it goes on, or fails with the alert that fits.
    Asked(Handshaking<S>, Verdict),
}
