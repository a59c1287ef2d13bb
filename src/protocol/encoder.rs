//! The frames that a client sends. They are masked (RFC 6455 5.2, 5.3).

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::frame::{FIN, MASKED, RSV1};
use super::mask::{append, append_masked};
use super::{MaskSource, MessageKind, MAX_CONTROL, MAX_REASON};

/// The size of the longest header with its masking key.
pub const MAX_FRAMING: usize = 14;

/// The size of a frame: header, masking key and payload.
#[inline]
pub fn encoded_len(payload_len: usize) -> usize {
    let header = match payload_len {
        0..=125 => 2,
        126..=0xFFFF => 4,
        _ => 10,
    };
    header + 4 + payload_len
}

/// A message, or a fragment of one (RFC 6455 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataFrame {
    pub kind: MessageKind,
    pub is_first: bool,
    pub is_last: bool,
    /// The message's payload has been compressed (RFC 7692 6).
    pub is_compressed: bool,
}

impl DataFrame {
    /// A whole message, uncompressed.
    pub fn whole(kind: MessageKind) -> DataFrame {
        DataFrame { kind, is_first: true, is_last: true, is_compressed: false }
    }

    #[inline]
    fn first_byte(self) -> u8 {
        let data = match self.kind {
            _ if !self.is_first => Data::Continue,
            MessageKind::Text => Data::Text,
            MessageKind::Binary => Data::Binary,
        };
        let fin = if self.is_last { FIN } else { 0 };
        let rsv1 = if self.is_first && self.is_compressed { RSV1 } else { 0 };
        u8::from(OpCode::Data(data)) | fin | rsv1
    }
}

/// Appends a message or a fragment. It does not check text and does not compress.
#[inline(always)]
pub fn encode_data(out: &mut Vec<u8>, frame: DataFrame, payload: &[u8], masks: &mut MaskSource) {
    encode_frame(out, frame.first_byte(), payload, masks);
}

/// Appends a ping with the first 125 bytes of `payload`.
pub fn encode_ping(out: &mut Vec<u8>, payload: &[u8], masks: &mut MaskSource) {
    let payload = &payload[..payload.len().min(MAX_CONTROL)];
    encode_control(out, Control::Ping, payload, masks);
}

/// Appends a pong with the first 125 bytes of `payload`.
pub fn encode_pong(out: &mut Vec<u8>, payload: &[u8], masks: &mut MaskSource) {
    let payload = &payload[..payload.len().min(MAX_CONTROL)];
    encode_control(out, Control::Pong, payload, masks);
}

/// Appends a close frame. A reason longer than `MAX_REASON` bytes is cut
/// between two characters.
pub fn encode_close(out: &mut Vec<u8>, close: Option<(u16, &str)>, masks: &mut MaskSource) {
    let Some((code, reason)) = close else {
        return encode_control(out, Control::Close, b"", masks);
    };
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = [0; MAX_CONTROL];
    payload[..2].copy_from_slice(&code.to_be_bytes());
    payload[2..2 + end].copy_from_slice(&reason.as_bytes()[..end]);
    encode_control(out, Control::Close, &payload[..2 + end], masks);
}

fn encode_control(out: &mut Vec<u8>, control: Control, payload: &[u8], masks: &mut MaskSource) {
    encode_frame(out, FIN | u8::from(OpCode::Control(control)), payload, masks);
}

/// Writes a frame. tungstenite's function for the header costs a sixth more instructions for a
/// short message.
#[inline(always)]
fn encode_frame(out: &mut Vec<u8>, first: u8, payload: &[u8], masks: &mut MaskSource) {
    let len = payload.len();
    let key = masks.next_key();
    out.reserve(encoded_len(len));
    match len {
        0..=125 => append(out, [first, MASKED | len as u8]),
        126..=0xFFFF => {
            append(out, [first, MASKED | 126]);
            append(out, (len as u16).to_be_bytes());
        }
        _ => {
            append(out, [first, MASKED | 127]);
            append(out, (len as u64).to_be_bytes());
        }
    }
    append(out, key);
    append_masked(out, payload, key);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a client's frame as a server does: first byte, payload, frame size.
    fn unmask(frame: &[u8]) -> (u8, Vec<u8>, usize) {
        assert_ne!(frame[1] & MASKED, 0);
        let (len, at) = match frame[1] & 0x7F {
            126 => (usize::from(u16::from_be_bytes([frame[2], frame[3]])), 4),
            127 => (u64::from_be_bytes(frame[2..10].try_into().unwrap()) as usize, 10),
            short => (usize::from(short), 2),
        };
        let key = &frame[at..at + 4];
        let payload = frame[at + 4..at + 4 + len]
            .iter()
            .zip(key.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect();
        (frame[0], payload, at + 4 + len)
    }

    #[test]
    fn messages_of_every_header_size() {
        let mut masks = MaskSource::new().unwrap();
        for len in [0, 1, 125, 126, 127, 4096, 65535, 65536, 70_001] {
            let payload: Vec<u8> = (0..len).map(|n| n as u8).collect();
            for (kind, first) in [(MessageKind::Text, 0x81), (MessageKind::Binary, 0x82)] {
                let mut out = vec![9];
                encode_data(&mut out, DataFrame::whole(kind), &payload, &mut masks);
                assert_eq!(out.len(), 1 + encoded_len(len));
                assert_eq!(unmask(&out[1..]), (first, payload.clone(), encoded_len(len)));
            }
        }
    }

    #[test]
    fn control_frames() {
        let mut masks = MaskSource::new().unwrap();
        let mut out = Vec::new();
        encode_ping(&mut out, b"hi", &mut masks);
        assert_eq!(unmask(&out), (0x89, b"hi".to_vec(), 8));
        out.clear();
        encode_pong(&mut out, &[7; 200], &mut masks);
        assert_eq!(unmask(&out), (0x8A, vec![7; 125], 131));
        out.clear();
        encode_close(&mut out, None, &mut masks);
        assert_eq!(unmask(&out), (0x88, vec![], 6));
        out.clear();
        encode_close(&mut out, Some((1000, "bye")), &mut masks);
        assert_eq!(unmask(&out), (0x88, b"\x03\xe8bye".to_vec(), 11));
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let mut masks = MaskSource::new().unwrap();
        let mut out = Vec::new();
        let reason = format!("x{}", "é".repeat(62));
        encode_close(&mut out, Some((4000, &reason)), &mut masks);
        let (_, payload, _) = unmask(&out);
        assert_eq!(&payload[2..], &reason.as_bytes()[..123]);
        out.clear();
        let reason = "é".repeat(62);
        encode_close(&mut out, Some((4000, &reason)), &mut masks);
        assert_eq!(&unmask(&out).1[2..], &reason.as_bytes()[..122]);
    }

    #[test]
    fn every_frame_has_a_key_of_its_own() {
        let mut masks = MaskSource::new().unwrap();
        let keys: std::collections::HashSet<Vec<u8>> = (0..100)
            .map(|_| {
                let mut out = Vec::new();
                encode_data(&mut out, DataFrame::whole(MessageKind::Binary), b"", &mut masks);
                out.split_off(2)
            })
            .collect();
        assert!(keys.len() > 98);
    }
}
