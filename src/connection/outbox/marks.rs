//! The messages in an outbox that the host wants to hear of: when the last byte has left, or when
//! a message has become too old to leave.

use std::collections::VecDeque;
use std::time::Instant;

use super::Outbox;
use crate::protocol::{SentFrame, SentFrames};

/// What a mark counts against the limit of what may wait.
const WEIGHT: usize = size_of::<Mark>();

/// The marks of the last messages, without a gap: from the first that has one, each has one.
#[derive(Default)]
pub struct Marks {
    list: VecDeque<Mark>,
    /// How many bytes were before the buffer's first one.
    origin: u64,
    /// The numbers of messages that have left, for the host.
    left: Vec<i32>,
}

struct Mark {
    /// Where the message's frames begin and end, with the bytes before the buffer.
    start: u64,
    end: u64,
    number: i32,
    /// The host wants to hear when it has left.
    is_notified: bool,
    /// It is dropped if it has not begun to leave by then.
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

    /// The marks that have not begun to leave, if the bytes before `begun` have.
    fn waiting(&self, begun: usize) -> impl Iterator<Item = &Mark> {
        let begun = self.origin + begun as u64;
        self.list.iter().skip_while(move |mark| mark.start < begun)
    }
}

impl Outbox {
    /// Marks the last message if the host wants to hear of it, or of one before it. Returns
    /// whether the worker must watch its time.
    pub fn mark(&mut self, message: NewMessage) -> bool {
        let NewMessage { number, is_notified, expires } = message;
        if !is_notified && expires.is_none() && !self.has_marks() {
            return false;
        }
        let (start, end, begun) = (self.message_start, self.message_end, self.begun());
        let marks = &mut self.extras().marks;
        let is_first = expires.is_some() && marks.waiting(begun).next().is_none();
        let (start, end) = (marks.origin + start as u64, marks.origin + end as u64);
        marks.list.push_back(Mark { start, end, number, is_notified, expires });
        is_first
    }

    fn has_marks(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| !extras.marks.list.is_empty())
    }

    /// The number of messages of which the host will hear.
    pub fn marks(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.marks.list.len() + extras.marks.left.len())
    }

    /// What the marks count.
    pub(super) fn weight_of_marks(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.marks.list.len() * WEIGHT)
    }

    /// Whether messages have left of which the host wants to hear.
    pub fn has_reports(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| !extras.marks.left.is_empty())
    }

    /// Their numbers.
    pub fn take_reports(&mut self) -> Vec<i32> {
        let taken = self.extras.as_mut().map(|extras| std::mem::take(&mut extras.marks.left));
        let taken = taken.unwrap_or_default();
        if !taken.is_empty() {
            self.tidy();
        }
        taken
    }

    /// Where in the buffer what has not begun to leave begins. TLS may have encrypted some of it.
    fn begun(&self) -> usize {
        self.written + self.transport.as_ref().map_or(0, |transport| transport.committed())
    }

    /// When the next message becomes too old.
    pub fn next_expiry(&self) -> Option<Instant> {
        let marks = &self.extras.as_ref()?.marks;
        marks.waiting(self.begun()).next()?.expires
    }

    /// Drops the messages that are too old and have not begun to leave. Returns their numbers.
    pub fn expire(&mut self, now: Instant) -> Vec<i32> {
        if self.next_expiry().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let begun = self.begun();
        let Some(extras) = &mut self.extras else { return Vec::new() };
        let Marks { list, origin, .. } = &mut extras.marks;
        let first = list.iter().take_while(|mark| mark.start < *origin + begun as u64).count();
        let is_old = |mark: &&Mark| mark.expires.is_some_and(|at| at <= now);
        let count = list.iter().skip(first).take_while(is_old).count();
        let expired: Vec<Mark> = list.drain(first..first + count).collect();
        let place = |position: u64| (position - *origin) as usize;
        if let (Some(start), Some(end)) = (expired.first(), expired.last()) {
            let (start, end) = (place(start.start), place(end.end));
            self.remove_messages(start, end);
        }
        expired.into_iter().map(|mark| mark.number).collect()
    }

    /// Removes the data frames in this part of the buffer, which is whole messages. Control frames
    /// between them stay.
    fn remove_messages(&mut self, start: usize, end: usize) {
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.remove(&self.buffer, start, end);
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
            let before = extras.marks.origin + start as u64;
            for mark in extras.marks.list.iter_mut().filter(|mark| mark.start >= before) {
                mark.start -= removed as u64;
                mark.end -= removed as u64;
            }
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

    /// The same, if it is enough to go on behind them. Otherwise returns false.
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

    /// The buffer is a new one, with what has not left of the former one.
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
                messages.push((self.message_start, at));
            }
        }
        let Some(extras) = &mut self.extras else { return };
        let marks = &mut extras.marks;
        // Those of messages that are lost.
        let lost = marks.list.len().saturating_sub(messages.len());
        marks.list.drain(..lost);
        marks.origin = 0;
        let marked = &messages[messages.len() - marks.list.len()..];
        for (mark, &(start, end)) in marks.list.iter_mut().zip(marked) {
            (mark.start, mark.end) = (start as u64, end as u64);
        }
        self.tidy();
    }
}
