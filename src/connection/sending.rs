//! Sending messages, fragments and pings. Each is queued as a whole or not at all. On a quiet
//! connection it is written at once.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use super::composer::{check, Composer};
use super::gathering::Gathered;
use super::outbox::{Locked, NewMessage};
use super::{add, Command, Connection, DataType, Outbox};
use crate::error::{Code, Error, Result};
use crate::protocol::{DataFrame, DeflateParams, MAX_CONTROL};

/// The most SENT and EXPIRED events that may be outstanding or wait for the host.
const MAX_REPORTS: usize = 65_536;

/// The number of the message that is the `count`th of its connection.
fn number(count: u64) -> i32 {
    let number = count.saturating_sub(1) % i32::MAX as u64 + 1;
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// How a message is sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct SendFlags {
    /// The message continues with the next call.
    pub has_more: bool,
    /// The message must not be compressed.
    pub is_uncompressed: bool,
    /// The host wants a SENT event.
    pub is_notified: bool,
}

impl Connection {
    /// Queues one message.
    #[inline(always)]
    pub fn send(&self, payload: &[u8], data_type: DataType) -> Result<()> {
        if self.limits.deflate_threshold.is_some() {
            return self.send_whole(payload, data_type, false).map(drop);
        }
        let frame = DataFrame::whole(check(payload, data_type)?);
        self.push(frame, payload, false).map(drop)
    }

    fn send_whole(&self, payload: &[u8], data_type: DataType, is_notified: bool) -> Result<i32> {
        let frame = DataFrame::whole(check(payload, data_type)?);
        match self.compresses(payload.len()) {
            None => self.push_frame(frame, payload, is_notified),
            Some((terms, epoch)) => {
                let mut composer = self.composer();
                let composer = composer.get_or_insert_default();
                if !composer.can_compress(&terms, epoch, self.contexts()) {
                    return self.push_frame(frame, payload, is_notified);
                }
                let frame = DataFrame { is_compressed: true, ..frame };
                self.push_compressed(composer, frame, payload, epoch, is_notified)
            }
        }
    }

    /// Queues one message or a fragment of one. Returns the message's number if the host will hear of
    /// it, otherwise 0.
    pub fn send_with(
        &self,
        payload: &[u8],
        data_type: Option<DataType>,
        flags: SendFlags,
    ) -> Result<i32> {
        let (is_fragmented, epoch, torn) = {
            let mut outbox = self.outbox();
            (outbox.is_fragmented(), outbox.epoch(), outbox.take_torn())
        };
        if let Err(torn) = torn {
            self.composer().get_or_insert_default().forget_message();
            return Err(torn);
        }
        let is_fragment = flags.has_more || is_fragmented;
        if !is_fragment {
            let data_type = data_type.unwrap_or(self.data_type);
            return match flags.is_uncompressed {
                false => self.send_whole(payload, data_type, flags.is_notified),
                true => {
                    let frame = DataFrame::whole(check(payload, data_type)?);
                    self.push_frame(frame, payload, flags.is_notified)
                }
            };
        }
        let mut composer = self.composer();
        let composer = composer.get_or_insert_default();
        // The length of the message is not known yet, so it counts as long.
        let terms = self.compresses(usize::MAX).filter(|_| !flags.is_uncompressed);
        let compress = terms
            .filter(|(_, agreed_in)| *agreed_in == epoch)
            .filter(|(terms, epoch)| composer.can_compress(terms, *epoch, self.contexts()))
            .map(|(_, epoch)| epoch);
        let is_last = !flags.has_more;
        let fallback = self.data_type;
        let fragment = composer.fragment(payload, data_type, fallback, is_last, compress, epoch)?;
        let pushed = if fragment.frame.is_compressed {
            self.push_compressed(composer, fragment.frame, payload, epoch, flags.is_notified)
        } else {
            self.push_frame(fragment.frame, payload, flags.is_notified)
        };
        match &pushed {
            Ok(_) => composer.commit(&fragment),
            // The message was lost with the connection: the next fragment begins a new one.
            Err(error) if error.code == Code::Lost as i32 => composer.forget_message(),
            Err(_) => {}
        }
        pushed
    }

    /// The negotiated parameters and their epoch, if a message of that length is compressed. Before
    /// the connection is open, messages are not compressed, because nothing is negotiated yet.
    #[inline]
    fn compresses(&self, length: usize) -> Option<(DeflateParams, u32)> {
        if length < self.limits.deflate_threshold? || !self.life.is_open() {
            return None;
        }
        let answer = self.answer()?;
        let mut terms = answer.deflate?;
        // Later messages must not refer to a message that may be dropped.
        terms.client_no_context_takeover |= self.limits.message_ttl.is_some();
        Some((terms, answer.epoch))
    }

    /// Lock the composer before the outbox, never after it: compressing takes long, and the worker
    /// must not wait for it.
    fn composer(&self) -> MutexGuard<'_, Option<Box<Composer>>> {
        self.composer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails unless there is room for a payload of that length. If gathered messages take the room,
    /// they are sent first.
    #[inline]
    fn admit(&self, outbox: &mut Outbox, length: usize) -> Result<()> {
        if outbox.has_room(length, self.limits.send) {
            return Ok(());
        }
        self.admit_late(outbox, length)
    }

    #[cold]
    fn admit_late(&self, outbox: &mut Outbox, length: usize) -> Result<()> {
        if outbox.is_gathered() {
            self.flush(outbox);
        }
        outbox.admit(length, self.limits.send)
    }

    /// The same as `push`, for all but the usual messages: its code is not there twice.
    #[inline(never)]
    fn push_frame(&self, frame: DataFrame, payload: &[u8], is_notified: bool) -> Result<i32> {
        self.push(frame, payload, is_notified)
    }

    #[inline(always)]
    fn push(&self, frame: DataFrame, payload: &[u8], is_notified: bool) -> Result<i32> {
        let mut outbox = self.outbox();
        self.life.check_takes_messages()?;
        outbox.check_order(frame)?;
        self.admit(&mut outbox, payload.len())?;
        self.refuse_reports(&outbox, is_notified)?;
        let was_quiet = outbox.waiting() == 0;
        outbox.push_data(frame, payload)?;
        Ok(self.sent(outbox, was_quiet, frame, payload, is_notified))
    }

    fn push_compressed(
        &self,
        composer: &mut Composer,
        frame: DataFrame,
        payload: &[u8],
        epoch: u32,
        is_notified: bool,
    ) -> Result<i32> {
        let mut outbox = self.outbox();
        self.life.check_takes_messages()?;
        outbox.check_order(frame)?;
        self.admit(&mut outbox, payload.len())?;
        self.refuse_reports(&outbox, is_notified)?;
        let promise = outbox.promise(payload.len());
        drop(outbox);
        let compressed = composer.compress(payload, frame.is_last);
        self.hold_contexts();
        let mut outbox = self.outbox();
        let was_quiet = outbox.waiting() == 0;
        // The connection may have been closed meanwhile.
        let compressed = self.life.check_takes_messages().and(compressed);
        let kept =
            outbox.keep_promise(promise, frame, payload, compressed, epoch, self.limits.send);
        if !matches!(kept, Ok(true)) {
            // The compressor's history has not been sent.
            composer.drop_compressor();
        }
        // A sender may have been refused because of the promise. The worker tells it when there is
        // room.
        let owes_drain = outbox.owes_drain();
        let number = match kept {
            Ok(_) => Ok(self.sent(outbox, was_quiet, frame, payload, is_notified)),
            Err(error) => {
                drop(outbox);
                Err(error)
            }
        };
        if owes_drain {
            self.post();
        }
        number
    }

    /// A frame is in the outbox. Returns the number of its message if the host will hear of it,
    /// otherwise 0.
    #[inline(always)]
    fn sent(
        &self,
        mut outbox: Locked<'_>,
        was_quiet: bool,
        frame: DataFrame,
        payload: &[u8],
        is_notified: bool,
    ) -> i32 {
        add(&self.counters.messages_sent, usize::from(frame.is_last));
        add(&self.counters.payload_sent, payload.len());
        if frame.is_last && (self.is_reported(is_notified) || outbox.has_marks()) {
            return self.sent_marked(outbox, was_quiet, payload, is_notified);
        }
        // Most messages of a burst only join those before them.
        if outbox.is_gathered() && outbox.gather() {
            outbox.keep_copy(payload);
        } else {
            self.leave(outbox, was_quiet, payload);
        }
        0
    }

    #[cold]
    fn sent_marked(
        &self,
        mut outbox: Locked<'_>,
        was_quiet: bool,
        payload: &[u8],
        is_notified: bool,
    ) -> i32 {
        let number = number(self.counters.messages_sent.load(Ordering::Relaxed));
        let expires = self.limits.message_ttl.map(|ttl| Instant::now() + ttl);
        let must_watch = outbox.mark(NewMessage { number, is_notified, expires });
        self.leave(outbox, was_quiet, payload);
        if must_watch && self.next_expiry().is_some() {
            // The worker sets a timer for it.
            self.post();
        }
        number
    }

    /// Whether the host hears of a message: that it has left, or was too old.
    #[inline]
    fn is_reported(&self, is_notified: bool) -> bool {
        is_notified || self.limits.message_ttl.is_some()
    }

    /// Fails if too many SENT and EXPIRED events are outstanding.
    #[inline]
    fn refuse_reports(&self, outbox: &Outbox, is_notified: bool) -> Result<()> {
        if self.is_reported(is_notified) {
            return self.refuse_many_reports(outbox);
        }
        Ok(())
    }

    #[cold]
    fn refuse_many_reports(&self, outbox: &Outbox) -> Result<()> {
        let reports = outbox.marks() + self.backlog.reports();
        if reports >= MAX_REPORTS {
            let words = format!("{reports} messages wait for their SENT or EXPIRED to be taken");
            return Err(Error::ws(Code::Again, words));
        }
        Ok(())
    }

    pub fn ping(&self, payload: &[u8]) -> Result<()> {
        if payload.len() > MAX_CONTROL {
            let words =
                format!("a ping carries at most {MAX_CONTROL} bytes, not {}", payload.len());
            return Err(Error::ws(Code::Argument, words));
        }
        let mut outbox = self.outbox();
        self.life.check_takes_messages()?;
        outbox.refuse_pings(self.pongs_waiting())?;
        self.admit(&mut outbox, payload.len())?;
        let was_quiet = outbox.waiting() == 0;
        outbox.push_ping(payload, true)?;
        add(&self.counters.pings_sent, 1);
        self.leave(outbox, was_quiet, payload);
        Ok(())
    }

    /// Sends queued bytes: at once, or gathered with later messages. If earlier bytes are stuck,
    /// they leave when the socket takes bytes again.
    fn leave(&self, mut outbox: Locked<'_>, was_quiet: bool, payload: &[u8]) {
        let gathering = &self.home.seat.gathering;
        let is_gathered = outbox.is_gathered() || was_quiet && outbox.gathers(gathering);
        if is_gathered && outbox.gather() {
            outbox.keep_copy(payload);
            if !outbox.set_gathered(true) && self.me.upgrade().is_some_and(|me| gathering.add(me)) {
                self.home.mailbox.send(Command::Gathered(Arc::clone(&self.home.seat)));
            }
        } else if is_gathered || was_quiet {
            outbox.note_write();
            self.flush(&mut outbox);
            outbox.keep_copy(payload);
            self.follow_up(outbox);
        } else {
            outbox.keep_copy(payload);
        }
    }

    /// Writes as much as the socket takes, and counts the bytes.
    pub fn flush(&self, outbox: &mut Outbox) {
        add(&self.counters.wire_sent, outbox.flush());
    }

    fn depart(&self, mut outbox: Locked<'_>) {
        self.flush(&mut outbox);
        self.follow_up(outbox);
    }

    /// Posts the connection to the worker if something follows a write: a deadline for stuck bytes,
    /// a DRAIN, or the close of a drained connection.
    fn follow_up(&self, mut outbox: Locked<'_>) {
        let is_due = outbox.is_broken() || outbox.owes_drain() || outbox.has_reports();
        if is_due || outbox.is_stuck() || self.life.is_draining() {
            outbox.set_gathered(false);
            drop(outbox);
            self.post();
        }
    }
}

impl Gathered for Connection {
    fn flush_gathered(&self) {
        let mut outbox = self.outbox();
        if outbox.set_gathered(false) {
            self.depart(outbox);
        }
    }
}
