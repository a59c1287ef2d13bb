//! The result of an opening.

use crate::error::Error;
use crate::protocol::{Agreed, Response};
use crate::transport::Transport;

/// How long each phase took; 0 for a skipped phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    pub dns_us: u32,
    pub tcp_us: u32,
    /// From the connection to the proxy to the connection through it.
    pub proxy_us: u32,
    /// Includes building the context, if it was the first of its kind.
    pub tls_us: u32,
    pub upgrade_us: u32,
}

/// An open connection. Its socket is still registered. Readiness is edge-triggered, so data that
/// has already arrived is not announced again: read until the socket would block.
pub struct Established {
    pub transport: Transport,
    pub response: Response,
    pub agreed: Agreed,
    /// The bytes after the response: the beginning of the first frames.
    pub leftover: Vec<u8>,
    pub timings: Timings,
    /// Whether the TLS session with the server was resumed; `None` without TLS.
    pub is_resumed: Option<bool>,
}

/// Why the opening failed.
pub struct Failure {
    /// The general error, with its causes.
    pub error: Error,
    /// The answer of the server or the proxy, if there was one, and the start of its body.
    pub response: Option<(Response, Vec<u8>)>,
    /// 1015 if TLS failed, else 1006.
    pub close_code: u16,
    pub timings: Timings,
    /// The server's certificate in DER, if TLS got that far.
    pub certificate: Option<Vec<u8>>,
}

pub enum Progress {
    Pending,
    Open(Box<Established>),
}
