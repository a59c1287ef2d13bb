//! What only Linux can set on a socket before it connects.

use std::io;
use std::ops::RangeInclusive;
#[cfg(target_os = "android")]
use std::os::android::net::SocketAddrExt;
use std::os::fd::AsRawFd;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;

/// Linux 6.3; the `libc` crate does not name it on every target.
const IP_LOCAL_PORT_RANGE: libc::c_int = 51;

/// Whether a socket can be bound to a network interface by its name.
pub const HAS_INTERFACES: bool = true;
/// Whether the system can limit how long sent data waits to be acknowledged.
pub const HAS_USER_TIMEOUT: bool = true;

/// Whether Unix sockets can have names that are no files.
pub const HAS_ABSTRACT_SOCKETS: bool = true;

/// The address of such a socket.
pub fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

/// The socket sends and receives through this interface only.
pub fn bind_to_interface(socket: &Socket, name: &str) -> io::Result<()> {
    socket.bind_device(Some(name.as_bytes()))
}

/// The local port is chosen when the socket connects, not when it is bound. So sockets that are
/// connected to different servers can have the same one. Older systems do not know the option.
pub fn choose_port_late(socket: &Socket) {
    let _ = set(socket, libc::IP_BIND_ADDRESS_NO_PORT, 1);
}

/// Makes the system look for a local port among all ports at once. By default it looks at every
/// other port first, which takes a millisecond as soon as these are in use, that is, with half of
/// the possible connections to one server address. The range given here holds all ports, so the
/// system's own range still counts. Older systems do not know the option.
pub fn search_ports_evenly(socket: &Socket) {
    const ALL: u32 = 0xFFFF_0001;
    let _ = set(socket, IP_LOCAL_PORT_RANGE, ALL);
}

/// The connection fails when data has waited this long to be acknowledged.
pub fn set_user_timeout(socket: &Socket, timeout: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(timeout))
}

/// How many of the bytes that were written to the socket the peer's system has not acknowledged.
pub fn unacknowledged(socket: &impl AsRawFd) -> Option<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: the pointer is valid during the call, which writes one number.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &mut count) };
    (result == 0).then(|| usize::try_from(count).unwrap_or(0))
}

/// The ports that the system gives to sockets which connect.
pub fn local_ports() -> Option<RangeInclusive<u16>> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().map(str::parse);
    Some(numbers.next()?.ok()?..=numbers.next()?.ok()?)
}

fn set(socket: &Socket, option: libc::c_int, value: u32) -> io::Result<()> {
    // SAFETY: the value is as large as it says, and valid during the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            option,
            (&raw const value).cast(),
            size_of::<u32>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
