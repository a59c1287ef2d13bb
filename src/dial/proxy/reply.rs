//! The result of a step of a handshake with a proxy.

use crate::dial::http::Refusal;
use crate::error::Error;
use crate::transport::Stream;

/// The result of a step. `P` is the handshake, which continues when the proxy sends more.
pub enum Reply<P> {
    Pending(P),
    /// The tunnel is open: the stream reaches the server.
    Through(Stream),
    Refused(Box<Refusal>),
    /// The proxy closed the connection without an answer.
    Silence(Error),
}

impl<P> Reply<P> {
    pub fn map<Q>(self, f: impl FnOnce(P) -> Q) -> Reply<Q> {
        match self {
            Reply::Pending(pending) => Reply::Pending(f(pending)),
            Reply::Through(stream) => Reply::Through(stream),
            Reply::Refused(refusal) => Reply::Refused(refusal),
            Reply::Silence(error) => Reply::Silence(error),
        }
    }
}
