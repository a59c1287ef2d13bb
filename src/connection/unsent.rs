//! The frames that have not left completely. If the connection is lost, they are sent again on the
//! next one.
//!
//! A frame stays in the outbox's buffer until all of it has left, and its header tells its kind.
//! Only compressed frames need a copy of the original payload, because data compressed for one
//! connection is useless for the next.

use std::collections::VecDeque;

use super::masks::with_masks;
use crate::error::{Code, Error, Result};
use crate::protocol::{encode_data, DataFrame, SentFrame, SentFrames, MAX_FRAMING};

/// How many bytes a copy counts in addition to its own.
const COPY_OVERHEAD: usize = 48;

#[derive(Default)]
pub struct Unsent {
    /// The start of the first frame in the buffer that has not left completely.
    boundary: usize,
    /// The state of the reader after the frames before it.
    frames: SentFrames,
    /// `None` while no compressed frame waits.
    originals: Option<Box<Originals>>,
}

/// The original payloads of the compressed frames.
#[derive(Default)]
struct Originals {
    /// In the order of the frames.
    list: VecDeque<Vec<u8>>,
    bytes: usize,
    /// The last payload has not been copied yet.
    is_copy_due: bool,
}

impl Originals {
    fn remove(&mut self, index: usize) -> Option<Vec<u8>> {
        let original = self.list.remove(index)?;
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
    /// The start of the first frame in the buffer that has not left completely.
    pub fn boundary(&self) -> usize {
        self.boundary
    }

    /// The additional bytes that a compressed frame with that payload counts.
    pub fn weight(payload: &[u8]) -> usize {
        payload.len() + COPY_OVERHEAD
    }

    /// The bytes that it holds in addition to the waiting bytes.
    pub fn weight_besides(&self, written: usize) -> usize {
        let copies = self.originals.as_ref();
        let copies = copies.map_or(0, |copies| copies.bytes + copies.list.len() * COPY_OVERHEAD);
        written - self.boundary + copies
    }

    /// Reserves memory for a copy of a payload that is about to be compressed. Only the first write
    /// shows whether the copy is needed.
    pub fn room_for(&mut self, payload: &[u8]) -> Result<Vec<u8>> {
        let mut original = Vec::new();
        let reserved = original.try_reserve_exact(payload.len());
        reserved
            .and_then(|()| self.originals.get_or_insert_default().list.try_reserve(1))
            .map_err(|_| no_memory(payload.len()))?;
        Ok(original)
    }

    /// Takes note of a compressed frame that was appended to the buffer. `room` is for its copy.
    pub fn push(&mut self, room: Vec<u8>) {
        let originals = self.originals.get_or_insert_default();
        originals.list.push_back(room);
        originals.is_copy_due = true;
    }

    /// Copies the payload of the last frame, unless the frame has already left.
    pub fn keep(&mut self, payload: &[u8]) {
        let Some(originals) = &mut self.originals else { return };
        if !std::mem::take(&mut originals.is_copy_due) {
            return;
        }
        if let Some(original) = originals.list.back_mut() {
            original.extend_from_slice(payload);
            originals.bytes += payload.len();
        }
    }

    /// This many bytes were cut off at the front of the buffer.
    pub fn cut(&mut self, bytes: usize) {
        self.boundary -= bytes;
    }

    /// The bytes of the buffer up to `written` have left.
    pub fn leave(&mut self, buffer: &[u8], written: usize) {
        let mut frames = self.frames;
        while let Some(SentFrame { size, data }) = frames.step(&buffer[self.boundary..written]) {
            if self.boundary + size > written {
                break;
            }
            self.boundary += size;
            self.frames = frames;
            if data.is_some_and(|data| data.is_compressed) {
                self.originals.as_mut().and_then(|originals| originals.remove(0));
            }
        }
        if let Some(originals) = self.originals.as_mut().filter(|kept| kept.list.is_empty()) {
            // Frees the memory of a burst.
            originals.list.shrink_to(8);
        }
    }

    /// The data frames in this part of the buffer are about to be removed. None of them has begun
    /// to leave.
    pub fn remove(&mut self, buffer: &[u8], start: usize, end: usize) {
        let (mut frames, mut at, mut index) = (self.frames, self.boundary, 0);
        while at < end {
            let Some(SentFrame { size, data }) = frames.step(&buffer[at..end]) else { break };
            if data.is_some_and(|data| data.is_compressed) {
                if at < start {
                    index += 1;
                } else if let Some(originals) = &mut self.originals {
                    originals.remove(index);
                }
            }
            at += size;
        }
    }

    /// Skips the whole messages up to `end`, which are not sent. Their copies were removed.
    pub fn skip(&mut self, end: usize) {
        self.boundary = end;
    }

    /// Whether the bytes that have left end with a whole frame.
    pub fn is_at_boundary(&self, written: usize) -> bool {
        self.boundary == written
    }

    /// Takes the frames to send again, and leaves `self` empty.
    pub fn take(&mut self, buffer: &[u8]) -> Result<Remains> {
        let Unsent { boundary, mut frames, originals } = std::mem::take(self);
        let Originals { list: mut originals, bytes, .. } =
            originals.map(|kept| *kept).unwrap_or_default();
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
        unsent: Unsent,
    }

    impl Sender {
        /// Appends a frame of 4 + 2 + 4 bytes.
        fn push(&mut self, name: u8, frame: DataFrame) {
            with_masks(|masks| encode_data(&mut self.buffer, frame, &[name; 4], masks)).unwrap();
        }

        fn push_compressed(&mut self, name: u8, frame: DataFrame) {
            let room = self.unsent.room_for(&[name; 6]).unwrap();
            self.push(0, DataFrame { is_compressed: true, ..frame });
            self.unsent.push(room);
            self.unsent.keep(&[name; 6]);
        }

        fn leave(&mut self, written: usize) {
            self.unsent.leave(&self.buffer, written);
        }

        /// The remaining frames: the flags, and for each frame its first byte and the first byte of
        /// its payload.
        fn take(&mut self) -> (Remains, Vec<(u8, u8)>) {
            let remains = self.unsent.take(&self.buffer).unwrap();
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
        sender.leave(25);
        assert!(!sender.unsent.is_at_boundary(25));
        assert_eq!(sender.unsent.weight_besides(25), 5, "the part of a frame that has left");
        // The buffer is cut and grows again.
        sender.buffer.drain(..20);
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
        let room = sender.unsent.room_for(b"").unwrap();
        sender.push(0, DataFrame { is_compressed: true, ..MESSAGE });
        sender.unsent.push(room);
        sender.leave(10);
        sender.unsent.keep(b"late");
        assert_eq!(sender.unsent.weight_besides(10), 0);
        sender.unsent.keep(b"no copy is due");
        assert_eq!(sender.unsent.weight_besides(10), 0);
    }
}
