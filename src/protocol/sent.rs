//! Reads our own frames back from the buffer in which they wait.

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::frame::{FIN, MASKED, RSV1};
use super::{DataFrame, MessageKind};

/// A frame that the encoder has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentFrame {
    /// The size of the whole frame.
    pub size: usize,
    /// `None`: a control frame.
    pub data: Option<DataFrame>,
}

/// Reads frames in order, and keeps track of an incomplete message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    kind: MessageKind,
    is_compressed: bool,
}

/// Goes over frames one by one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SentFrames {
    open: Option<Open>,
}

impl SentFrames {
    /// Whether a message has begun and not ended.
    pub fn is_in_message(&self) -> bool {
        self.open.is_some()
    }

    /// Reads the frame at the start of `bytes`; `None` at their end.
    pub fn step(&mut self, bytes: &[u8]) -> Option<SentFrame> {
        let [first, second, ..] = *bytes else { return None };
        let (header, length) = match second & !MASKED {
            126 => (4, u16::from_be_bytes(*bytes[2..].first_chunk()?).into()),
            127 => (10, u64::from_be_bytes(*bytes[2..].first_chunk()?)),
            short => (2, u64::from(short)),
        };
        // The frame is in memory, so its length fits.
        let size = header + 4 + length as usize;
        let OpCode::Data(data) = OpCode::from(first & 0x0F) else {
            return Some(SentFrame { size, data: None });
        };
        let is_first = data != Data::Continue;
        let is_text = data == Data::Text;
        let new = Open {
            kind: if is_text { MessageKind::Text } else { MessageKind::Binary },
            is_compressed: first & RSV1 != 0,
        };
        let message = self.open.filter(|_| !is_first).unwrap_or(new);
        let is_last = first & FIN != 0;
        self.open = (!is_last).then_some(message);
        let Open { kind, is_compressed } = message;
        Some(SentFrame { size, data: Some(DataFrame { kind, is_first, is_last, is_compressed }) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{encode_close, encode_data, encode_ping, MaskSource};
    use super::*;

    #[test]
    fn what_was_encoded_is_read_back() {
        let mut masks = MaskSource::new().unwrap();
        let text = DataFrame::whole(MessageKind::Text);
        let begin = DataFrame { is_last: false, is_compressed: true, ..text };
        let end = DataFrame { is_first: false, is_last: true, ..begin };
        let binary = DataFrame::whole(MessageKind::Binary);
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (data, length) in
            [(text, 0), (begin, 125), (end, 126), (binary, 65_535), (text, 65_536)]
        {
            let before = bytes.len();
            encode_data(&mut bytes, data, &vec![7; length], &mut masks);
            expected.push(SentFrame { size: bytes.len() - before, data: Some(data) });
            encode_ping(&mut bytes, b"between", &mut masks);
            expected.push(SentFrame { size: 13, data: None });
        }
        encode_close(&mut bytes, None, &mut masks);
        expected.push(SentFrame { size: 6, data: None });

        let mut frames = SentFrames::default();
        let mut rest = &bytes[..];
        for frame in expected {
            assert_eq!(frames.step(rest), Some(frame));
            rest = &rest[frame.size..];
            let is_open = frame.data.is_some_and(|data| !data.is_last);
            assert!(frame.data.is_none() || frames.is_in_message() == is_open);
        }
        assert_eq!(frames.step(rest), None);
    }
}
