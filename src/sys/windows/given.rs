//! Sockets that the host hands over.

use std::io;
use std::mem::ManuallyDrop;
use std::os::windows::io::{AsRawSocket, FromRawSocket, RawSocket};

use mio::net::TcpStream;
use socket2::Socket;

use super::local::LocalStream;

/// A stream that the host has handed over.
pub enum Adopted {
    Tcp(TcpStream),
    #[allow(dead_code)] // there is none here
    Local(LocalStream),
}

/// Whether it is a connected stream socket, or words that say what it is otherwise.
pub fn check_given(number: i64) -> Result<(), String> {
    // It was given as a number, and is not closed here.
    let socket = ManuallyDrop::new(take_given(number));
    match socket.peer_addr() {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{number} is not a connected stream socket: {error}")),
    }
}

/// Takes over a socket. It was checked before.
pub fn take_given(number: i64) -> Socket {
    // SAFETY: the host has given it away: nobody else uses or closes it.
    unsafe { Socket::from_raw_socket(number as RawSocket) }
}

/// Makes it a stream that does not block.
pub fn adopt(socket: Socket) -> io::Result<Adopted> {
    socket.set_nonblocking(true)?;
    Ok(Adopted::Tcp(TcpStream::from_std(socket.into())))
}

/// The number by which the host knows it.
pub fn number_of(socket: &Socket) -> isize {
    socket.as_raw_socket() as isize
}
