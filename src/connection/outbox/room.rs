//! The limit on what may wait to be sent: what counts, the promises to messages during their
//! compression, and when a refused host gets DRAIN.

use super::Outbox;
use crate::error::{Code, Error, Result};
use crate::protocol;

/// How many bytes may wait to be sent, as framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendBound {
    /// In total.
    pub queue: usize,
    /// In a single frame while nothing else waits; at least `queue`.
    pub alone: usize,
}

impl Outbox {
    fn promised(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.promised)
    }

    /// The bytes that count: waiting bytes, copies kept to be sent again, promises, and marks.
    #[inline]
    fn held(&self) -> usize {
        let kept = self
            .reconnect
            .as_ref()
            .map_or(0, |reconnect| reconnect.unsent.weight_besides(self.written));
        self.waiting() + kept + self.promised() + self.weight_of_marks()
    }

    /// The largest frame that may wait in addition.
    #[inline]
    pub(super) fn room(&self, bound: SendBound) -> usize {
        match self.held() {
            0 => bound.alone,
            held => bound.queue.saturating_sub(held),
        }
    }

    /// Whether there is room for a frame with a payload of that length.
    #[inline]
    pub fn has_room(&self, length: usize, bound: SendBound) -> bool {
        protocol::encoded_len(length) <= self.room(bound)
    }

    /// Fails unless there is room for a frame with a payload of that length.
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
        let drain_at = &mut self.extras().drain_at;
        *drain_at = Some(drain_at.map_or(least, |at| at.min(least)));
        let held = self.held();
        let words = format!(
            "{held} bytes wait to be sent, {needed} more would exceed send_queue_max, which is \
             {queue}"
        );
        Error::ws(Code::Again, words)
    }

    /// Whether the host waits for DRAIN.
    #[inline]
    pub fn owes_drain(&self) -> bool {
        self.drain_at().is_some()
    }

    /// Whether a DRAIN is due: a message was refused, and now there is room for it and half of the
    /// limit is free.
    pub fn take_drain(&mut self) -> bool {
        if self.drain_at().is_none_or(|at| self.held() > at) {
            return false;
        }
        self.extras().drain_at = None;
        self.tidy();
        true
    }

    #[inline]
    fn drain_at(&self) -> Option<usize> {
        self.extras.as_ref()?.drain_at
    }
}
