//! TLS: its settings, the contexts built from them, the handshake, and the errors of a failed one.
//! Code that is specific to one TLS library is in a file named after it.

mod config;
mod context;
#[cfg(tls_openssl)]
#[path = "described_openssl.rs"]
mod described;
#[cfg(not(tls_openssl))]
#[path = "described_native.rs"]
mod described;
mod errors;
mod handshake;
mod identity;
mod key_log;
mod keypair;
mod pem;
mod pins;
#[cfg(tls_openssl)]
#[path = "keypair_openssl.rs"]
mod read_pair;
#[cfg(not(tls_openssl))]
#[path = "keypair_native.rs"]
mod read_pair;
mod refusal;
#[cfg(tls_openssl)]
#[path = "roots_openssl.rs"]
mod roots;
#[cfg(not(tls_openssl))]
#[path = "roots_native.rs"]
mod roots;

pub use self::config::{Context, TlsConfig};
pub use self::context::TlsContexts;
pub use self::described::certificate_facts;
pub use self::errors::{broken_session, closes, explain_early, handshake_failure};
pub use self::handshake::{check_session, log_session, log_verdict, Handshake};
pub use self::identity::ClientIdentity;
pub use self::key_log::KeyLog;
pub use self::pem::{Content, Pem};
pub use self::pins::{of_certificate as certificate_pin, parse as parse_pins};
pub use self::refusal::impossible;
pub use crate::tls::{TlsVersion, Verify, CAN_ASK, CAN_FORGET_SESSIONS};
