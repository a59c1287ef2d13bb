//! An open byte stream to the server, plain or TLS, that the worker reads and
//! any thread may write.
//!
//! Both directions work through `&self`: a plain socket needs no lock for
//! that, a TLS session has one, held for the length of non-blocking calls.

mod session;
mod socket;
mod stream;
mod tap;

use std::io::{self, Write as _};
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use session::{forget_stale_errors, start_tls, Session};
pub use socket::{Received, Room, Socket};
pub use stream::Stream;
use tap::Tap;

pub struct Transport {
    channel: Channel,
    /// Tells the log of what passes.
    tap: Option<Box<Tap>>,
}

enum Channel {
    Plain(Socket),
    Tls {
        session: Mutex<Box<Session>>,
        /// A proxy is at the other end, and the server behind it speaks no TLS.
        ends_at_proxy: bool,
    },
}

impl Transport {
    /// `is_secure` tells whether TLS is spoken with the server itself.
    pub fn new(stream: Stream, is_secure: bool) -> Transport {
        let channel = match stream {
            Stream::Plain(wire) => Channel::Plain(wire.socket),
            Stream::Tls(session) => {
                Channel::Tls { session: Mutex::new(session), ends_at_proxy: !is_secure }
            }
        };
        Transport { channel, tap: None }
    }

    /// Tells the log of the frames of connection `id`, if it wants to know. `received` has been
    /// read already.
    pub fn watch(&mut self, id: i32, received: &[u8]) {
        self.tap = Tap::new(id);
        if let Some(tap) = &self.tap {
            tap.received(received);
        }
    }

    /// Reads what has arrived into one or two rooms, one after the other. `at_end`: the end of
    /// the stream is announced already, so that little does not mean that nothing is left.
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

    /// Writes as much as the socket takes now.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.channel {
            Channel::Plain(socket) => socket.write(bytes),
            Channel::Tls { session, .. } => lock(session).write(bytes),
        }
    }

    /// What the log shows of bytes that were written, in their order; most of the time nothing.
    /// Whoever wrote them tells it, with no lock held.
    pub fn sent_lines(&self, bytes: &[u8]) -> Vec<String> {
        self.tap.as_ref().map(|tap| tap.sent(bytes)).unwrap_or_default()
    }

    /// A record has left in part: nothing but its rest may follow.
    pub fn is_halfway(&self) -> bool {
        match &self.channel {
            Channel::Plain(_) => false,
            Channel::Tls { session, .. } => lock(session).is_halfway(),
        }
    }

    /// Says that nothing more will be written; the peer still may.
    pub fn finish(&self) {
        match &self.channel {
            Channel::Plain(socket) => socket.shutdown(Shutdown::Write),
            Channel::Tls { session, .. } => {
                let mut session = lock(session);
                session.say_end();
                session.socket().shutdown(Shutdown::Write);
            }
        }
    }

    /// Ends the connection for both sides, also where a forked child still holds the socket.
    /// TLS says so before.
    pub fn close(&self) {
        match &self.channel {
            Channel::Plain(socket) => socket.shutdown(Shutdown::Both),
            Channel::Tls { session, .. } => {
                let mut session = lock(session);
                session.say_end();
                session.socket().shutdown(Shutdown::Both);
            }
        }
    }

    /// The server's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match &self.channel {
            Channel::Tls { session, ends_at_proxy: false } => lock(session).peer_certificate(),
            Channel::Plain(_) | Channel::Tls { .. } => None,
        }
    }
}

impl Channel {
    fn read(&self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        match self {
            Channel::Plain(socket) => socket.receive(rooms, at_end),
            Channel::Tls { session, .. } => lock(session).receive(rooms, at_end),
        }
    }
}

/// A panic inside OpenSSL's wrapper leaves a session that reports errors, so
/// a poisoned lock is still safe to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
