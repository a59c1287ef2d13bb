//! The frame header (RFC 6455 5.2). A header that a server must not send is refused at its first
//! wrong byte.

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::Violation;

/// The longest header of a server's frame: two bytes and a 64-bit length.
pub(super) const MAX_HEADER: usize = 10;

/// The most payload that a control frame may have.
pub const MAX_CONTROL: usize = 125;

pub(super) const FIN: u8 = 0x80;
pub(super) const MASKED: u8 = 0x80;
/// The message is compressed (RFC 7692 6). This is only set in the first frame of a message.
pub(super) const RSV1: u8 = 0x40;
const RSV: u8 = 0x70;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub fin: bool,
    /// RSV1 is set.
    pub is_compressed: bool,
    pub opcode: OpCode,
    /// Payload bytes; below 2^63.
    pub payload_len: u64,
}

/// Reads the header at the start of `bytes`, and its size. `None` if it is not complete;
/// `MAX_HEADER` bytes always are. (tungstenite's function accepts lengths that are not minimal, and
/// takes a third more instructions.)
///
/// `in_message`: a message has begun, and its last fragment has not arrived. `has_deflate`:
/// permessage-deflate was negotiated. The bytes are checked in order, so the result does not depend
/// on how they were split.
pub(super) fn parse(
    bytes: &[u8],
    in_message: bool,
    has_deflate: bool,
) -> Result<Option<(FrameHeader, usize)>, Violation> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    let opcode = check_first(first, in_message, has_deflate)?;
    let Some(&second) = bytes.get(1) else {
        return Ok(None);
    };
    if second & MASKED != 0 {
        return Err(Violation::protocol("the server sent a masked frame"));
    }
    let (payload_len, size) = match second {
        126 => match bytes[2..] {
            [a, b, ..] => (u64::from(u16::from_be_bytes([a, b])), 4),
            _ => (0, 0),
        },
        127 => match bytes[2..] {
            [a, b, c, d, e, f, g, h, ..] => (u64::from_be_bytes([a, b, c, d, e, f, g, h]), 10),
            _ => (0, 0),
        },
        short => (u64::from(short), 2),
    };
    if let (OpCode::Control(control), 126..) = (opcode, second) {
        return Err(Violation::protocol(format!(
            "the server sent a {} frame with more than 125 bytes",
            name(control)
        )));
    }
    if size == 0 {
        return Ok(None);
    }
    let minimal = match size {
        2 => true,
        4 => payload_len > 125,
        _ => payload_len > 0xFFFF,
    };
    if !minimal {
        return Err(Violation::protocol(format!(
            "the server wrote the length {payload_len} in more bytes than it needs"
        )));
    }
    if payload_len >> 63 != 0 {
        return Err(Violation::protocol("the server sent a frame length with the top bit set"));
    }
    let (fin, is_compressed) = (first & FIN != 0, first & RSV1 != 0);
    Ok(Some((FrameHeader { fin, is_compressed, opcode, payload_len }, size)))
}

/// Checks the first byte: FIN, the reserved bits, the opcode, and whether such a frame may come
/// now.
fn check_first(first: u8, in_message: bool, has_deflate: bool) -> Result<OpCode, Violation> {
    let fin = first & FIN != 0;
    // RSV1 is allowed only where a compressed message may begin (RFC 7692 6).
    let allowed = match first & 0x0F {
        0x1 | 0x2 if has_deflate => RSV1,
        _ => 0,
    };
    if first & RSV & !allowed != 0 {
        return Err(Violation::protocol(format!(
            "the server set reserved bits in a frame (its first byte is {first:#04x})"
        )));
    }
    let opcode = OpCode::from(first & 0x0F);
    match opcode {
        OpCode::Data(Data::Reserved(code)) | OpCode::Control(Control::Reserved(code)) => {
            Err(Violation::protocol(format!(
                "the server sent a frame with the reserved opcode {code:#x}"
            )))
        }
        OpCode::Data(Data::Continue) if !in_message => {
            Err(Violation::protocol("the server sent a continuation frame with no message begun"))
        }
        OpCode::Data(Data::Text | Data::Binary) if in_message => {
            Err(Violation::protocol("the server began a message inside a fragmented message"))
        }
        OpCode::Control(control) if !fin => Err(Violation::protocol(format!(
            "the server sent a fragmented {} frame",
            name(control)
        ))),
        _ => Ok(opcode),
    }
}

fn name(control: Control) -> String {
    control.to_string().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of the refusal. Its code is always 1002.
    fn refused(bytes: &[u8], in_message: bool) -> String {
        let violation = parse(bytes, in_message, false).unwrap_err();
        assert_eq!(violation.close_code, 1002);
        violation.message
    }

    #[test]
    fn lengths() {
        for (bytes, payload_len, size) in [
            (&b"\x82\x00"[..], 0, 2),
            (b"\x82\x7d", 125, 2),
            (b"\x82\x7e\x00\x7e", 126, 4),
            (b"\x82\x7e\xff\xff", 0xFFFF, 4),
            (b"\x82\x7f\0\0\0\0\0\x01\0\0", 0x10000, 10),
            (b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", u64::MAX >> 1, 10),
        ] {
            let (header, used) = parse(bytes, false, false).unwrap().unwrap();
            assert_eq!((header.payload_len, used), (payload_len, size));
            for short in 0..bytes.len() {
                assert_eq!(parse(&bytes[..short], false, false), Ok(None));
            }
        }
    }

    #[test]
    fn reserved_bits() {
        for first in [0xC1, 0xA1, 0x91, 0xF1, 0xC9] {
            assert!(refused(&[first], false).contains("reserved bits"));
        }
    }

    #[test]
    fn reserved_opcodes() {
        for opcode in (0x3..=0x7).chain(0xB..=0xF) {
            assert!(refused(&[FIN | opcode], false).contains("reserved opcode"));
        }
    }

    #[test]
    fn masked() {
        assert!(refused(b"\x82\x81", false).contains("masked"));
    }

    #[test]
    fn fragmented_control() {
        for opcode in [0x8, 0x9, 0xA] {
            assert!(refused(&[opcode], false).contains("fragmented"));
        }
    }

    #[test]
    fn long_control() {
        for opcode in [0x88, 0x89, 0x8A] {
            assert!(refused(&[opcode, 126], false).contains("125"));
            assert!(refused(&[opcode, 127], true).contains("125"));
        }
    }

    #[test]
    fn order_of_fragments() {
        assert!(refused(b"\x80", false).contains("continuation"));
        assert!(refused(b"\x00", false).contains("continuation"));
        assert!(refused(b"\x81", true).contains("inside a fragmented"));
        assert!(refused(b"\x02", true).contains("inside a fragmented"));
        assert!(parse(b"\x80\x00", true, false).is_ok());
        assert!(parse(b"\x89\x00", true, false).is_ok());
    }

    #[test]
    fn lengths_that_are_not_minimal() {
        assert!(refused(b"\x82\x7e\x00\x7d", false).contains("125"));
        assert!(refused(b"\x82\x7e\x00\x00", false).contains("length 0"));
        assert!(refused(b"\x82\x7f\0\0\0\0\0\0\xff\xff", false).contains("65535"));
    }

    #[test]
    fn top_bit_of_the_length() {
        assert!(refused(b"\x82\x7f\x80\0\0\0\0\0\0\0", false).contains("top bit"));
    }
}
