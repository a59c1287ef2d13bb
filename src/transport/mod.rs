//! An open byte stream to the server, plain or TLS. The worker reads it, and any thread may write.
//!
//! Both directions work through `&self`. A plain socket needs no lock for that. A TLS session has
//! one, which is held only during calls that do not block.

mod layer;
mod session;
mod socket;
mod stream;
mod tap;

use std::io::{self, Write as _};
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::tls::TlsFacts;
pub use session::{start_tls, Session};
pub use socket::{Ends, Received, Room, Socket};
pub use stream::Stream;
use tap::Tap;

use crate::sys;

pub struct Transport {
    channel: Channel,
    /// Shows the frames that pass, for the log.
    tap: Option<Box<Tap>>,
}

enum Channel {
    Plain(Socket),
    /// Boxed, because it is larger, and most of many connections are plain.
    Tls(Box<Tls>),
}

struct Tls {
    session: Mutex<Session<Stream>>,
    /// TLS ends at a proxy, and the server behind it does not use TLS.
    ends_at_proxy: bool,
}

impl Tls {
    /// After a panic inside OpenSSL's wrapper, a session reports errors. So a poisoned lock is
    /// still safe to use.
    fn session(&self) -> MutexGuard<'_, Session<Stream>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport {
    /// `is_secure`: TLS is used with the server itself.
    pub fn new(stream: Stream, is_secure: bool) -> Transport {
        let channel = match stream {
            Stream::Plain(wire) => Channel::Plain(wire.socket),
            Stream::Tls(session) => {
                let session = Mutex::new(*session);
                Channel::Tls(Box::new(Tls { session, ends_at_proxy: !is_secure }))
            }
        };
        Transport { channel, tap: None }
    }

    /// Logs the frames of connection `id` from here on, if that is wanted. `received` has been read
    /// already.
    pub fn watch(&mut self, id: i32, received: &[u8]) {
        self.tap = Tap::new(id);
        if let Some(tap) = &self.tap {
            tap.received(received);
        }
    }

    /// Reads what has arrived into one or two rooms, one after the other. `at_end`: the end of the
    /// stream is announced already, so a short read does not mean that nothing is left.
    pub fn read(&self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        match &self.tap {
            None => self.channel.read(rooms, at_end),
            Some(tap) => {
                let before: Vec<usize> = rooms.iter().map(|room| room.buffer.len()).collect();
                let received = self.channel.read(rooms, at_end);
                for (room, before) in rooms.iter().zip(before) {
                    tap.received(&room.buffer[before..]);
                }
                received
            }
        }
    }

    /// Writes as much as the socket takes at the moment, and returns how much that is. With TLS,
    /// some of the rest may have been encrypted already: it must be what is written next, as it is,
    /// unless `is_halfway` says no.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        sys::uncancelled(|| match &self.channel {
            Channel::Plain(socket) => socket.write(bytes),
            Channel::Tls(tls) => tls.session().write(bytes),
        })
    }

    /// Returns the lines to log for bytes that were written, if frames are logged. The caller logs
    /// them when it holds no lock.
    #[inline]
    pub fn sent_lines(&self, bytes: &[u8]) -> Option<Vec<String>> {
        Some(self.tap.as_ref()?.sent(bytes))
    }

    /// How many of the bytes that `write` did not report as written may have been encrypted. These
    /// can no longer be dropped.
    pub fn committed(&self) -> usize {
        match &self.channel {
            Channel::Plain(_) => 0,
            Channel::Tls(tls) => tls.session().committed(),
        }
    }

    /// Whether encrypted bytes wait for the socket. If so, only the rest of the same bytes may be
    /// written next.
    pub fn is_halfway(&self) -> bool {
        match &self.channel {
            Channel::Plain(_) => false,
            Channel::Tls(tls) => tls.session().is_halfway(),
        }
    }

    /// How many of the bytes written, as encrypted, the peer's system has not taken yet; `None` where
    /// that is not known.
    pub fn unacknowledged(&self) -> Option<usize> {
        match &self.channel {
            Channel::Plain(socket) => socket.unacknowledged(),
            Channel::Tls(tls) => tls.session().socket().unacknowledged(),
        }
    }

    /// Shuts down the sending side. The peer may still write.
    pub fn finish(&self) {
        match &self.channel {
            Channel::Plain(socket) => socket.shutdown(Shutdown::Write),
            Channel::Tls(tls) => {
                let mut session = tls.session();
                session.say_end();
                session.socket().shutdown(Shutdown::Write);
            }
        }
    }

    /// Ends the connection for both sides, even if a forked child still has the socket. TLS sends a
    /// close_notify before.
    pub fn close(&self) {
        match &self.channel {
            Channel::Plain(socket) => socket.shutdown(Shutdown::Both),
            Channel::Tls(tls) => {
                let mut session = tls.session();
                session.say_end();
                session.socket().shutdown(Shutdown::Both);
            }
        }
    }

    /// The addresses of both ends; `None` if it is not a TCP connection, or not any more.
    pub fn ends(&self) -> Option<Ends> {
        match &self.channel {
            Channel::Plain(socket) => socket.ends(),
            Channel::Tls(tls) => tls.session().socket().ends(),
        }
    }

    /// The TLS session with the server; `None` without TLS.
    pub fn tls_facts(&self) -> Option<TlsFacts> {
        match &self.channel {
            Channel::Tls(tls) if !tls.ends_at_proxy => Some(tls.session().facts()),
            Channel::Plain(_) | Channel::Tls(_) => None,
        }
    }

    /// The server's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match &self.channel {
            Channel::Tls(tls) if !tls.ends_at_proxy => tls.session().peer_certificate(),
            Channel::Plain(_) | Channel::Tls(_) => None,
        }
    }
}

impl Channel {
    fn read(&self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        match self {
            Channel::Plain(socket) => socket.receive(rooms, at_end),
            Channel::Tls(tls) => tls.session().receive(rooms, at_end),
        }
    }
}
