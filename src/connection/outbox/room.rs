//! How much may wait to be sent: what counts, what is promised to messages that are being
//! compressed, and when a host that was refused hears that there is room again.

use super::Outbox;
use crate::error::{Code, Error, Result};
use crate::protocol;

/// How many bytes may wait to be sent, as framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendBound {
    /// In all.
    pub queue: usize,
    /// In one frame while nothing else waits; at least as many as `queue`.
    pub alone: usize,
}

impl Outbox {
    fn promised(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.promised)
    }

    /// The bytes that count: waiting, kept to be sent again, promised, and of marks.
    fn held(&self) -> usize {
        let kept = self
            .reconnect
            .as_ref()
            .map_or(0, |reconnect| reconnect.unsent.weight_besides(self.written));
        self.waiting() + kept + self.promised() + self.weight_of_marks()
    }

    /// The largest frame that may wait in addition.
    pub(super) fn room(&self, bound: SendBound) -> usize {
        match self.held() {
            0 => bound.alone,
            held => bound.queue.saturating_sub(held),
        }
    }

    /// Whether a frame with a payload of that length may wait in addition.
    #[inline]
    pub fn has_room(&self, length: usize, bound: SendBound) -> bool {
        protocol::encoded_len(length) <= self.room(bound)
    }

    /// Fails unless a frame with a payload of that length may wait in addition.
    pub fn admit(&mut self, length: usize, bound: SendBound) -> Result<()> {
        if self.has_room(length, bound) {
            return Ok(());
        }
        Err(self.refuse(protocol::encoded_len(length), bound))
    }

    #[cold]
    fn refuse(&mut self, needed: usize, bound: SendBound) -> Error {
        let SendBound { queue, alone } = bound;
        if needed > alone {
            let option = if alone == queue { "send_queue_max" } else { "max_message" };
            let words =
                format!("the message needs {needed} bytes; {option} allows {alone} at most");
            return Error::ws(Code::TooBig, words);
        }
        let least = (queue / 2).min(queue.saturating_sub(needed));
        self.drain_at = Some(self.drain_at.map_or(least, |at| at.min(least)));
        let held = self.held();
        let words = format!(
            "{held} bytes wait to be sent, {needed} more would exceed send_queue_max, which is \
             {queue}"
        );
        Error::ws(Code::Again, words)
    }

    /// Whether the host waits for DRAIN.
    pub fn owes_drain(&self) -> bool {
        self.drain_at.is_some()
    }

    /// Whether a DRAIN is due: the host was refused, and now there is room for what it wanted to
    /// send, and half of the whole is free.
    pub fn take_drain(&mut self) -> bool {
        let is_due = self.drain_at.is_some_and(|at| self.held() <= at);
        is_due && self.drain_at.take().is_some()
    }
}
