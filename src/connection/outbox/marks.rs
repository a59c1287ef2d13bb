//! Marks for messages in an outbox that cause an event: where the messages are, and until when they
//! may wait.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

/// How many bytes a mark counts against `send_queue_max`.
const WEIGHT: usize = size_of::<Mark>();

/// The marks of the last messages, without gaps: every message after the first marked one has a
/// mark.
#[derive(Default)]
pub struct Marks {
    list: VecDeque<Mark>,
    /// The number of bytes that were cut off before the buffer's first byte.
    origin: u64,
    /// The numbers of messages that have left, to be reported.
    left: Vec<i32>,
}

struct Mark {
    /// The start and end of the message's frames, counted with `origin`.
    start: u64,
    end: u64,
    number: i32,
    /// The host wants a SENT event.
    is_notified: bool,
    /// The message is dropped if it has not begun to leave by then.
    expires: Option<Instant>,
}

/// A message that has just been queued.
pub struct NewMessage {
    pub number: i32,
    pub is_notified: bool,
    pub expires: Option<Instant>,
}

impl Marks {
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.left.is_empty()
    }

    /// This many bytes were cut off at the front of the buffer.
    pub fn cut(&mut self, bytes: usize) {
        self.origin += bytes as u64;
    }

    /// The bytes of the buffer before `written` have left.
    pub fn leave(&mut self, written: usize) {
        let written = self.origin + written as u64;
        while let Some(mark) = self.pop_left(written) {
            if mark.is_notified {
                self.left.push(mark.number);
            }
        }
    }

    fn pop_left(&mut self, written: u64) -> Option<Mark> {
        let has_left = self.list.front().is_some_and(|mark| mark.end <= written);
        if has_left {
            self.list.pop_front()
        } else {
            None
        }
    }

    /// Marks a message in this part of the buffer. Returns whether it is now the first one that may
    /// become too old.
    pub fn push(&mut self, place: Range<usize>, begun: usize, message: NewMessage) -> bool {
        let NewMessage { number, is_notified, expires } = message;
        let is_first = expires.is_some() && self.waiting(begun).next().is_none();
        let (start, end) = (self.origin + place.start as u64, self.origin + place.end as u64);
        self.list.push_back(Mark { start, end, number, is_notified, expires });
        is_first
    }

    /// Whether messages that have not left are marked.
    pub fn has_waiting(&self) -> bool {
        !self.list.is_empty()
    }

    /// Whether messages have left whose SENT is due.
    pub fn has_left(&self) -> bool {
        !self.left.is_empty()
    }

    /// Their numbers.
    pub fn take_left(&mut self) -> Vec<i32> {
        std::mem::take(&mut self.left)
    }

    /// The number of messages that may still cause an event.
    pub fn len(&self) -> usize {
        self.list.len() + self.left.len()
    }

    /// How many bytes the marks count.
    pub fn weight(&self) -> usize {
        self.list.len() * WEIGHT
    }

    /// When the next message expires.
    pub fn next_expiry(&self, begun: usize) -> Option<Instant> {
        self.waiting(begun).next()?.expires
    }

    /// Takes the messages that are too old and have not begun to leave: their numbers, and the part
    /// of the buffer that they are in.
    pub fn take_expired(&mut self, begun: usize, now: Instant) -> Option<(Vec<i32>, Range<usize>)> {
        let origin = self.origin;
        let begun = origin + begun as u64;
        let first = self.list.iter().take_while(|mark| mark.start < begun).count();
        let is_old = |mark: &&Mark| mark.expires.is_some_and(|at| at <= now);
        let count = self.list.iter().skip(first).take_while(is_old).count();
        let expired: Vec<Mark> = self.list.drain(first..first + count).collect();
        let place = |position: u64| (position - origin) as usize;
        let range = place(expired.first()?.start)..place(expired.last()?.end);
        Some((expired.into_iter().map(|mark| mark.number).collect(), range))
    }

    /// This many bytes of the buffer after `start` were removed.
    pub fn close_gap(&mut self, start: usize, removed: usize) {
        let start = self.origin + start as u64;
        for mark in self.list.iter_mut().filter(|mark| mark.start >= start) {
            mark.start -= removed as u64;
            mark.end -= removed as u64;
        }
    }

    /// The buffer is a new one, with these messages. The last of them are marked.
    pub fn renew(&mut self, messages: &[Range<usize>]) {
        // The marks of lost messages.
        let lost = self.list.len().saturating_sub(messages.len());
        self.list.drain(..lost);
        self.origin = 0;
        let marked = &messages[messages.len() - self.list.len()..];
        for (mark, place) in self.list.iter_mut().zip(marked) {
            (mark.start, mark.end) = (place.start as u64, place.end as u64);
        }
    }

    /// The marks of messages that have not begun to leave; the bytes before `begun` have.
    fn waiting(&self, begun: usize) -> impl Iterator<Item = &Mark> {
        let begun = self.origin + begun as u64;
        self.list.iter().skip_while(move |mark| mark.start < begun)
    }
}
