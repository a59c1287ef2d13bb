//! Sockets that the host hands over.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, RawFd};

use mio::net::TcpStream;
use socket2::{Domain, SockRef, Socket, Type};

use super::socket::LocalStream;

/// A stream that the host has handed over.
pub enum Adopted {
    Tcp(TcpStream),
    Local(LocalStream),
}

/// Whether it is the descriptor of a connected stream socket, or words that say what it is
/// otherwise.
pub fn check_given(number: i64) -> Result<(), String> {
    let fd = RawFd::try_from(number).unwrap_or(-1);
    // SAFETY: it asks about a number, whatever that is.
    if fd < 0 || unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
        return Err(format!("{number} is not an open descriptor"));
    }
    // SAFETY: it is open, and the host leaves it open during the call.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let socket = SockRef::from(&fd);
    match socket.r#type() {
        Err(_) => return Err(format!("descriptor {number} is not a socket")),
        Ok(Type::STREAM) => {}
        Ok(_) => return Err(format!("descriptor {number} is not a stream socket")),
    }
    match socket.peer_addr() {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the socket {number} is not connected: {error}")),
    }
}

/// Takes over a descriptor. It was checked before.
pub fn take_given(number: i64) -> Socket {
    // SAFETY: the host has given it away: nobody else uses or closes it.
    unsafe { Socket::from_raw_fd(number as RawFd) }
}

/// Makes it a stream that does not block.
pub fn adopt(socket: Socket) -> io::Result<Adopted> {
    socket.set_nonblocking(true)?;
    socket.set_cloexec(true)?;
    let is_tcp = matches!(socket.local_addr()?.domain(), Domain::IPV4 | Domain::IPV6);
    Ok(match is_tcp {
        true => Adopted::Tcp(TcpStream::from_std(socket.into())),
        // Whatever it is, it is read and written like one.
        false => Adopted::Local(LocalStream::from_std(socket.into())),
    })
}

/// The number by which the host knows it.
pub fn number_of(socket: &Socket) -> isize {
    socket.as_raw_fd() as isize
}
