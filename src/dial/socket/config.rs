//! The settings of the sockets of a connection.

use std::time::Duration;

use super::hook::SocketHook;
use super::local::Locals;

/// Applies to every TCP socket that the library makes for a connection, also to a proxy. `None` is
/// the system's default.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SocketConfig {
    pub locals: Locals,
    pub keepalive: Option<Duration>,
    pub user_timeout: Option<Duration>,
    pub send_buffer: Option<usize>,
    pub receive_buffer: Option<usize>,
    /// Called with each socket before it connects.
    pub hook: Option<SocketHook>,
}
