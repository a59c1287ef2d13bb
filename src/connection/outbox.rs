//! The frames that wait to be sent on a connection, masked and in order, in one buffer.
//!
//! The thread that has locked the outbox may write to the transport. So on a quiet connection, a
//! message leaves on the thread that sends it. When the socket takes no more, the rest waits for
//! the worker, which is notified when the socket has room.

mod control;
mod data;
mod locked;
mod marking;
mod marks;
mod pings;
mod resend;
mod room;

use std::io;
use std::sync::Arc;

pub use locked::Locked;
use marks::Marks;
pub use marks::NewMessage;
use pings::Pings;
pub use room::SendBound;

use super::gathering::{Burst, Gathering};
use super::reconnect::Reconnect;
use super::spare;
use super::unsent::Unsent;
use crate::error::{Code, Error, Result};
use crate::tls::TlsFacts;
use crate::transport::{Ends, Transport};

/// The most bytes of one write.
const WRITE_CHUNK: usize = 256 * 1024;
/// The largest empty buffer that a connection keeps.
const KEPT_CAPACITY: usize = 1024;
/// Bytes that have left are cut off when they are more than this, and more than the waiting bytes.
const COMPACTED: usize = 64 * 1024;

/// The parts of an outbox that are rarely needed.
#[derive(Default)]
struct Extras {
    /// Why writing failed.
    broken: Option<io::Error>,
    /// Bytes reserved for messages during their compression.
    promised: usize,
    /// The host got HOSTWS_E_AGAIN and waits for DRAIN, which is due when at most this many bytes
    /// are held.
    drain_at: Option<usize>,
    /// The end of the last pong in `buffer`. A newer pong waits until this one has left.
    pong_end: usize,
    waiting_pong: Option<Box<[u8]>>,
    pings: Pings,
    marks: Marks,
    /// The server's certificate, once the transport is gone. Until then the TLS session has it.
    certificate: Option<Box<[u8]>>,
    /// Log lines about sent frames, written when the lock is released.
    lines: Vec<String>,
}

impl Extras {
    fn is_empty(&self) -> bool {
        self.broken.is_none()
            && self.promised == 0
            && self.drain_at.is_none()
            && self.pong_end == 0
            && self.waiting_pong.is_none()
            && self.pings.is_empty()
            && self.marks.is_empty()
            && self.certificate.is_none()
            && self.lines.is_empty()
    }
}

#[derive(Default)]
pub struct Outbox {
    /// The frames. The bytes before `written` have left.
    buffer: Vec<u8>,
    written: usize,
    /// The start and the end of the last message in `buffer`.
    message_start: usize,
    message_end: usize,
    /// `Some` while the connection is open.
    transport: Option<Arc<Transport>>,
    /// The host's last frame does not end its message.
    is_fragmented: bool,
    extras: Option<Box<Extras>>,
    /// The waiting messages are gathered, and leave in a moment.
    is_gathered: bool,
    burst: Burst,
    /// `Some` if the connection is opened again when it is lost.
    pub(super) reconnect: Option<Box<Reconnect>>,
}

impl Outbox {
    pub fn new(reconnect: Option<Reconnect>) -> Outbox {
        Outbox { reconnect: reconnect.map(Box::new), ..Outbox::default() }
    }

    /// The number of bytes that the operating system has not taken.
    pub fn waiting(&self) -> usize {
        self.buffer.len() - self.written
    }

    /// The number of waiting bytes up to the end of the last message.
    pub fn waiting_messages(&self) -> usize {
        self.message_end.saturating_sub(self.written)
    }

    fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// Frees the extras when they are empty.
    fn tidy(&mut self) {
        self.extras = self.extras.take().filter(|extras| !extras.is_empty());
    }

    #[inline]
    fn make_room(&mut self, needed: usize) -> Result<()> {
        let has_room = needed <= self.buffer.capacity() - self.buffer.len();
        if has_room && self.written <= COMPACTED {
            return Ok(());
        }
        self.grow(needed)
    }

    #[cold]
    fn grow(&mut self, needed: usize) -> Result<()> {
        self.compact();
        let length = self.buffer.len() + needed;
        // With the first message already, so that a burst does not grow a buffer step by step.
        let is_first = self.buffer.capacity() == 0;
        if length > self.buffer.capacity() && (is_first || length > KEPT_CAPACITY) {
            self.buffer = spare::take_instead_of(std::mem::take(&mut self.buffer));
        }
        self.buffer.try_reserve(needed).map_err(|_| {
            Error::ws(Code::Resources, format!("there is no memory for {needed} bytes"))
        })
    }

    /// Cuts off the bytes that have left, when they are most of the buffer.
    fn compact(&mut self) {
        let left = self.reconnect.as_ref().map_or(self.written, |reconnect| {
            // A frame that has partly left may have to be sent again.
            reconnect.unsent.boundary(self.written)
        });
        if left > COMPACTED && left > self.buffer.len() - left {
            self.buffer.drain(..left);
            self.cut(left);
        }
    }

    /// This many bytes were cut off at the front of the buffer.
    #[inline]
    fn cut(&mut self, bytes: usize) {
        self.written -= bytes;
        self.message_start = self.message_start.saturating_sub(bytes);
        self.message_end = self.message_end.saturating_sub(bytes);
        if let Some(extras) = &mut self.extras {
            extras.marks.cut(bytes);
            extras.pong_end = extras.pong_end.saturating_sub(bytes);
        }
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.cut(bytes);
        }
    }

    /// The connection is open: bytes can leave from now on.
    pub fn open(&mut self, transport: Arc<Transport>) {
        self.transport = Some(transport);
    }

    /// Takes the transport away, so that nothing more leaves.
    pub fn detach(&mut self) -> Option<Arc<Transport>> {
        let transport = self.transport.take()?;
        self.keep_certificate(transport.peer_certificate());
        Some(transport)
    }

    /// Drops the waiting bytes. `waiting_messages` still returns their number.
    pub fn release(&mut self) {
        self.message_end = self.waiting_messages();
        self.written = 0;
        self.buffer = Vec::new();
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent = Unsent::default();
        }
        if let Some(extras) = &mut self.extras {
            extras.waiting_pong = None;
            extras.pings = Pings::default();
            extras.marks = Marks::default();
        }
        self.tidy();
    }

    /// TERMINATE was delivered: frees what was kept for the host.
    pub fn forget(&mut self) {
        self.release();
        self.extras = None;
        self.reconnect = None;
    }

    /// Keeps the certificate for the host until TERMINATE is delivered.
    pub fn keep_certificate(&mut self, certificate: Option<Vec<u8>>) {
        if certificate.is_some() || self.extras.is_some() {
            self.extras().certificate = certificate.map(Vec::into_boxed_slice);
        }
    }

    /// The addresses of the open connection.
    pub fn ends(&self) -> Option<Ends> {
        self.transport.as_ref().and_then(|transport| transport.ends())
    }

    /// The TLS session of the open connection.
    pub fn tls_facts(&self) -> Option<TlsFacts> {
        self.transport.as_ref().and_then(|transport| transport.tls_facts())
    }

    /// The server's certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match &self.transport {
            Some(transport) => transport.peer_certificate(),
            None => self.extras.as_ref()?.certificate.as_deref().map(<[u8]>::to_vec),
        }
    }

    /// Writes as much as the socket takes, and returns how much.
    pub fn flush(&mut self) -> usize {
        let mut total = 0;
        if self.buffer.is_empty() {
            return 0;
        }
        let Some(transport) = self.transport.clone() else { return 0 };
        while !self.is_broken() {
            let rest = &self.buffer[self.written..];
            if rest.is_empty() {
                self.reset();
                match self.take_waiting_pong() {
                    Some(payload) if self.push_pong(&payload).is_ok() => continue,
                    _ => break,
                }
            }
            match transport.write(&rest[..rest.len().min(WRITE_CHUNK)]) {
                Ok(0) => self.extras().broken = Some(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    if let Some(lines) = transport.sent_lines(&rest[..count]) {
                        self.extras().lines.extend(lines);
                    }
                    total += count;
                    let before = self.written;
                    self.written += count;
                    if let Some(extras) = &mut self.extras {
                        extras.marks.leave(self.written);
                    }
                    if let Some(reconnect) = &mut self.reconnect {
                        reconnect.unsent.leave(&self.buffer, before..self.written);
                    }
                    if self.pong_end() <= self.written {
                        if let Some(payload) = self.take_waiting_pong() {
                            // This fails only without random bytes. Then there is no pong.
                            let _ = self.push_pong(&payload);
                        }
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => self.extras().broken = Some(error),
            }
        }
        total
    }

    fn has_lines(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| !extras.lines.is_empty())
    }

    /// The lines to log when the lock is released.
    #[cold]
    fn take_lines(&mut self) -> Vec<String> {
        let lines = self.extras.as_mut().map(|extras| std::mem::take(&mut extras.lines));
        self.tidy();
        lines.unwrap_or_default()
    }

    /// Resets the outbox to its state before the opening, because the connection was lost.
    fn start_over(&mut self) {
        self.written = 0;
        self.empty();
        if let Some(extras) = &mut self.extras {
            extras.waiting_pong = None;
            extras.broken = None;
            extras.pings = Pings::default();
        }
        self.is_fragmented = false;
    }

    /// Everything has left.
    #[inline]
    fn reset(&mut self) {
        self.cut(self.written);
        self.empty();
    }

    #[inline]
    fn empty(&mut self) {
        if let Some(extras) = &mut self.extras {
            extras.pong_end = 0;
            self.tidy();
        }
        self.message_end = 0;
        self.buffer.clear();
        if self.buffer.capacity() > KEPT_CAPACITY {
            spare::keep(std::mem::take(&mut self.buffer));
        }
    }

    /// Whether nothing waits to be sent, and the worker has nothing to do.
    pub fn is_quiet(&self) -> bool {
        self.waiting() == 0 && !self.owes_drain() && !self.is_broken() && !self.has_reports()
    }

    #[inline]
    pub fn is_gathered(&self) -> bool {
        self.is_gathered
    }

    /// Returns the previous value.
    #[inline]
    pub fn set_gathered(&mut self, is_gathered: bool) -> bool {
        if !is_gathered {
            self.burst.end();
        }
        std::mem::replace(&mut self.is_gathered, is_gathered)
    }

    /// Gathers the message that was just queued. Returns false if it makes them so many that they
    /// leave.
    #[inline]
    pub fn gather(&mut self) -> bool {
        let waiting = self.waiting();
        self.burst.gather(waiting)
    }

    /// Gathered messages leave because they are many.
    pub fn note_write(&mut self) {
        if self.is_gathered {
            self.burst.write();
        }
    }

    /// Whether the message that was just queued waits for more messages.
    pub fn gathers(&mut self, gathering: &Gathering) -> bool {
        self.transport.is_some() && (gathering.is_corked() || self.burst.is_long(gathering))
    }

    /// Whether the connection is open and the socket takes no more.
    pub fn is_stuck(&self) -> bool {
        self.transport.is_some() && self.waiting() > 0
    }

    pub fn is_broken(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.broken.is_some())
    }

    pub fn take_broken(&mut self) -> Option<io::Error> {
        self.extras.as_mut()?.broken.take()
    }
}
