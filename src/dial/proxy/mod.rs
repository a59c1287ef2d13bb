//! Proxies: the choice of one, and the handshake with it.

mod choice;
mod connect;
mod reply;
mod server;
mod socks;
mod tunnel;

pub use self::choice::Proxies;
pub use self::reply::Reply;
pub use self::server::Proxy;
pub use self::tunnel::Tunnel;
