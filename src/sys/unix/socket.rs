//! Sockets, as far as the standard library and mio differ between Unix and Windows.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use mio::net::TcpStream;
use socket2::{MaybeUninitSlice, SockRef};

use super::descriptor::above_standard;

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

/// The path of a server's socket, or words that say what is wrong with it.
pub fn local_path(bytes: Vec<u8>) -> Result<PathBuf, String> {
    match bytes.len() {
        0..=MAX_PATH => Ok(PathBuf::from(OsString::from_vec(bytes))),
        length => Err(format!(
            "the path of the URL's socket has {length} bytes, more than the {MAX_PATH} that the \
             system allows"
        )),
    }
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

fn scatter(socket: &SockRef<'_>, buffers: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    match buffers {
        [buffer] => socket.recv(buffer),
        buffers => Ok(socket.recv_vectored(buffers)?.0),
    }
}

/// One end of a socket pair. It never blocks.
///
/// It is a socket because Node's `net.Socket` does not take an eventfd.
#[derive(Debug)]
pub struct PairEnd(UnixStream);

pub fn socket_pair() -> io::Result<(PairEnd, PairEnd)> {
    let (one, other) = above_standard(UnixStream::pair)?;
    one.set_nonblocking(true)?;
    other.set_nonblocking(true)?;
    Ok((PairEnd(one), PairEnd(other)))
}

impl PairEnd {
    /// Its descriptor.
    pub fn number(&self) -> isize {
        self.0.as_raw_fd() as isize
    }
}

impl Read for &PairEnd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(buffer)
    }
}

impl Write for &PairEnd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
