//! Helpers for the tests of this module: the frames of a server, and the output of a decoder.

use std::convert::Infallible;

use super::{
    batch, Batch, Control, Decoder, DecoderConfig, DirectRead, MessageKind, ReadBuffer, Violation,
};

pub const LIMIT: u64 = 1 << 20;

/// An event that a decoder returned.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Event {
    Message(MessageKind, Vec<u8>),
    Part(Part),
    Control(Control),
    Violation(Violation),
}

/// A part of a message that is too large to be delivered whole.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Part {
    pub kind: MessageKind,
    pub payload: Vec<u8>,
    pub is_first: bool,
    pub is_last: bool,
}

pub fn text(payload: &str) -> Event {
    Event::Message(MessageKind::Text, payload.into())
}

/// A decoder without compression and parts.
pub fn plain(max_message: u64) -> DecoderConfig {
    DecoderConfig { max_message, stream_threshold: None, deflate: None }
}

/// A server's frame with a minimal length field.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..=125 => frame.push(len as u8),
        len @ 126..=0xFFFF => {
            frame.push(126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

/// Gives `input` to `decoder` as a reader would, until it is used up.
pub fn feed(decoder: &mut Decoder, bytes: &[u8], events: &mut Vec<Event>) {
    // Tries both ways: a well-filled buffer is taken over, the contents of any other are copied.
    let room = if bytes.len() % 2 == 0 { bytes.len() } else { 8 * bytes.len() };
    let mut input = ReadBuffer::with_room(room).unwrap();
    input.end().extend_from_slice(bytes);
    loop {
        let mut batch = Batch::new();
        let result = decoder.decode(&mut input, &mut batch);
        tell(&batch, events);
        match result {
            Err(violation) => return events.push(Event::Violation(violation)),
            Ok(decoded) => {
                let goes_on = decoded.is_full || decoded.control.is_some();
                events.extend(decoded.control.map(Event::Control));
                if !goes_on {
                    return assert!(input.is_empty());
                }
            }
        }
    }
}

/// Decodes a stream that arrives all at once.
pub fn whole(stream: &[u8]) -> Vec<Event> {
    whole_with(plain(LIMIT), stream)
}

pub fn whole_with(config: DecoderConfig, stream: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    feed(&mut Decoder::new(config), stream, &mut events);
    events
}

/// Decodes a stream in pieces, whose sizes `sizes` repeats. Reads directly into the message where
/// possible.
pub fn in_pieces(config: DecoderConfig, stream: &[u8], sizes: &[usize]) -> Vec<Event> {
    let mut decoder = Decoder::new(config);
    let mut events = Vec::new();
    let mut rest = stream;
    for size in sizes.iter().cycle() {
        if rest.is_empty() || matches!(events.last(), Some(Event::Violation(_))) {
            break;
        }
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        if let Some(read) = feed_direct(&mut decoder, piece, &mut events) {
            rest = &rest[read..];
            continue;
        }
        feed(&mut decoder, piece, &mut events);
        rest = after;
    }
    events
}

/// Reads `piece` or its first half directly, if the decoder allows it.
fn feed_direct(decoder: &mut Decoder, piece: &[u8], events: &mut Vec<Event>) -> Option<usize> {
    let mut batch = Batch::new();
    let mut count = 0;
    let DirectRead { read: Ok(()), violation } =
        decoder.read_direct(piece.len(), &mut batch, |message, room, _| {
            count = if room % 3 == 0 { room.div_ceil(2) } else { room };
            message.extend_from_slice(&piece[..count]);
            Ok::<(), Infallible>(())
        })?;
    tell(&batch, events);
    events.extend(violation.map(Event::Violation));
    Some(count)
}

fn tell(batch: &Batch, events: &mut Vec<Event>) {
    for part in batch.iter() {
        let payload = part.payload.to_vec();
        events.push(match part {
            batch::Part { kind, is_first: true, is_last: true, .. } => {
                Event::Message(kind, payload)
            }
            batch::Part { kind, is_first, is_last, .. } => {
                Event::Part(Part { kind, payload, is_first, is_last })
            }
        });
    }
}

/// The frames of a client as a server would send them: without masks.
pub fn unmasked(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let [first, second, ..] = *bytes {
        let (len, at) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            127 => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()) as usize, 10),
            short => (usize::from(short), 2),
        };
        out.extend([first, second & 0x7F]);
        out.extend(&bytes[2..at]);
        let (key, payload) = bytes[at..at + 4 + len].split_at(4);
        out.extend(payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
        bytes = &bytes[at + 4 + len..];
    }
    out
}
