//! Sockets, as far as the standard library and mio differ between Unix and Windows.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream as StdStream};
use std::os::windows::io::AsRawSocket;
use std::thread;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use socket2::{MaybeUninitSlice, SockRef};

/// Whether new data is announced after a read that returned less than was asked for. mio announces
/// it only after a read that found nothing.
pub const TELLS_DRAINED: bool = false;

/// Reads into several buffers, one after the other. They may be uninitialized. It goes through mio,
/// which must see that nothing is left.
pub fn receive(stream: &TcpStream, buffers: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    stream.try_io(|| {
        let socket = SockRef::from(stream);
        match buffers {
            [buffer] => socket.recv(buffer),
            buffers => Ok(socket.recv_vectored(buffers)?.0),
        }
    })
}

pub fn send(socket: &SockRef<'_>, bytes: &[u8]) -> io::Result<usize> {
    socket.send(bytes)
}

/// Whether a connection is being made, which is not an error.
pub fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// A socket of `sys::socket_pair`.
pub type PairSocket = StdStream;

/// How long two sockets of this process may take to find each other.
const PATIENCE: Duration = Duration::from_secs(5);

/// Two sockets, connected over the loopback interface: the system has no other pair.
pub fn connected_pair() -> io::Result<(PairSocket, PairSocket)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let one = StdStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    let address = one.local_addr()?;
    let deadline = Instant::now() + PATIENCE;
    let other = loop {
        match listener.accept() {
            // Any program on this machine may connect to the listener, but not from our address.
            Ok((other, from)) if from == address => break other,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
        if Instant::now() > deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
    };
    one.set_nodelay(true)?;
    other.set_nodelay(true)?;
    Ok((one, other))
}

/// Its SOCKET.
pub fn number(socket: &PairSocket) -> isize {
    socket.as_raw_socket() as isize
}
