//! The handshake with a proxy, of whatever kind.

use std::net::SocketAddr;
use std::time::Instant;

use super::http_connect::HttpConnect;
use super::proxy::Proxy;
use super::refusal::Refusal;
use super::socks::Socks;
use super::target::Target;
use crate::error::Error;
use crate::transport::Stream;

/// A handshake that waits for the proxy.
pub enum Tunnel {
    Http(Box<HttpConnect>),
    Socks(Box<Socks>),
}

pub enum Reply {
    Pending(Tunnel),
    /// What is written now goes to the server.
    Through(Stream),
    Refused(Box<Refusal>),
}

impl From<HttpConnect> for Tunnel {
    fn from(connect: HttpConnect) -> Tunnel {
        Tunnel::Http(Box::new(connect))
    }
}

impl From<Socks> for Tunnel {
    fn from(socks: Socks) -> Tunnel {
        Tunnel::Socks(Box::new(socks))
    }
}

impl Tunnel {
    /// `address` is the target's, for a proxy that wants it.
    pub fn new(
        stream: Stream,
        proxy: &Proxy,
        target: &Target,
        address: Option<SocketAddr>,
    ) -> Result<Tunnel, Error> {
        if proxy.is_http() {
            return Ok(HttpConnect::new(stream, proxy, target).into());
        }
        Ok(Socks::new(stream, proxy, target, address)?.into())
    }

    pub fn advance(self, proxy: &Proxy, target: &Target, now: Instant) -> Result<Reply, Error> {
        match self {
            Tunnel::Http(connect) => connect.advance(proxy, target, now),
            Tunnel::Socks(socks) => socks.advance(proxy, target),
        }
    }
}
