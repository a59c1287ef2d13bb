//! TLS: its settings, the contexts built from them, the handshake, and the errors of a failed one.

mod config;
mod context;
#[cfg(not(any(target_os = "windows", target_vendor = "apple")))]
#[path = "described_openssl.rs"]
mod described;
#[cfg(any(target_os = "windows", target_vendor = "apple"))]
#[path = "described_native.rs"]
mod described;
mod errors;
mod handshake;
mod hello;
mod identity;
mod keypair;
#[cfg(not(any(target_os = "windows", target_vendor = "apple")))]
#[path = "keypair_openssl.rs"]
mod normalize;
#[cfg(any(target_os = "windows", target_vendor = "apple"))]
#[path = "keypair_native.rs"]
mod normalize;
mod pem;
mod pins;
#[cfg(not(any(target_os = "windows", target_vendor = "apple")))]
#[path = "roots_openssl.rs"]
mod roots;
#[cfg(any(target_os = "windows", target_vendor = "apple"))]
#[path = "roots_native.rs"]
mod roots;

pub use self::config::{Context, TlsConfig, TlsVersion, Verify};
pub use self::context::TlsContexts;
pub use self::errors::{broken_session, closes, explain_early, handshake_failure};
pub use self::handshake::{check_session, log_session, Handshake};
pub use self::identity::ClientIdentity;
pub use self::pem::{Content, Pem};
pub use self::pins::parse as parse_pins;
