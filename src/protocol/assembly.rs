//! Assembles a message as it arrives: checks its size and its text, and delivers a large message in
//! parts.

use super::batch::LARGE;
use super::utf8::{check_utf8, Utf8Check};
use super::{Batch, MessageKind, Violation};

/// Memory for an announced length is reserved up to this, or up to `TRUST` times the bytes that
/// have arrived. Beyond this, memory grows with the bytes. The system provides reserved memory only
/// when it is used, and grows blocks of this size without a copy.
const FIRST_RESERVE: usize = 1 << 20;
const TRUST: usize = 8;

/// The length of the longest incomplete character of UTF-8.
const MAX_PENDING: usize = 3;

pub(super) struct Assembly {
    max_message: u64,
    /// A message with more bytes than this is delivered in parts of this size.
    stream_threshold: usize,
    /// The kind of the message being read; `None` between messages.
    kind: Option<MessageKind>,
    /// The bytes that have arrived and were not delivered yet.
    data: Vec<u8>,
    /// The number of bytes that were delivered in parts.
    streamed: u64,
    utf8: Utf8Check,
}

impl Assembly {
    pub fn new(max_message: u64, stream_threshold: Option<usize>) -> Assembly {
        Assembly {
            // Lengths become `usize` below. No message can be larger than this.
            max_message: max_message.min(isize::MAX as u64 - 1),
            stream_threshold: stream_threshold.unwrap_or(usize::MAX).max(MAX_PENDING + 1),
            kind: None,
            data: Vec::new(),
            streamed: 0,
            utf8: Utf8Check::default(),
        }
    }

    /// A new assembly with the same settings.
    pub fn empty(&self) -> Assembly {
        Assembly::new(self.max_message, Some(self.stream_threshold))
    }

    /// Whether a message has begun and not ended.
    pub fn is_open(&self) -> bool {
        self.kind.is_some()
    }

    pub fn begin(&mut self, kind: MessageKind) {
        self.kind = Some(kind);
    }

    /// The largest message that needs no assembly: short, within the limit, and whole.
    pub fn small(&self) -> usize {
        self.max_message.min(LARGE as u64).min(self.stream_threshold as u64) as usize
    }

    fn total(&self) -> u64 {
        self.streamed + self.data.len() as u64
    }

    /// Checks the header of a frame of `length` bytes: refuses it if the message would be too
    /// large.
    pub fn expect(&self, length: u64, is_last: bool) -> Result<(), Violation> {
        // Both are below 2^63.
        let total = self.total() + length;
        if total <= self.max_message {
            return Ok(());
        }
        let at_least = if is_last { "" } else { "at least " };
        Err(Violation::too_big(format!(
            "the server sent a message of {at_least}{total} bytes; the limit is {} bytes",
            self.max_message
        )))
    }

    /// Whether no bytes of the message have arrived, apart from empty frames.
    pub fn is_untouched(&self) -> bool {
        self.data.is_empty() && self.streamed == 0
    }

    /// Takes a short message as a whole.
    pub fn push_whole(&mut self, payload: &[u8], batch: &mut Batch) -> Result<(), Violation> {
        let Some(kind) = self.kind.take() else { return Ok(()) };
        if kind == MessageKind::Text {
            check_utf8(payload)?;
        }
        batch.push(kind, payload)
    }

    /// Takes inflated bytes, whose length no header announced.
    pub fn append_inflated(&mut self, piece: &[u8], batch: &mut Batch) -> Result<(), Violation> {
        let room = self.max_message - self.total();
        if piece.len() as u64 <= room {
            return self.append(piece, 0, false, batch);
        }
        self.append(&piece[..room as usize], 0, false, batch)?;
        Err(Violation::too_big(format!(
            "the server sent a compressed message that inflates to more than the limit of {} bytes",
            self.max_message
        )))
    }

    /// Takes the next bytes. `rest` more bytes of the frame follow. If it `is_last`, the message
    /// ends with them. The result does not depend on how the bytes are split.
    pub fn append(
        &mut self,
        mut piece: &[u8],
        rest: u64,
        is_last: bool,
        batch: &mut Batch,
    ) -> Result<(), Violation> {
        // Only one byte more than a full part proves that the message is larger than one part.
        while piece.len() > self.stream_threshold - self.data.len() {
            let (now, later) = piece.split_at(self.stream_threshold - self.data.len());
            self.take(now, 0, false)?;
            piece = later;
            self.hand_on(batch)?;
        }
        self.use_spare(piece.len() as u64 + rest, is_last, batch);
        self.take(piece, rest, is_last)
    }

    /// Begins a large message of known length in memory that the batch has left.
    fn use_spare(&mut self, announced: u64, is_last: bool, batch: &mut Batch) {
        let most = self.stream_threshold as u64;
        if self.data.capacity() == 0 && is_last && (LARGE as u64 + 1..=most).contains(&announced) {
            if let Some(spare) = batch.spare_for(announced as usize) {
                self.data = spare;
            }
        }
    }

    /// Whether the message is large if `announced` more bytes arrive.
    pub fn is_large_with(&self, announced: u64) -> bool {
        self.data.len() as u64 + announced > LARGE as u64
    }

    /// How many of the next `announced` bytes of the frame can be read directly into the message:
    /// one or more. Call `filled` after appending them to `data`. `None` if a part must be
    /// delivered first.
    pub fn make_space(
        &mut self,
        announced: u64,
        is_last: bool,
        batch: &mut Batch,
    ) -> Option<usize> {
        let until_part = self.stream_threshold - self.data.len();
        if until_part == 0 {
            return None;
        }
        self.use_spare(announced, is_last, batch);
        // If there is no memory, `append` reports it.
        self.make_room(1, announced.saturating_sub(1), is_last).ok()?;
        // One byte is for the batch's NUL.
        let room = self.data.capacity() - self.data.len() - 1;
        Some((room.min(until_part) as u64).min(announced) as usize)
    }

    pub fn data(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }

    /// Takes note of `count` bytes that were appended to `data`.
    pub fn filled(&mut self, count: usize) -> Result<(), Violation> {
        let at = self.data.len() - count;
        if self.kind == Some(MessageKind::Text) {
            self.utf8.feed(&self.data[at..], self.streamed + at as u64)?;
        }
        Ok(())
    }

    fn take(&mut self, piece: &[u8], rest: u64, is_last: bool) -> Result<(), Violation> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.kind == Some(MessageKind::Text) {
            self.utf8.feed(piece, self.total())?;
        }
        self.make_room(piece.len(), rest, is_last)?;
        self.data.extend_from_slice(piece);
        Ok(())
    }

    /// Reserves room for `piece` bytes, and for as much of the rest of the frame as is plausible.
    /// The room grows by more each time, so the total cost stays linear.
    fn make_room(&mut self, piece: usize, rest: u64, is_last: bool) -> Result<(), Violation> {
        let needed = self.data.len() + piece;
        if self.data.capacity() > needed {
            return Ok(());
        }
        // One byte more is for the batch's NUL.
        let announced = needed.saturating_add(rest as usize).saturating_add(1);
        let plausible = announced.min(FIRST_RESERVE.max(needed.saturating_mul(TRUST)));
        // Doubled if more frames follow or no length was announced, so that the cost is amortised.
        let wanted = if is_last { plausible } else { plausible.max(self.data.capacity() * 2) };
        // The room never exceeds the limits. Both are at least `needed`.
        let limit = (self.max_message as usize).min(self.stream_threshold.max(needed));
        let reserved = self.data.try_reserve_exact(wanted.min(limit + 1) - self.data.len());
        reserved.map_err(|_| Violation::no_memory(announced - 1))
    }

    /// Delivers a part: the bytes up to the last complete character.
    fn hand_on(&mut self, batch: &mut Batch) -> Result<(), Violation> {
        let Some(kind) = self.kind else { return Ok(()) };
        let pending = if kind == MessageKind::Text { self.utf8.pending() } else { 0 };
        let end = self.data.len() - pending;
        batch.push_part(kind, &self.data[..end], self.streamed == 0, false)?;
        self.streamed += end as u64;
        self.data.drain(..end);
        Ok(())
    }

    /// Delivers the complete message.
    pub fn finish(&mut self, batch: &mut Batch) -> Result<(), Violation> {
        let total = self.total();
        let Some(kind) = self.kind.take() else { return Ok(()) };
        if kind == MessageKind::Text {
            self.utf8.finish(total)?;
        }
        if std::mem::take(&mut self.streamed) > 0 {
            batch.push_part(kind, &self.data, false, true)?;
        } else if self.data.len() > LARGE {
            let mut data = std::mem::take(&mut self.data);
            // The message may wait for a long time, and only its length is counted.
            if data.capacity() > data.len() + data.len() / 4 {
                data.shrink_to(data.len() + 1);
            }
            batch.push_owned(kind, data)?;
        } else {
            batch.push(kind, &self.data)?;
        }
        self.data.clear();
        Ok(())
    }

    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.data.capacity()
    }

    #[cfg(test)]
    pub fn address(&self) -> *const u8 {
        self.data.as_ptr()
    }

    /// Frees the memory that is not needed between messages.
    pub fn release(&mut self) {
        if self.data.is_empty() && self.data.capacity() > 0 {
            self.data = Vec::new();
        }
    }
}
