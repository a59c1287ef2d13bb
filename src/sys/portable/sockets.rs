//! What other systems than Linux cannot set on a socket.

use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

use socket2::Socket;

pub const HAS_INTERFACES: bool = false;
pub const HAS_USER_TIMEOUT: bool = false;

#[cfg(any(unix, test))]
pub const HAS_ABSTRACT_SOCKETS: bool = false;

#[cfg(unix)]
pub fn abstract_address(_: &[u8]) -> io::Result<std::os::unix::net::SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn bind_to_interface(_: &Socket, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn choose_port_late(_: &Socket) {}

pub fn search_ports_evenly(_: &Socket) {}

pub fn set_user_timeout(_: &Socket, _: Duration) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn unacknowledged<T>(_: &T) -> Option<usize> {
    None
}

pub fn local_ports() -> Option<RangeInclusive<u16>> {
    None
}
