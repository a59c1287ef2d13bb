//! Sockets, as far as the standard library and mio differ between Unix and Windows.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};

use mio::net::TcpStream;
use socket2::{MaybeUninitSlice, SockRef};

use super::descriptor::above_standard;
use crate::sys::particular::{abstract_address, HAS_ABSTRACT_SOCKETS};

/// A connection to a server on this machine.
pub use mio::net::UnixStream as LocalStream;

/// The longest path that fits in a socket address, without its NUL.
const MAX_PATH: usize = {
    // SAFETY: all zeros are a valid address.
    let address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_path.len() - 1
};

/// Whether new data is announced after a read that returned less than was asked for.
pub const TELLS_DRAINED: bool = true;

/// The path of a server's socket, or words that say what is wrong with it. On Linux "@name" is an
/// abstract socket, which has no file. Its path begins with a NUL.
pub fn local_path(mut bytes: Vec<u8>) -> Result<PathBuf, String> {
    if let (Some(first @ b'@'), true) = (bytes.first_mut(), HAS_ABSTRACT_SOCKETS) {
        *first = 0;
    }
    match (bytes.len(), bytes.first()) {
        (_, Some(b'@')) => Err("abstract sockets exist on Linux only".to_owned()),
        (0..=MAX_PATH, _) => Ok(PathBuf::from(OsString::from_vec(bytes))),
        (length, _) => Err(format!(
            "the path of the URL's socket has {length} bytes, more than the {MAX_PATH} that the \
             system allows"
        )),
    }
}

/// Connects to the socket of such a path.
pub fn connect_local(path: &Path) -> io::Result<LocalStream> {
    LocalStream::connect_addr(&match path.as_os_str().as_bytes().split_first() {
        Some((0, name)) => abstract_address(name)?,
        _ => SocketAddr::from_pathname(path)?,
    })
}

/// Whether a connection is being made, which is not an error.
pub fn is_under_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

/// Reads into several buffers, one after the other. They may be uninitialized.
pub fn receive(stream: &TcpStream, buffers: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    scatter(&SockRef::from(stream), buffers)
}

/// The same from a server on this machine.
pub fn receive_local(
    stream: &LocalStream,
    buffers: &mut [MaybeUninitSlice<'_>],
) -> io::Result<usize> {
    scatter(&SockRef::from(stream), buffers)
}

/// Writes to a server on this machine.
pub fn send_local(stream: &LocalStream, bytes: &[u8]) -> io::Result<usize> {
    send(&SockRef::from(stream), bytes)
}

/// Writes without SIGPIPE, which the standard library raises before Rust 1.90. Apple's systems
/// have an option of the socket for that instead, which mio has set.
pub fn send(socket: &SockRef<'_>, bytes: &[u8]) -> io::Result<usize> {
    let flags = if cfg!(target_vendor = "apple") { 0 } else { libc::MSG_NOSIGNAL };
    socket.send_with_flags(bytes, flags)
}

fn scatter(socket: &SockRef<'_>, buffers: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    match buffers {
        [buffer] => socket.recv(buffer),
        buffers => Ok(socket.recv_vectored(buffers)?.0),
    }
}

/// A socket of `sys::socket_pair`.
pub type PairSocket = UnixStream;

pub fn connected_pair() -> io::Result<(PairSocket, PairSocket)> {
    above_standard(UnixStream::pair)
}

/// Its descriptor.
pub fn number(socket: &PairSocket) -> isize {
    socket.as_raw_fd() as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_to_nobody_raises_no_signal() {
        let (ours, theirs) = LocalStream::pair().unwrap();
        drop(theirs);
        // The signal would end the program: it no longer has the handler of Rust's programs.
        // SAFETY: no other test depends on it.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        assert_eq!(send_local(&ours, b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let (ours, theirs) = crate::sys::socket_pair().unwrap();
        drop(theirs);
        ours.write_byte();
    }
}
