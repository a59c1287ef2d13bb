//! What must be there before an opening can connect.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::dial::tls::Context;

/// What the phases need, and blocking calls bring.
#[derive(Default)]
pub(super) struct Prerequisites {
    /// Of what is connected to: the target, or the proxy before it.
    pub(super) addresses: Option<Vec<SocketAddr>>,
    /// The target's own, for a proxy that is told one.
    pub(super) target_addresses: Option<Vec<SocketAddr>>,
    pub(super) proxy_connector: Option<Arc<Context>>,
    pub(super) connector: Option<Arc<Context>>,
}
