//! The result of a step of a handshake with a proxy.

use crate::dial::http::Refusal;
use crate::error::Error;
use crate::transport::Stream;

/// `P` is the handshake, which goes on when the proxy says more.
pub enum Reply<P> {
    Pending(P),
    /// The tunnel is open: what is written now goes to the server.
    Through(Stream),
    Refused(Box<Refusal>),
    /// The proxy closed the connection and said nothing.
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
