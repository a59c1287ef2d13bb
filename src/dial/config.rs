//! What an opening is asked for.

use std::sync::Arc;

use super::address::Family;
use super::proxy::{Proxies, Proxy};
use super::target::Target;
use super::tls::TlsConfig;
use crate::protocol::DeflateOffer;

/// What a connection is opened with.
#[derive(Clone, PartialEq)]
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
    pub fn tls_name(&self) -> String {
        self.tls.expected_name(self.target.tls_name())
    }
}
