//! An open byte stream to the server, plain or TLS, that the worker reads and
//! any thread may write.
//!
//! Both directions work through `&self`: a plain socket needs no lock for
//! that, a TLS session has one, held for the length of non-blocking calls.

mod socket;
mod stream;

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};

use native_tls::TlsStream;

pub use socket::{Received, Room, Socket};
pub use stream::{forget_stale_errors, Stream};
use stream::{is_drained, ready};

/// The most that TLS puts into a record (RFC 8446 5.1), and so gives at once.
const RECORD: usize = 16 * 1024;
/// What is asked for first: memory that TLS fills is cleared before, and most that comes is small.
const SMALL: usize = 1024;

/// After so much a thread that writes need not wait any longer for the session.
const AT_ONCE: usize = 64 * 1024;

pub enum Transport {
    Plain(Socket),
    Tls {
        session: Mutex<Box<Session>>,
        /// A proxy is at the other end, and the server behind it speaks no TLS.
        ends_at_proxy: bool,
    },
}

pub struct Session {
    stream: TlsStream<Stream>,
    /// Why the last read ended, which had brought something before. It is not said twice.
    failed: Option<io::Error>,
}

impl Transport {
    /// `is_secure` tells whether TLS is spoken with the server itself.
    pub fn new(stream: Stream, is_secure: bool) -> Transport {
        match stream {
            Stream::Plain(wire) => Transport::Plain(wire.socket),
            Stream::Tls(stream) => Transport::Tls {
                session: Mutex::new(Box::new(Session { stream: *stream, failed: None })),
                ends_at_proxy: !is_secure,
            },
        }
    }

    /// Reads what has arrived into one or two rooms, one after the other. `at_end`: the end of
    /// the stream is announced already, so that little does not mean that nothing is left.
    pub fn read(&self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        match self {
            Transport::Plain(socket) => socket.receive(rooms, at_end),
            Transport::Tls { session, .. } => lock(session).receive(rooms, at_end),
        }
    }

    /// Writes as much as the socket takes now.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.write(bytes),
            Transport::Tls { session, .. } => ready(&mut lock(session).stream).write(bytes),
        }
    }

    /// Says that nothing more will be written; the peer still may.
    pub fn finish(&self) {
        match self {
            Transport::Plain(socket) => socket.shutdown(Shutdown::Write),
            Transport::Tls { session, .. } => {
                let stream = &mut lock(session).stream;
                let _ = ready(stream).shutdown();
                stream.get_ref().socket().shutdown(Shutdown::Write);
            }
        }
    }

    /// Ends the connection for both sides, also where a forked child still
    /// holds the socket.
    pub fn close(&self) {
        match self {
            Transport::Plain(socket) => socket.shutdown(Shutdown::Both),
            Transport::Tls { session, .. } => {
                lock(session).stream.get_ref().socket().shutdown(Shutdown::Both);
            }
        }
    }

    /// The server's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match self {
            Transport::Tls { session, ends_at_proxy: false } => {
                peer_certificate(&lock(session).stream)
            }
            Transport::Plain(_) | Transport::Tls { .. } => None,
        }
    }
}

impl Session {
    /// As many records as there are and find room, but no more than a few.
    fn receive(&mut self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        let stream = ready(&mut self.stream);
        stream.get_mut().read_ahead(at_end);
        let mut count = 0;
        let mut size = SMALL;
        for Room { buffer, most } in rooms {
            let end = buffer.len() + (*most).min(buffer.capacity() - buffer.len());
            while buffer.len() < end && count < AT_ONCE {
                let at = buffer.len();
                buffer.resize(end.min(at + size), 0);
                let read = stream.read(&mut buffer[at..]);
                buffer.truncate(at + read.as_ref().map_or(0, |count| *count));
                match read {
                    Ok(0) => return Ok(Received { count, is_drained: false }),
                    Ok(read) => {
                        count += read;
                        if read == size {
                            size = RECORD;
                        }
                        // To be told so by one more read would take as long as this one.
                        if is_drained(stream) {
                            return Ok(Received { count, is_drained: true });
                        }
                    }
                    Err(error) if count == 0 => return Err(error),
                    Err(error) => {
                        let is_drained = error.kind() == io::ErrorKind::WouldBlock;
                        self.failed = Some(error).filter(|_| !is_drained);
                        return Ok(Received { count, is_drained });
                    }
                }
            }
        }
        Ok(Received { count, is_drained: false })
    }
}

/// The server's own certificate in DER, out of a session whose handshake is done.
pub fn peer_certificate(stream: &TlsStream<Stream>) -> Option<Vec<u8>> {
    stream.peer_certificate().ok()??.to_der().ok()
}

/// A panic inside OpenSSL's wrapper leaves a session that reports errors, so
/// a poisoned lock is still safe to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
