//! What waits to be sent on a connection: frames, masked and in order, in one buffer.
//!
//! Whoever holds the lock around it may write to the transport, so a message on a quiet
//! connection leaves on the thread that sends it. When the socket takes no more, the
//! rest waits for the worker, which hears from the operating system when it does.

mod control;
mod locked;
mod resend;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Instant;

pub use control::Ping;
pub use locked::Locked;

use super::gathering::{Burst, Gathering};
use super::masks::with_masks;
use super::reconnect::Reconnect;
use super::spare;
use super::unsent::Unsent;
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

/// How much may wait to be sent, in bytes as framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendBound {
    /// In all.
    pub queue: usize,
    /// In one frame while nothing else waits; not less than that.
    pub alone: usize,
}

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
    /// When a pong came last that answers none of them. It counts as long as there are any.
    unmatched_pong_at: Option<Instant>,
    /// The server's, once the transport is gone: until then the TLS session has it.
    certificate: Option<Box<[u8]>>,
    /// What the log is to show of what was sent, once the lock is released.
    lines: Vec<String>,
}

impl Extras {
    fn is_empty(&self) -> bool {
        self.broken.is_none()
            && self.promised == 0
            && self.pong_end == 0
            && self.waiting_pong.is_none()
            && self.pings.is_empty()
            && self.certificate.is_none()
            && self.lines.is_empty()
    }
}

#[derive(Default)]
pub struct Outbox {
    /// Frames; those before `written` have left.
    buffer: Vec<u8>,
    written: usize,
    /// Where in `buffer` the last message ends.
    message_end: usize,
    /// There once the connection is open, gone when it is lost.
    transport: Option<Arc<Transport>>,
    /// The last of the host's frames leaves its message open.
    is_fragmented: bool,
    /// The host was told HOSTWS_E_AGAIN and waits for DRAIN, which comes when no more is held.
    drain_at: Option<usize>,
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

    /// The host is in the middle of a message.
    pub fn is_fragmented(&self) -> bool {
        self.is_fragmented
    }

    /// Queues one frame whole, or nothing.
    pub fn push_data(&mut self, frame: DataFrame, payload: &[u8], bound: SendBound) -> Result<()> {
        self.check_order(frame)?;
        self.reserve(protocol::encoded_len(payload.len()), bound)?;
        self.encode(frame, payload)
    }

    /// Makes sure of room for a message that is going to be compressed: it counts with the
    /// `length` that it has before. To be kept, whatever comes of it.
    pub fn promise(
        &mut self,
        frame: DataFrame,
        length: usize,
        bound: SendBound,
    ) -> Result<Promise> {
        self.check_order(frame)?;
        let bytes = protocol::encoded_len(length);
        self.admit(bytes, bound)?;
        self.extras().promised += bytes;
        Ok(Promise(bytes))
    }

    /// Queues what became of it: `compressed` for the connection of that epoch. False: `payload`
    /// was queued as it is, because that connection is gone meanwhile, or because a copy for the
    /// next one has no room besides.
    pub fn keep_promise(
        &mut self,
        promise: Promise,
        frame: DataFrame,
        payload: &[u8],
        compressed: Result<Vec<u8>>,
        epoch: u32,
        bound: SendBound,
    ) -> Result<bool> {
        // An end that came meanwhile has forgotten it.
        let extras = self.extras();
        extras.promised = extras.promised.saturating_sub(promise.0);
        let compressed = compressed?;
        // Meanwhile another thread may have begun a message.
        self.check_order(frame)?;
        let besides = if self.reconnect.is_some() { Unsent::weight(payload) } else { 0 };
        let is_compressed = self.transport.is_some()
            && self.epoch() == epoch
            && (besides == 0
                || protocol::encoded_len(compressed.len()) + besides <= self.room(bound));
        let wire = if is_compressed { &compressed } else { payload };
        self.make_room(protocol::encoded_len(wire.len()))?;
        let frame = DataFrame { is_compressed, ..frame };
        match &mut self.reconnect {
            Some(reconnect) if is_compressed => {
                let room = reconnect.unsent.room_for(payload)?;
                self.encode(frame, wire)?;
                self.push_copy(room);
            }
            _ => self.encode(frame, wire)?,
        }
        Ok(is_compressed)
    }

    /// A message in fragments is not to be torn by another one (RFC 6455 5.4).
    fn check_order(&mut self, frame: DataFrame) -> Result<()> {
        self.check_continues(frame)?;
        if frame.is_first && self.is_fragmented {
            let words = "a message in fragments is being sent: end it first, with ws_send_ex";
            return Err(Error::ws(Code::Busy, words));
        }
        Ok(())
    }

    /// Appends a frame.
    fn encode(&mut self, frame: DataFrame, wire: &[u8]) -> Result<()> {
        with_masks(|masks| protocol::encode_data(&mut self.buffer, frame, wire, masks))?;
        self.message_end = self.buffer.len();
        self.is_fragmented = !frame.is_last;
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

    /// Bytes that count: what waits, what is kept to be sent again, and what is promised.
    fn held(&self) -> usize {
        let kept = self
            .reconnect
            .as_ref()
            .map_or(0, |reconnect| reconnect.unsent.weight_besides(self.written));
        self.waiting() + kept + self.promised()
    }

    /// How large a frame may be that waits besides.
    fn room(&self, bound: SendBound) -> usize {
        match self.held() {
            0 => bound.alone,
            held => bound.queue.saturating_sub(held),
        }
    }

    /// Whether a frame of that payload may wait besides.
    pub fn has_room(&self, length: usize, bound: SendBound) -> bool {
        protocol::encoded_len(length) <= self.room(bound)
    }

    fn reserve(&mut self, needed: usize, bound: SendBound) -> Result<()> {
        self.admit(needed, bound)?;
        self.make_room(needed)
    }

    /// Whether so many bytes may wait besides.
    fn admit(&mut self, needed: usize, bound: SendBound) -> Result<()> {
        let SendBound { queue, alone } = bound;
        if needed > alone {
            let option = if alone == queue { "send_queue_max" } else { "max_message" };
            let words =
                format!("the message needs {needed} bytes; {option} allows {alone} at most");
            return Err(Error::ws(Code::TooBig, words));
        }
        if needed > self.room(bound) {
            let least = (queue / 2).min(queue.saturating_sub(needed));
            self.drain_at = Some(self.drain_at.map_or(least, |at| at.min(least)));
            let held = self.held();
            let words = format!(
                "{held} bytes wait to be sent, {needed} more would exceed send_queue_max, \
                 which is {queue}"
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
        let left = self.reconnect.as_ref().map_or(self.written, |reconnect| {
            // A frame that has left in part may have to be sent again.
            reconnect.unsent.boundary()
        });
        if left > COMPACTED && left > self.buffer.len() - left {
            self.buffer.drain(..left);
            self.cut(left);
        }
    }

    /// So much of the buffer is gone at its front, and has left.
    fn cut(&mut self, bytes: usize) {
        self.written -= bytes;
        self.message_end = self.message_end.saturating_sub(bytes);
        if let Some(extras) = &mut self.extras {
            extras.pong_end = extras.pong_end.saturating_sub(bytes);
        }
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.cut(bytes);
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

    /// Drops what waits: nothing leaves any more. How much it was is still told.
    pub fn release(&mut self) {
        self.message_end = self.waiting_messages();
        self.written = 0;
        self.buffer = Vec::new();
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent = Unsent::default();
        }
        if let Some(extras) = &mut self.extras {
            extras.waiting_pong = None;
            extras.pings = VecDeque::new();
        }
        self.tidy();
    }

    /// The host has heard of the end, and asks nothing more.
    pub fn forget(&mut self) {
        self.release();
        self.extras = None;
        self.reconnect = None;
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
                    let lines = transport.sent_lines(&rest[..count]);
                    if !lines.is_empty() {
                        self.extras().lines.extend(lines);
                    }
                    total += count;
                    self.written += count;
                    if let Some(reconnect) = &mut self.reconnect {
                        reconnect.unsent.leave(&self.buffer, self.written);
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

    /// Lines for the log, which are told when the lock is released.
    fn take_lines(&mut self) -> Vec<String> {
        let lines = self.extras.as_mut().map(|extras| std::mem::take(&mut extras.lines));
        let lines = lines.unwrap_or_default();
        if !lines.is_empty() {
            self.tidy();
        }
        lines
    }

    /// After the connection was lost: as before it was open.
    fn start_over(&mut self) {
        self.written = 0;
        self.empty();
        if let Some(extras) = &mut self.extras {
            extras.waiting_pong = None;
            extras.broken = None;
            extras.pings.clear();
        }
        self.is_fragmented = false;
    }

    /// All has left.
    fn reset(&mut self) {
        self.cut(self.written);
        self.empty();
    }

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

    /// Whether the host waits for DRAIN.
    pub fn owes_drain(&self) -> bool {
        self.drain_at.is_some()
    }

    /// Whether a DRAIN is due: the host was refused, and there is room for what was, and half of
    /// all is free.
    pub fn take_drain(&mut self) -> bool {
        let is_due = self.drain_at.is_some_and(|at| self.held() <= at);
        is_due && self.drain_at.take().is_some()
    }

    /// Nothing waits, and nothing is going to be different from what the worker knows.
    pub fn is_quiet(&self) -> bool {
        self.waiting() == 0 && !self.owes_drain() && !self.is_broken()
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
