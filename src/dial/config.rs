//! The settings of an opening.

use std::sync::Arc;

use super::address::{Elsewhere, Family};
use super::proxy::{Proxies, Proxy};
use super::question::Topics;
use super::socket::SocketConfig;
use super::target::Target;
use super::tls::TlsConfig;
use crate::protocol::DeflateOffer;

/// The settings that a connection is opened with.
#[derive(Clone, PartialEq)]
pub struct DialConfig {
    pub target: Target,
    pub tls: Arc<TlsConfig>,
    pub headers: Vec<(String, String)>,
    pub subprotocols: Vec<String>,
    /// The compression to offer.
    pub deflate: Option<DeflateOffer>,
    /// The proxy for the target.
    pub proxy: Option<Proxy>,
    /// Chooses the proxy for another target.
    pub proxies: Proxies,
    pub max_redirects: u32,
    pub family: Family,
    /// Where to connect instead of the addresses of some hosts.
    pub elsewhere: Elsewhere,
    pub sockets: Arc<SocketConfig>,
    /// The host supplied a connected socket, and no other can be made.
    pub is_given: bool,
    /// The questions that the host wants to answer.
    pub ask: Topics,
}

impl DialConfig {
    /// Whether the opening may use TLS: with the server, a proxy, or the target of a redirect.
    pub fn may_speak_tls(&self) -> bool {
        self.target.secure
            || self.max_redirects > 0
            || self.proxy.as_ref().is_some_and(Proxy::is_tls)
    }

    /// The host to connect to: the proxy or the server.
    pub fn next_hop(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("{}:{}", proxy.host, proxy.port),
            None => self.target.authority(),
        }
    }

    /// The name that the server's certificate must have.
    pub fn tls_name(&self) -> String {
        self.tls.expected_name(self.target.tls_name())
    }

    /// The key of the TLS sessions that may be resumed, if any: the same server, reached the same
    /// way, with the same checks. Settings that belong to the TLS context need not be part of it.
    pub fn tls_origin(&self) -> Option<String> {
        if !self.tls.resumes {
            return None;
        }
        let mut origin = format!("{} as {}", self.target.authority(), self.tls_name());
        if let Some(proxy) = &self.proxy {
            origin += &format!(" by {proxy}");
        }
        for pin in &self.tls.pins {
            origin += &format!(" {pin}");
        }
        Some(origin)
    }
}
