//! How the sockets of a connection are made: the local address, the options, and the host's
//! consent.

mod config;
mod hook;
mod local;
mod making;

pub use self::config::SocketConfig;
pub use self::hook::{forget_lost_hook, SocketHook};
pub use self::local::Locals;
pub use self::making::{connect, make, no_local_port};
