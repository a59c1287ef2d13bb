//! Marks messages of an outbox that cause an event: SENT when the last byte has left, EXPIRED when
//! a message was too old and is dropped.

use std::time::Instant;

use super::marks::NewMessage;
use super::Outbox;
use crate::protocol::{SentFrame, SentFrames};

impl Outbox {
    /// Marks the last message. Returns whether the worker must watch its time.
    pub fn mark(&mut self, message: NewMessage) -> bool {
        let (place, begun) = (self.message_start..self.message_end, self.begun());
        self.extras().marks.push(place, begun, message)
    }

    /// Whether a message that waits is marked. Then the next one must be marked, too.
    #[inline]
    pub fn has_marks(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.marks.has_waiting())
    }

    /// The number of messages that may still cause an event.
    pub fn marks(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.marks.len())
    }

    /// How many bytes the marks count.
    pub(super) fn weight_of_marks(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.marks.weight())
    }

    /// Whether messages have left whose SENT is due.
    pub fn has_reports(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.marks.has_left())
    }

    /// Their numbers.
    pub fn take_reports(&mut self) -> Vec<i32> {
        let taken = self.extras.as_mut().map(|extras| extras.marks.take_left());
        let taken = taken.unwrap_or_default();
        if !taken.is_empty() {
            self.tidy();
        }
        taken
    }

    /// The start of the bytes in the buffer that have not begun to leave. TLS may have encrypted
    /// bytes that have not been written.
    fn begun(&self) -> usize {
        self.written + self.transport.as_ref().map_or(0, |transport| transport.committed())
    }

    /// When the next message expires.
    pub fn next_expiry(&self) -> Option<Instant> {
        self.extras.as_ref()?.marks.next_expiry(self.begun())
    }

    /// Drops the messages that are too old and have not begun to leave, and returns their numbers.
    pub fn expire(&mut self, now: Instant) -> Vec<i32> {
        if self.next_expiry().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let begun = self.begun();
        let marks = self.extras.as_mut().map(|extras| &mut extras.marks);
        let Some((numbers, place)) = marks.and_then(|marks| marks.take_expired(begun, now)) else {
            return Vec::new();
        };
        self.remove_messages(place.start, place.end);
        numbers
    }

    /// Removes the data frames in this part of the buffer, which consists of whole messages.
    /// Control frames between them stay.
    fn remove_messages(&mut self, start: usize, end: usize) {
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.remove(&self.buffer, self.written, start..end);
        }
        if self.skip_messages(start, end) {
            return;
        }
        let (mut kept, mut at) = (Vec::new(), start);
        let mut pong_end = None;
        let mut frames = SentFrames::default();
        while at < end {
            let Some(SentFrame { size, data }) = frames.step(&self.buffer[at..end]) else { break };
            if data.is_none() {
                kept.extend_from_slice(&self.buffer[at..at + size]);
            }
            at += size;
            if self.pong_end() == at {
                pong_end = Some(start + kept.len());
            }
        }
        let removed = end - start - kept.len();
        self.buffer.splice(start..end, kept);
        self.message_end = if self.message_end > end { self.message_end - removed } else { start };
        self.message_start = self.message_start.saturating_sub(removed).max(start);
        if let Some(extras) = &mut self.extras {
            extras.marks.close_gap(start, removed);
            extras.pong_end = match pong_end {
                Some(place) => place,
                None if extras.pong_end > end => extras.pong_end - removed,
                None => extras.pong_end,
            };
        }
        self.tidy();
        if self.waiting() == 0 {
            self.reset();
        }
    }

    /// The same, if it is enough to continue after these messages. Otherwise returns false.
    fn skip_messages(&mut self, start: usize, end: usize) -> bool {
        let mut frames = SentFrames::default();
        let mut at = start;
        while at < end {
            match frames.step(&self.buffer[at..end]) {
                Some(SentFrame { size, data: Some(_) }) => at += size,
                _ => return false,
            }
        }
        let is_next = self.written == start
            && self.begun() == start
            && (self.reconnect.is_none() || self.is_at_boundary());
        if is_next {
            if let Some(reconnect) = &mut self.reconnect {
                reconnect.unsent.skip(end);
            }
            self.written = end;
            self.tidy();
            if self.waiting() == 0 {
                self.reset();
            }
        }
        is_next
    }

    /// Computes the marks for a new buffer with the messages that have not left.
    pub(super) fn renew_marks(&mut self) {
        let mut messages = Vec::new();
        let (mut frames, mut at) = (SentFrames::default(), 0);
        while let Some(SentFrame { size, data }) = frames.step(&self.buffer[at..]) {
            let (is_first, is_last) = data.map_or((false, false), |it| (it.is_first, it.is_last));
            if is_first {
                self.message_start = at;
            }
            at += size;
            if is_last {
                messages.push(self.message_start..at);
            }
        }
        if let Some(extras) = &mut self.extras {
            extras.marks.renew(&messages);
            self.tidy();
        }
    }
}
