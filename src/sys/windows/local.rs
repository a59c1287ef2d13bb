//! Connections to Unix sockets. There are none: neither the standard library nor mio has Unix
//! sockets here.

use std::convert::Infallible;
use std::io::{self, Read};
use std::net::Shutdown;
use std::path::{Path, PathBuf};

use mio::event::Source;
use mio::{Interest, Registry, Token};
use socket2::MaybeUninitSlice;

pub struct LocalStream(Infallible);

pub fn local_path(_: Vec<u8>) -> Result<PathBuf, String> {
    Err("ws+unix:// is not available on Windows: hostws has no Unix sockets here".to_owned())
}

pub fn receive_local(stream: &LocalStream, _: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    match stream.0 {}
}

pub fn send_local(stream: &LocalStream, _: &[u8]) -> io::Result<usize> {
    match stream.0 {}
}

pub fn connect_local(_: &Path) -> io::Result<LocalStream> {
    Err(io::ErrorKind::Unsupported.into())
}

impl LocalStream {
    #[cfg(any(test, fuzzing))]
    pub fn pair() -> io::Result<(LocalStream, LocalStream)> {
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

#[cfg(any(test, fuzzing))]
impl io::Write for &LocalStream {
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
