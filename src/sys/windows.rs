//! Windows.

use std::any::Any;
use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream as StdStream};
use std::os::windows::io::AsRawSocket;
use std::path::{Path, PathBuf};
use std::thread::{Builder, JoinHandle};

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{MaybeUninitSlice, SockRef};

/// There is no fork.
pub fn at_fork(_: extern "C" fn()) {}

/// When `exit` runs, no other thread does any more.
pub fn at_exit(_: extern "C" fn()) {}

/// A variable of the environment.
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// TLS keeps nothing for a thread here.
pub fn keep_until_thread_is_gone(_: Box<dyn Any + Send>) {}

/// Starts a thread. There are no signals.
pub fn spawn<F>(name: &str, f: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    Builder::new().name(name.to_owned()).spawn(f)
}

/// Whether a socket from which less came than was asked for is announced again. mio does so
/// only after a read has found nothing.
pub const TELLS_DRAINED: bool = false;

/// Reads into buffers that need not be cleared before, one after the other. Through mio, which
/// has to see that nothing was left.
pub fn receive(stream: &TcpStream, buffers: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    stream.try_io(|| {
        let socket = SockRef::from(stream);
        match buffers {
            [buffer] => socket.recv(buffer),
            buffers => Ok(socket.recv_vectored(buffers)?.0),
        }
    })
}

/// A connection to a Unix socket: there is none, for want of one in the standard library.
pub struct LocalStream(Infallible);

pub fn local_path(_: Vec<u8>) -> Result<PathBuf, String> {
    Err("there are no Unix sockets on this system".to_owned())
}

pub fn receive_local(stream: &LocalStream, _: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    match stream.0 {}
}

impl LocalStream {
    pub fn connect(_: impl AsRef<Path>) -> io::Result<LocalStream> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        match self.0 {}
    }
}

impl Read for &LocalStream {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

impl Write for &LocalStream {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0 {}
    }
}

impl Source for LocalStream {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        match self.0 {}
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        match self.0 {}
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        match self.0 {}
    }
}

/// One of two ends: what is written to one can be read from the other. Neither blocks.
pub struct PairEnd(StdStream);

/// Two sockets that are connected over the loopback interface, since there are no others that
/// select() takes.
pub fn socket_pair() -> io::Result<(PairEnd, PairEnd)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let one = StdStream::connect(listener.local_addr()?)?;
    let other = loop {
        let (other, from) = listener.accept()?;
        // Anybody may connect to it.
        if from == one.local_addr()? {
            break other;
        }
    };
    for end in [&one, &other] {
        end.set_nonblocking(true)?;
        end.set_nodelay(true)?;
    }
    Ok((PairEnd(one), PairEnd(other)))
}

impl PairEnd {
    /// As the system's calls name it.
    pub fn number(&self) -> isize {
        self.0.as_raw_socket() as isize
    }
}

impl Read for PairEnd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for PairEnd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
