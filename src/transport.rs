//! An open byte stream to the server, plain or TLS, that the worker reads and
//! any thread may write.
//!
//! Both directions work through `&self`: a plain socket needs no lock for
//! that, a TLS session has one, held for the length of a non-blocking call.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mio::net::{TcpStream, UnixStream};
use native_tls::TlsStream;

/// What the operating system connects.
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What a phase of the opening hands to the next: a socket, or TLS over
/// another stream, which may be TLS to a proxy.
pub enum Stream {
    Plain(Socket),
    Tls(Box<TlsStream<Stream>>),
}

pub enum Transport {
    Plain(Socket),
    Tls(Mutex<Box<TlsStream<Stream>>>),
}

impl Socket {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => (&mut &*stream).read(buffer),
            Socket::Unix(stream) => (&mut &*stream).read(buffer),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => (&mut &*stream).write(bytes),
            Socket::Unix(stream) => (&mut &*stream).write(bytes),
        }
    }

    fn shutdown(&self, how: Shutdown) {
        // It fails where the peer was first.
        let _ = match self {
            Socket::Tcp(stream) => stream.shutdown(how),
            Socket::Unix(stream) => stream.shutdown(how),
        };
    }
}

impl Stream {
    pub fn is_tls(&self) -> bool {
        matches!(self, Stream::Tls(_))
    }

    fn socket(&self) -> &Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream.get_ref().socket(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => Ok(()),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

impl From<Stream> for Transport {
    fn from(stream: Stream) -> Transport {
        match stream {
            Stream::Plain(socket) => Transport::Plain(socket),
            Stream::Tls(stream) => Transport::Tls(Mutex::new(stream)),
        }
    }
}

impl Transport {
    /// Reads what has arrived; `Ok(0)` is the end of the stream.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.read(buffer),
            Transport::Tls(stream) => lock(stream).read(buffer),
        }
    }

    /// Writes as much as the socket takes now.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.write(bytes),
            Transport::Tls(stream) => lock(stream).write(bytes),
        }
    }

    /// Says that nothing more will be written; the peer still may.
    pub fn finish(&self) {
        match self {
            Transport::Plain(socket) => socket.shutdown(Shutdown::Write),
            Transport::Tls(stream) => {
                let mut stream = lock(stream);
                let _ = stream.shutdown();
                stream.get_ref().socket().shutdown(Shutdown::Write);
            }
        }
    }

    /// Ends the connection for both sides, also where a forked child still
    /// holds the socket.
    pub fn close(&self) {
        match self {
            Transport::Plain(socket) => socket.shutdown(Shutdown::Both),
            Transport::Tls(stream) => lock(stream).get_ref().socket().shutdown(Shutdown::Both),
        }
    }

    pub fn is_tls(&self) -> bool {
        matches!(self, Transport::Tls(_))
    }
}

/// A panic inside OpenSSL's wrapper leaves a session that reports errors, so
/// a poisoned lock is still safe to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
