//! What an opening comes to.

use crate::error::Error;
use crate::protocol::{Agreed, Response};
use crate::transport::Transport;

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
