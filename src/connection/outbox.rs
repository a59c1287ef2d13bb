//! What waits to be sent on a connection: frames, masked and in order, in one buffer.
//!
//! Whoever holds the lock around it may write to the transport, so a message on a quiet
//! connection leaves on the thread that sends it. When the socket takes no more, the
//! rest waits for the worker, which hears from the operating system when it does.

mod control;
mod resend;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

pub use control::Ping;

use super::gathering::{Burst, Gathering};
use super::masks::with_masks;
use super::reconnect::Reconnect;
use super::spare;
use crate::error::{Code, Error, Result};
use crate::protocol::{self, DataFrame};
use crate::transport::Transport;

/// One write hands the operating system at most this much.
const WRITE_CHUNK: usize = 256 * 1024;
/// An empty buffer that is larger does not stay with its connection.
const KEPT_CAPACITY: usize = 1024;
/// What is written already is cut off when it is more than this, and more than the rest.
const COMPACTED: usize = 64 * 1024;

/// Room for a message that is being compressed.
#[must_use]
pub struct Promise(usize);

/// What an outbox has only now and then.
#[derive(Default)]
struct Extras {
    /// Why writing failed.
    broken: Option<io::Error>,
    /// Bytes that messages may take which are being compressed.
    promised: usize,
    /// Where in `buffer` the last pong ends; a newer one waits until that has left.
    pong_end: usize,
    waiting_pong: Option<Box<[u8]>>,
    pings: VecDeque<Ping>,
    /// The server's, once the transport is gone: until then the TLS session has it.
    certificate: Option<Box<[u8]>>,
}

impl Extras {
    fn is_empty(&self) -> bool {
        self.broken.is_none()
            && self.promised == 0
            && self.pong_end == 0
            && self.waiting_pong.is_none()
            && self.pings.is_empty()
            && self.certificate.is_none()
    }
}

#[derive(Default)]
pub struct Outbox {
    /// Frames; those before `written` have left.
    buffer: Vec<u8>,
    written: usize,
    /// Where in `buffer` the last message or ping of the host's ends.
    message_end: usize,
    /// There once the connection is open, gone when it is lost.
    transport: Option<Arc<Transport>>,
    /// The last of the host's frames leaves its message open.
    is_fragmented: bool,
    /// No message is taken any more: a close frame is the last, or the opening was given up.
    sealed: bool,
    /// The host was told HOSTWS_E_AGAIN and waits for DRAIN.
    owes_drain: bool,
    extras: Option<Box<Extras>>,
    /// What waits is gathered, and leaves in a moment.
    is_gathered: bool,
    burst: Burst,
    /// If the connection is opened again when it is lost.
    pub(super) reconnect: Option<Box<Reconnect>>,
}

impl Outbox {
    pub fn new(reconnect: Option<Reconnect>) -> Outbox {
        Outbox { reconnect: reconnect.map(Box::new), ..Outbox::default() }
    }

    /// Bytes that the operating system has not taken.
    pub fn waiting(&self) -> usize {
        self.buffer.len() - self.written
    }

    /// Those of them that are the host's messages, or stand before one.
    pub fn waiting_messages(&self) -> usize {
        self.message_end.saturating_sub(self.written)
    }

    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Takes no more messages.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// The host is in the middle of a message.
    pub fn is_fragmented(&self) -> bool {
        self.is_fragmented
    }

    /// Queues one frame whole, or nothing. `limit` is in bytes as framed.
    pub fn push_data(&mut self, frame: DataFrame, payload: &[u8], limit: usize) -> Result<()> {
        self.check_order(frame)?;
        self.reserve(protocol::encoded_len(payload.len()), limit)?;
        self.encode(frame, payload, || payload.to_vec())
    }

    /// Makes sure of room for a message that is going to be compressed: it counts with the
    /// `length` that it has before. To be kept, whatever comes of it.
    pub fn promise(&mut self, frame: DataFrame, length: usize, limit: usize) -> Result<Promise> {
        self.check_order(frame)?;
        let bytes = protocol::encoded_len(length);
        self.admit(bytes, limit)?;
        self.extras().promised += bytes;
        Ok(Promise(bytes))
    }

    /// Queues what became of it: `compressed` for the connection of that epoch. False: that
    /// one is gone meanwhile, and `payload` was queued as it is.
    pub fn keep_promise(
        &mut self,
        promise: Promise,
        frame: DataFrame,
        payload: &[u8],
        compressed: Result<Vec<u8>>,
        epoch: u32,
    ) -> Result<bool> {
        self.extras().promised -= promise.0;
        let compressed = compressed?;
        // Meanwhile the connection may have been closed, or another thread begun a message.
        self.check_order(frame)?;
        let is_compressed = self.transport.is_some() && self.epoch() == epoch;
        let wire = if is_compressed { &compressed } else { payload };
        self.make_room(protocol::encoded_len(wire.len()))?;
        self.encode(DataFrame { is_compressed, ..frame }, wire, || payload.to_vec())?;
        Ok(is_compressed)
    }

    /// A message in fragments is not to be torn by another one (RFC 6455 5.4).
    fn check_order(&mut self, frame: DataFrame) -> Result<()> {
        self.refuse_sealed()?;
        self.check_continues(frame)?;
        if frame.is_first && self.is_fragmented {
            let words = "a message in fragments is being sent: end it first, with ws_send_ex";
            return Err(Error::ws(Code::Busy, words));
        }
        Ok(())
    }

    /// Appends a frame; `original` is what it carries, before it was compressed.
    fn encode(
        &mut self,
        frame: DataFrame,
        payload: &[u8],
        original: impl FnOnce() -> Vec<u8>,
    ) -> Result<()> {
        with_masks(|masks| protocol::encode_data(&mut self.buffer, frame, payload, masks))?;
        self.message_end = self.buffer.len();
        self.is_fragmented = !frame.is_last;
        self.note(|| Some((frame, original())));
        Ok(())
    }

    fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// Gives the extras back when there is nothing in them.
    fn tidy(&mut self) {
        self.extras = self.extras.take().filter(|extras| !extras.is_empty());
    }

    fn promised(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.promised)
    }

    /// Whether a frame of that payload may wait besides.
    pub fn has_room(&self, length: usize, limit: usize) -> bool {
        protocol::encoded_len(length) <= limit.saturating_sub(self.waiting() + self.promised())
    }

    fn reserve(&mut self, needed: usize, limit: usize) -> Result<()> {
        self.admit(needed, limit)?;
        self.make_room(needed)
    }

    fn refuse_sealed(&self) -> Result<()> {
        if self.sealed {
            return Err(Error::ws(Code::Closed, "the connection is closing"));
        }
        Ok(())
    }

    /// Whether so many bytes may wait besides.
    fn admit(&mut self, needed: usize, limit: usize) -> Result<()> {
        self.refuse_sealed()?;
        if needed > limit {
            let words = format!(
                "the message needs {needed} bytes, more than send_queue_max, which is {limit}"
            );
            return Err(Error::ws(Code::TooBig, words));
        }
        let waiting = self.waiting() + self.promised();
        if needed > limit - waiting.min(limit) {
            self.owes_drain = true;
            let words = format!(
                "{waiting} bytes wait to be sent, {needed} more would exceed send_queue_max, \
                 which is {limit}"
            );
            return Err(Error::ws(Code::Again, words));
        }
        Ok(())
    }

    fn make_room(&mut self, needed: usize) -> Result<()> {
        self.compact();
        let length = self.buffer.len() + needed;
        if length > self.buffer.capacity() && length > KEPT_CAPACITY {
            self.buffer = spare::take_instead_of(std::mem::take(&mut self.buffer));
        }
        self.buffer.try_reserve(needed).map_err(|_| {
            Error::ws(Code::Resources, format!("there is no memory for {needed} bytes"))
        })
    }

    /// Cuts off what has left, when that is most of the buffer.
    fn compact(&mut self) {
        if self.written > COMPACTED && self.written > self.waiting() {
            self.buffer.drain(..self.written);
            if let Some(extras) = &mut self.extras {
                extras.pong_end = extras.pong_end.saturating_sub(self.written);
            }
            self.message_end = self.message_end.saturating_sub(self.written);
            if let Some(reconnect) = &mut self.reconnect {
                reconnect.unsent.cut(self.written);
            }
            self.written = 0;
        }
    }

    /// The connection is open: from now on bytes leave.
    pub fn open(&mut self, transport: Arc<Transport>) {
        self.transport = Some(transport);
    }

    /// Nothing leaves any more.
    pub fn detach(&mut self) -> Option<Arc<Transport>> {
        let transport = self.transport.take()?;
        self.keep_certificate(transport.peer_certificate());
        Some(transport)
    }

    /// For the host to read until it has heard of the end.
    pub fn keep_certificate(&mut self, certificate: Option<Vec<u8>>) {
        if certificate.is_some() || self.extras.is_some() {
            self.extras().certificate = certificate.map(Vec::into_boxed_slice);
        }
    }

    /// The server's certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match &self.transport {
            Some(transport) => transport.peer_certificate(),
            None => self.extras.as_ref()?.certificate.as_deref().map(<[u8]>::to_vec),
        }
    }

    /// Writes what the socket takes, and tells how much that was.
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
                    total += count;
                    self.written += count;
                    if let Some(reconnect) = &mut self.reconnect {
                        reconnect.unsent.leave(self.written);
                    }
                    if self.pong_end() <= self.written {
                        if let Some(payload) = self.take_waiting_pong() {
                            // It fails only when no random bytes are to be had; a pong less.
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

    /// After the connection was lost: as before it was open.
    fn start_over(&mut self) {
        self.written = 0;
        self.reset();
        if let Some(extras) = &mut self.extras {
            extras.waiting_pong = None;
            extras.broken = None;
            extras.pings.clear();
        }
        self.is_fragmented = false;
    }

    fn reset(&mut self) {
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.cut(self.written);
        }
        self.written = 0;
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

    /// Whether the host waits for DRAIN.
    pub fn owes_drain(&self) -> bool {
        self.owes_drain
    }

    /// Whether a DRAIN is due: the host was refused, and half the limit is free again.
    pub fn take_drain(&mut self, limit: usize) -> bool {
        self.waiting() + self.promised() <= limit / 2 && std::mem::take(&mut self.owes_drain)
    }

    /// Nothing waits, and nothing is going to be different from what the worker knows.
    pub fn is_quiet(&self) -> bool {
        self.waiting() == 0 && !self.sealed && !self.owes_drain && !self.is_broken()
    }

    pub fn is_gathered(&self) -> bool {
        self.is_gathered
    }

    /// Tells what it was before.
    pub fn set_gathered(&mut self, is_gathered: bool) -> bool {
        std::mem::replace(&mut self.is_gathered, is_gathered)
    }

    /// Whether the message that was just queued waits for others.
    pub fn gathers(&mut self, gathering: &Gathering) -> bool {
        self.transport.is_some() && (gathering.is_corked() || self.burst.is_long(gathering))
    }

    /// The connection is open, and the socket takes no more.
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
