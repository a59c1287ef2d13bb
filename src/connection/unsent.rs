//! The frames that have not left completely. If the connection is lost, they are sent again on the
//! next one.
//!
//! A frame stays in the outbox's buffer until all of it has left, and its header tells its kind.
//! Only compressed frames need a copy of the original payload, because data compressed for one
//! connection is useless for the next.

use std::collections::VecDeque;
use std::ops::Range;

use super::masks::with_masks;
use crate::error::{Code, Error, Result};
use crate::protocol::{encode_data, DataFrame, SentFrame, SentFrames, MAX_FRAMING};

/// How many bytes a copy counts in addition to its own.
const COPY_OVERHEAD: usize = 48;

/// `None`: all that has left are whole messages, so the first frame that has not left starts where
/// the bytes end that have. So it is for most of the time.
#[derive(Default)]
pub struct Unsent(Option<Box<Pending>>);

#[derive(Default)]
struct Pending {
    /// The start of the first frame in the buffer that has not left completely.
    boundary: usize,
    /// The state of the reader after the frames before it.
    frames: SentFrames,
    /// The original payloads of the compressed frames, in their order.
    originals: VecDeque<Vec<u8>>,
    /// The bytes of the originals.
    bytes: usize,
    /// The last payload has not been copied yet.
    is_copy_due: bool,
}

impl Pending {
    fn remove(&mut self, index: usize) -> Option<Vec<u8>> {
        let original = self.originals.remove(index)?;
        self.bytes -= original.len();
        Some(original)
    }
}

/// The frames to send again.
#[derive(Default)]
pub struct Remains {
    pub buffer: Vec<u8>,
    /// The last frame does not end its message.
    pub is_fragmented: bool,
    /// The host has not ended a message whose beginning is lost.
    pub is_torn: bool,
    /// A complete message has lost its beginning, and is dropped.
    pub is_cut: bool,
}

impl Unsent {
    fn pending(&mut self, written: usize) -> &mut Pending {
        let new = || Box::new(Pending { boundary: written, ..Pending::default() });
        self.0.get_or_insert_with(new)
    }

    /// The start of the first frame in the buffer that has not left completely.
    pub fn boundary(&self, written: usize) -> usize {
        self.0.as_ref().map_or(written, |pending| pending.boundary)
    }

    fn frames(&self) -> SentFrames {
        self.0.as_ref().map_or(SentFrames::default(), |pending| pending.frames)
    }

    /// The additional bytes that a compressed frame with that payload counts.
    pub fn weight(payload: &[u8]) -> usize {
        payload.len() + COPY_OVERHEAD
    }

    /// The bytes that it holds in addition to the waiting bytes.
    #[inline]
    pub fn weight_besides(&self, written: usize) -> usize {
        self.0.as_ref().map_or(0, |pending| {
            let copies = pending.bytes + pending.originals.len() * COPY_OVERHEAD;
            written - pending.boundary + copies
        })
    }

    /// Reserves memory for a copy of a payload that is about to be compressed. Only the first write
    /// shows whether the copy is needed.
    pub fn room_for(&mut self, payload: &[u8], written: usize) -> Result<Vec<u8>> {
        let mut original = Vec::new();
        let reserved = original.try_reserve_exact(payload.len());
        reserved
            .and_then(|()| self.pending(written).originals.try_reserve(1))
            .map_err(|_| no_memory(payload.len()))?;
        Ok(original)
    }

    /// Takes note of a compressed frame that was appended to the buffer. `room` is for its copy.
    pub fn push(&mut self, room: Vec<u8>, written: usize) {
        let pending = self.pending(written);
        pending.originals.push_back(room);
        pending.is_copy_due = true;
    }

    /// Copies the payload of the last frame, unless the frame has already left.
    pub fn keep(&mut self, payload: &[u8]) {
        let Some(pending) = &mut self.0 else { return };
        if !std::mem::take(&mut pending.is_copy_due) {
            return;
        }
        if let Some(original) = pending.originals.back_mut() {
            original.extend_from_slice(payload);
            pending.bytes += payload.len();
        }
    }

    /// This many bytes were cut off at the front of the buffer.
    pub fn cut(&mut self, bytes: usize) {
        if let Some(pending) = &mut self.0 {
            pending.boundary -= bytes;
        }
    }

    /// These bytes of the buffer have left now.
    pub fn leave(&mut self, buffer: &[u8], left: Range<usize>) {
        let Range { start, end: written } = left;
        let (mut boundary, mut frames) = (self.boundary(start), self.frames());
        let mut next = frames;
        while let Some(SentFrame { size, data }) = next.step(&buffer[boundary..written]) {
            if boundary + size > written {
                break;
            }
            boundary += size;
            frames = next;
            if data.is_some_and(|data| data.is_compressed) {
                self.0.as_mut().and_then(|pending| pending.remove(0));
            }
        }
        let has_copies = self.0.as_ref().is_some_and(|pending| !pending.originals.is_empty());
        if boundary == written && !frames.is_in_message() && !has_copies {
            self.0 = None;
            return;
        }
        let pending = self.pending(written);
        (pending.boundary, pending.frames) = (boundary, frames);
        if !has_copies {
            // Frees the memory of a burst.
            pending.originals.shrink_to(8);
        }
    }

    /// The data frames in this part of the buffer are about to be removed. None of them has begun
    /// to leave.
    pub fn remove(&mut self, buffer: &[u8], written: usize, part: Range<usize>) {
        let (mut frames, mut at, mut index) = (self.frames(), self.boundary(written), 0);
        while at < part.end {
            let Some(SentFrame { size, data }) = frames.step(&buffer[at..part.end]) else { break };
            if data.is_some_and(|data| data.is_compressed) {
                if at < part.start {
                    index += 1;
                } else if let Some(pending) = &mut self.0 {
                    pending.remove(index);
                }
            }
            at += size;
        }
    }

    /// Skips the whole messages up to `end`, which are not sent. Their copies were removed.
    pub fn skip(&mut self, end: usize) {
        if let Some(pending) = &mut self.0 {
            pending.boundary = end;
        }
    }

    /// Whether the bytes that have left end with a whole frame.
    pub fn is_at_boundary(&self, written: usize) -> bool {
        self.boundary(written) == written
    }

    /// Takes the frames to send again, and leaves `self` empty.
    pub fn take(&mut self, buffer: &[u8], written: usize) -> Result<Remains> {
        let boundary = self.boundary(written);
        let pending = self.0.take().map(|pending| *pending).unwrap_or_default();
        let Pending { mut frames, mut originals, bytes, .. } = pending;
        let mut rest = &buffer[boundary..];
        let mut remains = Remains { is_torn: frames.is_in_message(), ..Remains::default() };
        let most = rest.len() + bytes + originals.len() * MAX_FRAMING;
        remains.buffer.try_reserve_exact(most).map_err(|_| no_memory(most))?;
        while let Some(SentFrame { size, data }) = frames.step(rest) {
            let (frame, behind) = rest.split_at(size);
            rest = behind;
            // A control frame is not sent again.
            let Some(data) = data else { continue };
            let original = if data.is_compressed { originals.pop_front() } else { None };
            if remains.is_torn {
                remains.is_torn = !data.is_last;
                remains.is_cut |= data.is_last;
                continue;
            }
            remains.is_fragmented = !data.is_last;
            match original {
                // The frame keeps its masking key. This is safe: its payload cannot be chosen after
                // the key was seen.
                None => remains.buffer.extend_from_slice(frame),
                Some(payload) => {
                    let data = DataFrame { is_compressed: false, ..data };
                    with_masks(|masks| encode_data(&mut remains.buffer, data, &payload, masks))?;
                }
            }
        }
        Ok(remains)
    }
}

fn no_memory(bytes: usize) -> Error {
    let words = format!("there is no memory for {bytes} bytes that may have to be sent again");
    Error::ws(Code::Resources, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{encode_ping, MessageKind};

    const MESSAGE: DataFrame =
        DataFrame { kind: MessageKind::Text, is_first: true, is_last: true, is_compressed: false };
    const BEGIN: DataFrame = DataFrame { is_last: false, ..MESSAGE };
    const MIDDLE: DataFrame = DataFrame { is_first: false, ..BEGIN };
    const END: DataFrame = DataFrame { is_last: true, ..MIDDLE };

    /// A buffer and its unsent frames.
    #[derive(Default)]
    struct Sender {
        buffer: Vec<u8>,
        written: usize,
        unsent: Unsent,
    }

    impl Sender {
        /// Appends a frame of 4 + 2 + 4 bytes.
        fn push(&mut self, name: u8, frame: DataFrame) {
            with_masks(|masks| encode_data(&mut self.buffer, frame, &[name; 4], masks)).unwrap();
        }

        fn push_compressed(&mut self, name: u8, frame: DataFrame) {
            let room = self.unsent.room_for(&[name; 6], self.written).unwrap();
            self.push(0, DataFrame { is_compressed: true, ..frame });
            self.unsent.push(room, self.written);
            self.unsent.keep(&[name; 6]);
        }

        fn leave(&mut self, written: usize) {
            self.unsent.leave(&self.buffer, self.written..written);
            self.written = written;
        }

        /// The remaining frames: the flags, and for each frame its first byte and the first byte of
        /// its payload.
        fn take(&mut self) -> (Remains, Vec<(u8, u8)>) {
            let remains = self.unsent.take(&self.buffer, self.written).unwrap();
            let (mut frames, mut rest, mut seen) =
                (SentFrames::default(), &remains.buffer[..], vec![]);
            while let Some(SentFrame { size, .. }) = frames.step(rest) {
                seen.push((rest[0], rest[6] ^ rest[2]));
                rest = &rest[size..];
            }
            assert!(rest.is_empty());
            (remains, seen)
        }
    }

    fn flags(remains: &Remains) -> (bool, bool, bool) {
        (remains.is_torn, remains.is_cut, remains.is_fragmented)
    }

    #[test]
    fn what_left_in_whole_is_not_kept() {
        let mut sender = Sender::default();
        sender.push(1, MESSAGE);
        with_masks(|masks| encode_ping(&mut sender.buffer, b"ping", masks)).unwrap();
        sender.push(2, MESSAGE);
        sender.push(3, MESSAGE);
        sender.leave(10);
        assert!(sender.unsent.is_at_boundary(10));
        assert!(sender.unsent.0.is_none(), "nothing is kept between whole messages");
        sender.leave(25);
        assert!(!sender.unsent.is_at_boundary(25));
        assert_eq!(sender.unsent.weight_besides(25), 5, "the part of a frame that has left");
        // The buffer is cut and grows again.
        sender.buffer.drain(..20);
        sender.written -= 20;
        sender.unsent.cut(20);
        sender.push(4, MESSAGE);
        sender.leave(15);
        let (remains, seen) = sender.take();
        assert_eq!((flags(&remains), seen), ((false, false, false), vec![(0x81, 3), (0x81, 4)]));
        assert!(sender.unsent.is_at_boundary(0));
    }

    #[test]
    fn a_frame_that_left_in_part_is_kept() {
        let mut sender = Sender::default();
        sender.push(1, BEGIN);
        sender.push(2, MIDDLE);
        sender.leave(9);
        let (remains, seen) = sender.take();
        assert_eq!((flags(&remains), seen), ((false, false, true), vec![(0x01, 1), (0x00, 2)]));
    }

    #[test]
    fn a_message_whose_beginning_left_is_torn_until_its_end() {
        let mut sender = Sender::default();
        sender.push(1, BEGIN);
        sender.push(2, MIDDLE);
        sender.leave(12);
        let (remains, seen) = sender.take();
        assert_eq!((flags(&remains), seen), ((true, false, false), vec![]));

        let mut sender = Sender::default();
        sender.push_compressed(1, BEGIN);
        sender.push_compressed(2, END);
        sender.push(3, MESSAGE);
        sender.push_compressed(4, BEGIN);
        sender.leave(12);
        let (remains, seen) = sender.take();
        assert_eq!((flags(&remains), seen), ((false, true, true), vec![(0x81, 3), (0x01, 4)]));
    }

    #[test]
    fn of_what_was_compressed_the_original_is_kept_until_it_has_left() {
        let mut sender = Sender::default();
        sender.push_compressed(1, MESSAGE);
        let one = sender.unsent.weight_besides(0);
        assert_eq!(one, Unsent::weight(&[1; 6]));
        sender.push_compressed(2, BEGIN);
        sender.push_compressed(3, END);
        assert_eq!(sender.unsent.weight_besides(0), 3 * one);
        sender.leave(10);
        assert_eq!(sender.unsent.weight_besides(10), 2 * one);
        let (remains, seen) = sender.take();
        assert_eq!((flags(&remains), seen), ((false, false, false), vec![(0x01, 2), (0x80, 3)]));
    }

    #[test]
    fn what_leaves_at_once_is_not_copied() {
        let mut sender = Sender::default();
        let room = sender.unsent.room_for(b"", 0).unwrap();
        sender.push(0, DataFrame { is_compressed: true, ..MESSAGE });
        sender.unsent.push(room, 0);
        sender.leave(10);
        sender.unsent.keep(b"late");
        assert_eq!(sender.unsent.weight_besides(10), 0);
        sender.unsent.keep(b"no copy is due");
        assert_eq!(sender.unsent.weight_besides(10), 0);
    }
}
