//! Shows frames as they pass, for the log at level trace: bytes in, lines out (RFC 6455 5.2). It
//! does not check what a frame means.

use std::sync::{Mutex, PoisonError};

use crate::log;

/// Watches one connection in both directions.
pub struct Tap {
    id: i32,
    sent: Mutex<Frames>,
    received: Mutex<Frames>,
}

impl Tap {
    /// `None` if nobody wants these lines. It must see a connection from its beginning, so a level
    /// that is set later applies to connections that are opened later.
    pub fn new(id: i32) -> Option<Box<Tap>> {
        log::wants(log::Level::Trace).then(|| {
            let (sent, received) = (Mutex::default(), Mutex::default());
            Box::new(Tap { id, sent, received })
        })
    }

    /// Gives the lines for what was sent.
    pub fn sent(&self, bytes: &[u8]) -> Vec<String> {
        self.pass(">", &self.sent, bytes)
    }

    /// Logs what was received.
    pub fn received(&self, bytes: &[u8]) {
        for line in self.pass("<", &self.received, bytes) {
            log::line!(Trace, "{line}");
        }
    }

    fn pass(&self, arrow: &str, frames: &Mutex<Frames>, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut frames = frames.lock().unwrap_or_else(PoisonError::into_inner);
        frames.pass(bytes, |frame| lines.push(format!("connection {}: {arrow} {frame}", self.id)));
        lines
    }
}

/// The longest header: two bytes, a 64-bit length, a mask.
const MAX_HEADER: usize = 14;
/// How many payload bytes a line shows.
const SHOWN: usize = 32;

/// One direction: the frame that is passing.
#[derive(Default)]
struct Frames {
    /// Its header and the first bytes of its payload, until its line is made.
    head: Vec<u8>,
    /// The payload bytes that are still to pass and are not shown.
    rest: u64,
}

struct Header {
    length: usize,
    mask: Option<[u8; 4]>,
    payload: u64,
}

impl Frames {
    fn pass(&mut self, mut bytes: &[u8], mut tell: impl FnMut(String)) {
        while !bytes.is_empty() {
            if self.rest > 0 {
                let count = usize::try_from(self.rest).map_or(bytes.len(), |n| n.min(bytes.len()));
                self.rest -= count as u64;
                bytes = &bytes[count..];
                continue;
            }
            let room = MAX_HEADER + SHOWN - self.head.len();
            let begun = self.head.len();
            self.head.extend_from_slice(&bytes[..room.min(bytes.len())]);
            let Some(header) = header(&self.head) else { return };
            let shown = usize::try_from(header.payload).map_or(SHOWN, |len| len.min(SHOWN));
            let told = header.length + shown;
            if self.head.len() < told {
                // Its header may have arrived alone.
                return;
            }
            self.head.truncate(told);
            bytes = &bytes[told - begun..];
            tell(line(&self.head, &header));
            self.head.clear();
            self.rest = header.payload - shown as u64;
        }
    }
}

/// The header at the start of the bytes, if it is complete.
fn header(bytes: &[u8]) -> Option<Header> {
    let (&[_, second], after) = bytes.split_first_chunk()?;
    let (payload, after) = match second & 0x7F {
        126 => {
            let (length, after) = after.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*length)), after)
        }
        127 => {
            let (length, after) = after.split_first_chunk()?;
            (u64::from_be_bytes(*length), after)
        }
        short => (u64::from(short), after),
    };
    let (mask, after) = match second & 0x80 {
        0 => (None, after),
        _ => {
            let (mask, after) = after.split_first_chunk()?;
            (Some(*mask), after)
        }
    };
    Some(Header { length: bytes.len() - after.len(), mask, payload })
}

/// `text, 5 bytes, fin, masked: "hello"`
fn line(head: &[u8], header: &Header) -> String {
    let first = head[0];
    let opcode = match first & 0x0F {
        0x0 => "continuation".to_owned(),
        0x1 => "text".to_owned(),
        0x2 => "binary".to_owned(),
        0x8 => "close".to_owned(),
        0x9 => "ping".to_owned(),
        0xA => "pong".to_owned(),
        other => format!("op-code {other}"),
    };
    let mut line = format!("{opcode}, {} bytes", header.payload);
    let flags = [(0x80, "fin"), (0x40, "rsv1"), (0x20, "rsv2"), (0x10, "rsv3")];
    for (_, name) in flags.iter().filter(|(bit, _)| first & bit != 0) {
        line += &format!(", {name}");
    }
    let mut payload = head[header.length..].to_vec();
    if let Some(mask) = header.mask {
        line += ", masked";
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    }
    if payload.is_empty() {
        return line;
    }
    let more = if header.payload > payload.len() as u64 { " ..." } else { "" };
    let is_compressed = first & 0x40 != 0;
    let shown = match (first & 0x0F, &payload[..]) {
        (0x1, text) if !is_compressed => format!("{:?}", String::from_utf8_lossy(text)),
        (0x8, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            format!("{code} {:?}", String::from_utf8_lossy(reason))
        }
        (_, bytes) => data_encoding::HEXLOWER.encode(bytes),
    };
    format!("{line}: {shown}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b"\x81\x05hello\x89\x00\x88\x05\x03\xe8bye\x02\x02\x00\xff\xc1\x02zz\x80\x01x\
        \x81\x85\x01\x02\x03\x04igohn\x82\x7e\x00\xc8";
    const LINES: [&str; 8] = [
        r#"text, 5 bytes, fin: "hello""#,
        "ping, 0 bytes, fin",
        r#"close, 5 bytes, fin: 1000 "bye""#,
        "binary, 2 bytes: 00ff",
        "text, 2 bytes, fin, rsv1: 7a7a",
        "continuation, 1 bytes, fin: 78",
        r#"text, 5 bytes, fin, masked: "hello""#,
        "binary, 200 bytes, fin: 7777777777777777777777777777777777777777777777777777777777777777 ...",
    ];

    #[test]
    fn frames_are_told_however_they_are_cut() {
        let stream = [STREAM, &[b'w'; 200], b"\x8a\x00"].concat();
        for size in [1, 2, 3, 5, 7, 46, 47, stream.len()] {
            let mut frames = Frames::default();
            let mut lines = Vec::new();
            for piece in stream.chunks(size) {
                frames.pass(piece, |line| lines.push(line));
            }
            assert_eq!(lines[..8], LINES, "by {size}");
            assert_eq!(lines[8..], ["pong, 0 bytes, fin"], "by {size}");
        }
    }

    #[test]
    fn a_length_of_eight_bytes() {
        let mut frames = Frames::default();
        let mut lines = Vec::new();
        let head = b"\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00";
        frames.pass(&[&head[..], &[0; 40]].concat(), |line| lines.push(line));
        assert!(lines[0].starts_with("binary, 4294967296 bytes, fin: 00"), "{lines:?}");
        assert_eq!(frames.rest, 4_294_967_296 - 40);
    }
}
