//! The fast path for most input: small messages, each in one complete frame. They are not copied.

use crate::protocol::frame::FIN;
use crate::protocol::utf8::check_utf8;
use crate::protocol::{Batch, MessageKind, ReadBuffer, Violation};

impl Batch {
    /// Takes messages of at most `limit` bytes from the start of `input`, up to the first frame
    /// that is anything else, which is left to the decoder. `input` must begin with a frame,
    /// between messages.
    pub fn take_whole_messages(
        &mut self,
        input: &mut ReadBuffer,
        limit: usize,
    ) -> Result<(), Violation> {
        let before = self.len();
        let (mut at, bytes) = input.whole();
        let verdict = self.note_whole_messages(bytes, &mut at, limit);
        self.take_noted(before, input, at)?;
        verdict
    }

    /// Notes the messages that begin at `at`, and moves `at` behind them.
    #[inline]
    fn note_whole_messages(
        &mut self,
        bytes: &mut [u8],
        at: &mut usize,
        limit: usize,
    ) -> Result<(), Violation> {
        while let Some((kind, header, len)) = small_message(&bytes[*at..], limit) {
            let (start, end) = (*at + header, *at + header + len);
            if kind == MessageKind::Text {
                check_utf8(&bytes[start..end])?;
            }
            // This header was read, so its first byte can become the NUL of the message before it.
            bytes[*at] = 0;
            self.note(kind, start, len)?;
            *at = end;
        }
        Ok(())
    }
}

/// The sizes of the header and the payload of the small message at the start of `bytes`, if it is
/// complete.
#[inline]
fn small_message(bytes: &[u8], limit: usize) -> Option<(MessageKind, usize, usize)> {
    // tungstenite's opcodes are not constants.
    const TEXT: u8 = FIN | 0x1;
    const BINARY: u8 = FIN | 0x2;
    let (kind, second, after) = match bytes {
        [TEXT, second, after @ ..] => (MessageKind::Text, *second, after),
        [BINARY, second, after @ ..] => (MessageKind::Binary, *second, after),
        _ => return None,
    };
    let (header, len) = match (second, after) {
        (0..=125, _) => (2, usize::from(second)),
        (126, [a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
        _ => return None,
    };
    // A length must use as few bytes as possible.
    let is_padded = header == 4 && len <= 125;
    (!is_padded && len <= limit && header + len <= bytes.len()).then_some((kind, header, len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::testing::frame;

    /// Reads frames in a buffer with this much room, and returns where they are.
    fn read(room: usize, frames: &[u8]) -> (ReadBuffer, usize) {
        let mut input = ReadBuffer::with_room(room).unwrap();
        input.end().extend_from_slice(frames);
        let place = input.rest().as_ptr() as usize;
        (input, place)
    }

    #[test]
    fn what_fills_the_buffer_stays_where_it_was_read() {
        let mut frames = frame(0x82, b"first");
        frames.extend(frame(0x81, &[b'x'; 200]));
        let whole = frames.len();
        frames.extend(b"\x89\x00\x82\x09part");
        let (mut input, place) = read(frames.len(), &frames);
        let mut batch = Batch::new();
        batch.take_whole_messages(&mut input, 200).unwrap();
        let places: Vec<_> = batch.iter().map(|part| part.payload.as_ptr() as usize).collect();
        assert_eq!(places, [place + 2, place + 7 + 4]);
        assert_eq!(input.rest(), &frames[whole..]);
        assert!(input.capacity() >= frames.len(), "room for the next read");
    }

    #[test]
    fn of_an_empty_buffer_little_is_copied() {
        let (mut input, place) = read(1000, b"\x82\x03one\x82\x03two");
        let mut batch = Batch::new();
        batch.take_whole_messages(&mut input, 3).unwrap();
        assert_eq!(batch.iter().map(|part| part.payload).collect::<Vec<_>>(), [b"one", b"two"]);
        input.clear();
        assert_eq!(input.rest().as_ptr() as usize, place);
    }

    #[test]
    fn it_ends_at_what_is_not_small_and_whole() {
        for end in
            [&b"\x82"[..], b"\x82\x02x", b"\x02\x01x", b"\x82\x7e\x00\x05hello", b"\x82\x04long"]
        {
            let frames = [b"\x82\x01x", end].concat();
            let (mut input, _) = read(100, &frames);
            let mut batch = Batch::new();
            batch.take_whole_messages(&mut input, 3).unwrap();
            assert_eq!((batch.len(), input.rest()), (1, end));
        }
    }

    #[test]
    fn bad_text_ends_it_and_what_came_before_is_good() {
        let (mut input, _) = read(100, b"\x81\x01a\x81\x01\xff\x81\x01b");
        let mut batch = Batch::new();
        assert!(batch.take_whole_messages(&mut input, 3).is_err());
        assert_eq!(batch.iter().next().unwrap().payload, b"a");
        assert_eq!(batch.len(), 1);
    }
}
