//! The handshake with any kind of proxy.

use std::net::SocketAddr;
use std::time::Instant;

use super::connect::HttpConnect;
use super::reply::Reply;
use super::server::Proxy;
use super::socks::Socks;
use crate::dial::target::Target;
use crate::dial::trail::Notes;
use crate::error::Error;
use crate::secret::Secret;
use crate::transport::Stream;

/// A handshake that waits for the proxy.
pub enum Tunnel {
    Http(Box<HttpConnect>),
    Socks(Box<Socks>),
}

impl Tunnel {
    /// `address` is the target's address, for a proxy that needs it. `authorization` is for an HTTP
    /// proxy.
    pub fn new(
        stream: Stream,
        proxy: &Proxy,
        target: &Target,
        address: Option<SocketAddr>,
        authorization: Option<&Secret>,
        notes: &Notes,
    ) -> Result<Tunnel, Error> {
        if proxy.is_http() {
            let connect = HttpConnect::new(stream, proxy, target, authorization, notes);
            return Ok(Tunnel::Http(Box::new(connect)));
        }
        Ok(Tunnel::Socks(Box::new(Socks::new(stream, proxy, target, address)?)))
    }

    pub fn advance(
        self,
        proxy: &Proxy,
        target: &Target,
        now: Instant,
    ) -> Result<Reply<Tunnel>, Error> {
        Ok(match self {
            Tunnel::Http(connect) => connect.advance(proxy, target, now)?.map(Tunnel::Http),
            Tunnel::Socks(socks) => socks.advance(proxy, target)?.map(Tunnel::Socks),
        })
    }
}
