//! From a URL to an open stream, without ever blocking: resolve, connect,
//! proxy, TLS, HTTP upgrade.
//!
//! A `Dialer` is driven by whoever owns the poll: its blocking parts are
//! `Job`s for another thread, everything else happens in `advance`, which
//! tries whatever the present phase could do.

mod body;
mod connect;
mod dialer;
mod environment;
mod exchange;
mod http_connect;
mod identity;
#[cfg(not(any(target_os = "windows", target_vendor = "apple")))]
mod identity_openssl;
pub mod jobs;
mod lookup;
mod pem;
mod phase;
mod pins;
mod prepare;
mod proxy;
mod redirect;
mod refusal;
mod socks;
mod target;
mod tls;
mod tls_config;
mod tls_errors;
mod tunnel;
mod unix;
mod upgrade;

use std::sync::Arc;

use crate::error::Error;
use crate::protocol::{Agreed, DeflateOffer, Response};
use crate::transport::Transport;

pub use self::connect::Family;
pub use self::dialer::Dialer;
pub use self::environment::Proxies;
pub use self::identity::ClientIdentity;
pub use self::jobs::{spawn_quiet, Jobs};
pub use self::pem::{Content, Pem};
pub use self::pins::parse as parse_pins;
pub use self::prepare::{Job, Prepared, Resources};
pub use self::proxy::Proxy;
pub use self::target::{without_credentials, Target};
pub use self::tls_config::{TlsConfig, TlsVersion, Verify};

/// What a connection is opened with.
#[derive(Clone)]
pub struct DialConfig {
    pub target: Target,
    pub tls: Arc<TlsConfig>,
    pub headers: Vec<(String, String)>,
    pub subprotocols: Vec<String>,
    /// The compression to offer.
    pub deflate: Option<DeflateOffer>,
    /// What the target is reached through.
    pub proxy: Option<Proxy>,
    /// What another target would be reached through.
    pub proxies: Proxies,
    pub max_redirects: u32,
    pub family: Family,
}

impl DialConfig {
    /// The name that the server's certificate must have.
    fn tls_name(&self) -> String {
        self.tls.expected_name(self.target.tls_name())
    }
}

/// How long each phase took. A phase that was skipped took nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    pub dns_us: u32,
    pub tcp_us: u32,
    /// From the connection to the proxy to the one through it.
    pub proxy_us: u32,
    /// With the time to build the context, when it was the first of its kind.
    pub tls_us: u32,
    pub upgrade_us: u32,
}

/// An open connection. Its socket is still registered, and since readiness is
/// edge-triggered, what has arrived meanwhile is not announced again: read
/// until it would block.
pub struct Established {
    pub transport: Transport,
    pub response: Response,
    pub agreed: Agreed,
    /// What came behind the response: the first frames.
    pub leftover: Vec<u8>,
    pub timings: Timings,
}

/// Why there is no connection.
pub struct Failure {
    /// That there is none, then the causes.
    pub error: Error,
    /// The server's answer, or the proxy's, if there was one, and the start of
    /// its body.
    pub response: Option<(Response, Vec<u8>)>,
    /// 1015 if TLS failed, else 1006.
    pub close_code: u16,
    pub timings: Timings,
    /// The server's, in DER, if TLS got so far.
    pub certificate: Option<Vec<u8>>,
}

pub enum Progress {
    Pending,
    Open(Box<Established>),
}
