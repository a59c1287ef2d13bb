//! The messages in one piece of input, stored with as few allocations as possible.

use std::slice;

use super::{MessageKind, ReadBuffer, Violation};

/// A message of up to this many payload bytes is a slice of a shared buffer. A larger message has
/// its own allocation, which is moved and never copied, and does not keep other messages in memory.
pub(super) const LARGE: usize = 16 * 1024;

/// Messages, or parts of one, in the order in which they arrived. One NUL follows every
/// payload.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// The memory of a read buffer, with messages in their original place.
    taken: Vec<u8>,
    large: Vec<Vec<u8>>,
    /// Empty memory for large messages.
    spares: Vec<Vec<u8>>,
    items: Vec<Item>,
    payload_bytes: usize,
    is_reused: bool,
}

/// A message in eight bytes, because one read may bring thousands.
#[derive(Clone, Copy)]
struct Item {
    /// Its start in `bytes` or `taken`, or its index in `large`.
    at: u32,
    /// The number of payload bytes, unless it is in `large`.
    len: u16,
    kind: MessageKind,
    marks: u8,
}

/// A message of a batch, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    pub kind: MessageKind,
    /// Without the NUL that follows it.
    pub payload: &'a [u8],
    /// It begins a message. A whole message also ends one; a part from the middle does neither.
    pub is_first: bool,
    pub is_last: bool,
}

/// Messages of a batch, one after the other.
pub struct Parts<'a> {
    batch: &'a Batch,
    items: slice::Iter<'a, Item>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Part<'a>> {
        let item = *self.items.next()?;
        Some(self.batch.part(item))
    }
}

/// The item is in `large`.
const OWN: u8 = 1;
/// The item begins a message.
const FIRST: u8 = 2;
/// The item ends a message.
const LAST: u8 = 4;
/// The item is in `taken`.
const TAKEN: u8 = 8;

impl Batch {
    pub fn new() -> Batch {
        Batch::default()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The number of messages and parts.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Part<'_>> {
        let item = *self.items.get(index)?;
        Some(self.part(item))
    }

    #[inline(always)]
    fn part(&self, Item { at, len, kind, marks }: Item) -> Part<'_> {
        let at = at as usize;
        let payload = match marks & (OWN | TAKEN) {
            TAKEN => &self.taken[at..at + usize::from(len)],
            OWN => {
                let with_nul = &self.large[at];
                &with_nul[..with_nul.len() - 1]
            }
            _ => &self.bytes[at..at + usize::from(len)],
        };
        let (is_first, is_last) = (marks & FIRST != 0, marks & LAST != 0);
        Part { kind, payload, is_first, is_last }
    }

    /// The messages from `index` on.
    #[inline]
    pub fn parts_from(&self, index: usize) -> Parts<'_> {
        Parts { batch: self, items: self.items.get(index..).unwrap_or_default().iter() }
    }

    /// The number of messages that end in this batch.
    pub fn complete(&self) -> usize {
        self.items.iter().filter(|item| item.marks & LAST != 0).count()
    }

    pub fn iter(&self) -> impl Iterator<Item = Part<'_>> {
        self.parts_from(0)
    }

    /// The sum of the payload lengths.
    pub fn payload_bytes(&self) -> usize {
        self.payload_bytes
    }

    /// Frees reserved memory that was not needed, except memory that is reused.
    pub fn shrink(&mut self) {
        if self.is_reused {
            return;
        }
        if self.bytes.capacity() > 2 * self.bytes.len() + 64 {
            self.bytes.shrink_to_fit();
        }
        if self.items.capacity() > 2 * self.items.len() + 8 {
            self.items.shrink_to_fit();
        }
    }

    /// Adds empty memory for large messages.
    pub fn add_spares(&mut self, spares: Vec<Vec<u8>>) {
        self.spares = spares;
    }

    /// Takes back the memory that no message has needed, if there is some.
    #[inline]
    pub fn take_spares(&mut self) -> Option<Vec<Vec<u8>>> {
        (!self.spares.is_empty()).then(|| std::mem::take(&mut self.spares))
    }

    /// Empty memory for a message of that length and its NUL, if there is some that is not much
    /// larger.
    pub(super) fn spare_for(&mut self, length: usize) -> Option<Vec<u8>> {
        let fits = (length + 1)..=(length + length / 4);
        let index = self.spares.iter().rposition(|spare| fits.contains(&spare.capacity()))?;
        Some(self.spares.swap_remove(index))
    }

    /// Forgets the messages and keeps the memory for the next ones. That of large messages becomes
    /// spare.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.taken.clear();
        while let Some(mut large) = self.large.pop() {
            large.clear();
            self.spares.push(large);
        }
        self.items.clear();
        self.payload_bytes = 0;
        self.is_reused = true;
    }

    /// Keeps the first `len` messages.
    pub fn truncate(&mut self, len: usize) {
        while self.items.len() > len {
            let Some(item) = self.items.pop() else {
                break;
            };
            if item.marks & OWN != 0 {
                let with_nul = self.large.pop();
                self.payload_bytes -= with_nul.map_or(0, |payload| payload.len() - 1);
            } else {
                let common =
                    if item.marks & TAKEN != 0 { &mut self.taken } else { &mut self.bytes };
                common.truncate(item.at as usize);
                self.payload_bytes -= usize::from(item.len);
            }
        }
    }

    /// Appends a copy of a message.
    #[inline]
    pub fn push(&mut self, kind: MessageKind, payload: &[u8]) -> Result<(), Violation> {
        self.push_marked(kind, payload, FIRST | LAST)
    }

    /// Appends a message. A large message is moved, without a copy if its capacity has room for the
    /// NUL.
    pub fn push_owned(&mut self, kind: MessageKind, payload: Vec<u8>) -> Result<(), Violation> {
        if payload.len() <= LARGE {
            self.push(kind, &payload)
        } else {
            self.push_large(kind, payload, FIRST | LAST)
        }
    }

    /// Appends a copy of a part of a message.
    pub fn push_part(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        is_first: bool,
        is_last: bool,
    ) -> Result<(), Violation> {
        let first = if is_first { FIRST } else { 0 };
        let last = if is_last { LAST } else { 0 };
        self.push_marked(kind, payload, first | last)
    }

    #[inline]
    fn push_marked(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        marks: u8,
    ) -> Result<(), Violation> {
        let (Ok(at), true) = (u32::try_from(self.bytes.len()), payload.len() <= LARGE) else {
            let mut own = self.spare_for(payload.len()).unwrap_or_default();
            room(&mut own, payload.len() + 1, payload.len())?;
            own.extend_from_slice(payload);
            return self.push_large(kind, own, marks);
        };
        room(&mut self.items, 1, payload.len())?;
        room(&mut self.bytes, payload.len() + 1, payload.len())?;
        self.bytes.extend_from_slice(payload);
        self.bytes.push(0);
        self.payload_bytes += payload.len();
        self.items.push(Item { at, len: payload.len() as u16, kind, marks });
        Ok(())
    }

    fn push_large(
        &mut self,
        kind: MessageKind,
        mut payload: Vec<u8>,
        marks: u8,
    ) -> Result<(), Violation> {
        let length = payload.len();
        room(&mut self.items, 1, length)?;
        room(&mut self.large, 1, length)?;
        payload.try_reserve_exact(1).map_err(|_| Violation::no_memory(length))?;
        self.payload_bytes += length;
        payload.push(0);
        self.items.push(Item {
            // More large messages than this do not fit in any memory.
            at: self.large.len() as u32,
            len: 0,
            kind,
            marks: marks | OWN,
        });
        self.large.push(payload);
        Ok(())
    }

    /// Notes a small message at `at` in the input, until `take_noted`.
    #[inline]
    pub(super) fn note(
        &mut self,
        kind: MessageKind,
        at: usize,
        len: usize,
    ) -> Result<(), Violation> {
        if self.items.len() == self.items.capacity() {
            room(&mut self.items, 1, len)?;
        }
        self.payload_bytes += len;
        let marks = FIRST | LAST | TAKEN;
        self.items.push(Item { at: at as u32, len: len as u16, kind, marks });
        Ok(())
    }

    /// Takes over the noted messages after the first `before` items, up to `end` of the input. If
    /// they fill most of the input's memory, it takes this memory and saves a copy.
    pub(super) fn take_noted(
        &mut self,
        before: usize,
        input: &mut ReadBuffer,
        end: usize,
    ) -> Result<(), Violation> {
        let start = input.whole().0;
        let (count, is_full) = (end - start, 2 * (end - start) >= input.capacity());
        if is_full && count > 0 && self.taken.is_empty() {
            if let Some(taken) = input.exchange(&mut self.taken, end) {
                self.taken = taken;
                self.taken.push(0);
                return Ok(());
            }
        }
        if let Err(no_memory) = room(&mut self.bytes, count + 1, count) {
            self.drop_noted(before);
            return Err(no_memory);
        }
        let moved = self.bytes.len();
        for item in &mut self.items[before..] {
            item.at = (item.at as usize - start + moved) as u32;
            item.marks &= !TAKEN;
        }
        if count > 0 {
            self.bytes.extend_from_slice(&input.rest()[..count]);
            self.bytes.push(0);
            input.advance(count);
        }
        Ok(())
    }

    fn drop_noted(&mut self, before: usize) {
        for item in self.items.drain(before..) {
            self.payload_bytes -= usize::from(item.len);
        }
    }
}

/// Reserves room for `count` more elements. If there is no memory, returns the violation for a
/// message of `bytes` bytes.
#[inline]
fn room<T>(vec: &mut Vec<T>, more: usize, length: usize) -> Result<(), Violation> {
    vec.try_reserve(more).map_err(|_| Violation::no_memory(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nul_behind(payload: &[u8], batch: &Batch) -> bool {
        let end = payload.as_ptr() as usize + payload.len();
        let buffers = [&batch.bytes, &batch.taken].into_iter().chain(&batch.large);
        let hit = buffers
            .map(|buffer| (buffer, end.wrapping_sub(buffer.as_ptr() as usize)))
            .find(|(buffer, at)| *at < buffer.len());
        hit.is_some_and(|(buffer, at)| buffer[at] == 0)
    }

    #[test]
    fn an_item_is_eight_bytes() {
        assert_eq!(size_of::<Item>(), 8);
    }

    #[test]
    fn a_large_message_is_moved() {
        let mut payload = Vec::with_capacity(LARGE + 2);
        payload.resize(LARGE + 1, 7);
        let address = payload.as_ptr();
        let mut batch = Batch::new();
        batch.push_owned(MessageKind::Binary, payload).unwrap();
        assert_eq!(batch.get(0).unwrap().payload.as_ptr(), address);
        assert!(batch.bytes.is_empty());
    }

    #[test]
    fn a_large_message_uses_the_memory_of_one_like_it() {
        let mut batch = Batch::new();
        batch.push(MessageKind::Binary, &vec![1; 4 * LARGE]).unwrap();
        batch.push(MessageKind::Binary, &vec![1; 2 * LARGE]).unwrap();
        let address = batch.get(1).unwrap().payload.as_ptr();
        batch.clear();
        assert_eq!(batch.spares.len(), 2);
        batch.push(MessageKind::Text, &vec![b'a'; 2 * LARGE - 100]).unwrap();
        batch.push(MessageKind::Text, &vec![b'a'; 2 * LARGE]).unwrap();
        assert_eq!(batch.get(0).unwrap().payload.as_ptr(), address);
        assert_eq!(batch.get(0).unwrap().payload.len(), 2 * LARGE - 100);
        assert!(batch.take_spares().unwrap()[0].capacity() > 4 * LARGE, "too much for the second");
    }

    #[test]
    fn small_messages_share_one_buffer() {
        let mut batch = Batch::new();
        batch.push(MessageKind::Text, b"one").unwrap();
        batch.push_owned(MessageKind::Binary, b"two".to_vec()).unwrap();
        assert_eq!(batch.bytes, b"one\0two\0");
        assert!(batch.get(2).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn gives_back_what_was_pushed(
            sizes in prop::collection::vec((0usize..40_000, any::<bool>(), any::<bool>()), 0..12),
            keep in 0usize..12,
        ) {
            let mut batch = Batch::new();
            let mut expected = Vec::new();
            for (n, (size, text, owned)) in sizes.into_iter().enumerate() {
                let size = if n % 2 == 0 { size } else { size % 100 };
                let kind = if text { MessageKind::Text } else { MessageKind::Binary };
                let payload = vec![n as u8 + 1; size];
                if owned {
                    batch.push_owned(kind, payload.clone()).unwrap();
                } else {
                    batch.push(kind, &payload).unwrap();
                }
                expected.push((kind, payload));
            }
            for keep in [usize::MAX, keep, 0] {
                batch.truncate(keep);
                expected.truncate(keep);
                prop_assert_eq!(batch.len(), expected.len());
                prop_assert_eq!(batch.is_empty(), expected.is_empty());
                prop_assert_eq!(
                    batch.payload_bytes(),
                    expected.iter().map(|(_, payload)| payload.len()).sum::<usize>()
                );
                for (index, (kind, payload)) in expected.iter().enumerate() {
                    let part = batch.get(index).unwrap();
                    prop_assert_eq!((part.kind, part.payload), (*kind, &payload[..]));
                    prop_assert!(part.is_first && part.is_last && nul_behind(part.payload, &batch));
                }
            }
            prop_assert!(batch.bytes.is_empty() && batch.large.is_empty());
        }
    }
}
