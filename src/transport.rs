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
    Tls {
        session: Mutex<Box<TlsStream<Stream>>>,
        /// Not with the server, but with a proxy before one that speaks no TLS.
        is_proxys: bool,
    },
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
            Stream::Tls(stream) => ready(stream).read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(stream) => ready(stream).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => Ok(()),
            Stream::Tls(stream) => ready(stream).flush(),
        }
    }
}

impl Transport {
    /// `is_secure` tells whether TLS is spoken with the server itself.
    pub fn new(stream: Stream, is_secure: bool) -> Transport {
        match stream {
            Stream::Plain(socket) => Transport::Plain(socket),
            Stream::Tls(session) => {
                Transport::Tls { session: Mutex::new(session), is_proxys: !is_secure }
            }
        }
    }

    /// Reads what has arrived; `Ok(0)` is the end of the stream.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.read(buffer),
            Transport::Tls { session, .. } => ready(&mut lock(session)).read(buffer),
        }
    }

    /// Writes as much as the socket takes now.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.write(bytes),
            Transport::Tls { session, .. } => ready(&mut lock(session)).write(bytes),
        }
    }

    /// Says that nothing more will be written; the peer still may.
    pub fn finish(&self) {
        match self {
            Transport::Plain(socket) => socket.shutdown(Shutdown::Write),
            Transport::Tls { session, .. } => {
                let mut session = lock(session);
                let _ = ready(&mut session).shutdown();
                session.get_ref().socket().shutdown(Shutdown::Write);
            }
        }
    }

    /// Ends the connection for both sides, also where a forked child still
    /// holds the socket.
    pub fn close(&self) {
        match self {
            Transport::Plain(socket) => socket.shutdown(Shutdown::Both),
            Transport::Tls { session, .. } => {
                lock(session).get_ref().socket().shutdown(Shutdown::Both);
            }
        }
    }

    /// Whether a read of less than could be means that nothing is left. A Unix socket also
    /// ends one where what was sent together ends.
    pub fn is_drained_by_short_read(&self) -> bool {
        matches!(self, Transport::Plain(Socket::Tcp(_)))
    }

    /// The server's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match self {
            Transport::Tls { session, is_proxys: false } => peer_certificate(&lock(session)),
            Transport::Plain(_) | Transport::Tls { .. } => None,
        }
    }
}

/// The server's own certificate in DER, out of a session whose handshake is done.
pub fn peer_certificate(stream: &TlsStream<Stream>) -> Option<Vec<u8>> {
    stream.peer_certificate().ok()??.to_der().ok()
}

/// The session, with nothing in the way of its next call.
fn ready(session: &mut TlsStream<Stream>) -> &mut TlsStream<Stream> {
    forget_stale_errors();
    session
}

/// OpenSSL tells how a call went by its thread's queue of errors, too, and a host that uses
/// OpenSSL itself may have left one there: it would make a fault of a call that would block.
pub fn forget_stale_errors() {
    #[cfg(not(any(target_os = "windows", target_vendor = "apple")))]
    drop(openssl::error::ErrorStack::get());
}

/// A panic inside OpenSSL's wrapper leaves a session that reports errors, so
/// a poisoned lock is still safe to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
