//! What an opening needs before it can connect.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::dial::tls::Context;

/// The results of blocking calls that the phases need.
#[derive(Default)]
pub(super) struct Prerequisites {
    /// The addresses to connect to: those of the target, or of its proxy.
    pub(super) addresses: Option<Vec<SocketAddr>>,
    /// The addresses of the target, for a proxy that needs one.
    pub(super) target_addresses: Option<Vec<SocketAddr>>,
    pub(super) proxy_connector: Option<Arc<Context>>,
    pub(super) connector: Option<Arc<Context>>,
}
