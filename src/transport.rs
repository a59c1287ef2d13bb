//! An open byte stream to the server, plain or TLS, that the worker reads and
//! any thread may write.
//!
//! Both directions work through `&self`: a plain socket needs no lock for
//! that, a TLS session has one, held for the length of a non-blocking call.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mio::net::TcpStream;
use native_tls::TlsStream;

pub enum Transport {
    Plain(TcpStream),
    Tls(Box<Mutex<TlsStream<TcpStream>>>),
}

impl Transport {
    pub fn tls(stream: TlsStream<TcpStream>) -> Transport {
        Transport::Tls(Box::new(Mutex::new(stream)))
    }

    /// Reads what has arrived; `Ok(0)` is the end of the stream.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(stream) => (&mut &*stream).read(buffer),
            Transport::Tls(stream) => lock(stream).read(buffer),
        }
    }

    /// Writes as much as the socket takes now.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(stream) => (&mut &*stream).write(bytes),
            Transport::Tls(stream) => lock(stream).write(bytes),
        }
    }

    /// Says that nothing more will be written; the peer still may.
    pub fn finish(&self) {
        match self {
            Transport::Plain(stream) => {
                let _ = stream.shutdown(Shutdown::Write);
            }
            Transport::Tls(stream) => {
                let mut stream = lock(stream);
                let _ = stream.shutdown();
                let _ = stream.get_ref().shutdown(Shutdown::Write);
            }
        }
    }

    /// Ends the connection for both sides, also where a forked child still
    /// holds the socket.
    pub fn close(&self) {
        self.with_socket(|stream| {
            let _ = stream.shutdown(Shutdown::Both);
        });
    }

    pub fn is_tls(&self) -> bool {
        matches!(self, Transport::Tls(_))
    }

    /// The server's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match self {
            Transport::Plain(_) => None,
            Transport::Tls(stream) => peer_certificate(&lock(stream)),
        }
    }

    fn with_socket<T>(&self, f: impl FnOnce(&TcpStream) -> T) -> T {
        match self {
            Transport::Plain(stream) => f(stream),
            Transport::Tls(stream) => f(lock(stream).get_ref()),
        }
    }
}

/// The server's own certificate in DER, out of a session whose handshake is done.
pub fn peer_certificate(stream: &TlsStream<TcpStream>) -> Option<Vec<u8>> {
    stream.peer_certificate().ok()??.to_der().ok()
}

/// A panic inside OpenSSL's wrapper leaves a session that reports errors, so
/// a poisoned lock is still safe to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
