//! What a decoder must say about a stream, written down from RFC 6455 and 7692
//! with no regard to speed: all bytes are here, and everything is looked at
//! again for each frame.

use hostws::protocol::{is_valid_received_close_code, Control, MessageKind};

use crate::feed::Event;
use crate::inflate::Messages;

/// As `Event`, but of a violation only its code: its words are not the RFC's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Message(MessageKind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    Violation(u16),
}

/// The same from a decoder's events, the parts of messages put together; and
/// what it handed on of a message that never ended.
pub fn join(events: &[Event]) -> (Vec<Told>, Vec<u8>) {
    let mut told = Vec::new();
    let mut parts = Vec::new();
    for event in events {
        told.push(match event {
            Event::Message(part) => {
                assert_eq!(part.is_first, parts.is_empty(), "a part out of order");
                parts.extend(&part.payload);
                if !part.is_last {
                    continue;
                }
                Told::Message(part.kind, std::mem::take(&mut parts))
            }
            Event::Control(Control::Ping(payload)) => Told::Ping(payload.to_vec()),
            Event::Control(Control::Pong(payload)) => Told::Pong(payload.to_vec()),
            Event::Control(Control::Close(frame)) => {
                Told::Close(frame.as_ref().map(|frame| (frame.code, frame.reason.clone())))
            }
            Event::Violation(violation) => Told::Violation(violation.close_code),
        });
    }
    (told, parts)
}

/// A data frame, or as much of it as has arrived.
pub struct Frame<'a> {
    pub fin: bool,
    pub rsv1: bool,
    pub opcode: u8,
    /// As announced.
    pub len: u64,
    pub payload: &'a [u8],
}

impl Frame<'_> {
    pub fn is_complete(&self) -> bool {
        self.len == self.payload.len() as u64
    }
}

/// What a stream says of itself before its messages are looked at.
pub enum Next<'a> {
    Frame(Frame<'a>),
    /// Not even a header.
    Nothing,
    Violation,
}

/// The next frame of `stream`. `deflate`: RSV1 may be set on the first frame of
/// a message (RFC 7692 6).
pub fn next<'a>(stream: &mut &'a [u8], in_message: bool, deflate: bool) -> Next<'a> {
    let Some(&first) = stream.first() else { return Next::Nothing };
    let (fin, rsv1, opcode) = (first & 0x80 != 0, first & 0x40 != 0, first & 0x0F);
    let is_control = opcode >= 8;
    let allowed = match opcode {
        0 => in_message && !rsv1,
        1 | 2 => !in_message && (deflate || !rsv1),
        8..=10 => fin && !rsv1,
        _ => false,
    };
    if !allowed || first & 0x30 != 0 {
        return Next::Violation;
    }
    let Some(&second) = stream.get(1) else { return Next::Nothing };
    if second & 0x80 != 0 || (is_control && second > 125) {
        return Next::Violation;
    }
    let (size, least) = match second {
        126 => (2, 126),
        127 => (8, 0x1_0000),
        _ => (0, 0),
    };
    let Some(bytes) = stream.get(2..2 + size) else { return Next::Nothing };
    let len = match second {
        126 | 127 => bytes.iter().fold(0, |len, byte| len << 8 | u64::from(*byte)),
        short => u64::from(short),
    };
    if len < least || len > i64::MAX as u64 {
        return Next::Violation;
    }
    let rest = &stream[2 + size..];
    let (payload, rest) = rest.split_at(rest.len().min(usize::try_from(len).unwrap_or(usize::MAX)));
    *stream = rest;
    Next::Frame(Frame { fin, rsv1, opcode, len, payload })
}

/// What a complete control frame says.
pub fn control(frame: &Frame<'_>) -> Told {
    let payload = frame.payload.to_vec();
    match (frame.opcode, frame.payload) {
        (9, _) => Told::Ping(payload),
        (10, _) => Told::Pong(payload),
        (_, []) => Told::Close(None),
        (_, [_]) => Told::Violation(1002),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from(*high) << 8 | u16::from(*low);
            match std::str::from_utf8(reason) {
                _ if !is_valid_received_close_code(code) => Told::Violation(1002),
                Ok(reason) => Told::Close(Some((code, reason.to_owned()))),
                Err(_) => Told::Violation(1007),
            }
        }
    }
}

/// All that must be told about a stream, and what was begun and never ended.
pub struct Model {
    pub told: Vec<Told>,
    /// The payload, as far as it has arrived, of the last message.
    pub unfinished: Vec<u8>,
}

/// A message of which the last frame has not come.
struct Message {
    kind: MessageKind,
    is_compressed: bool,
    data: Vec<u8>,
}

/// What follows from `stream`; `deflate` inflates, if that was agreed.
pub fn model(mut stream: &[u8], max_message: u64, mut deflate: Option<Messages>) -> Model {
    // No memory holds more, with a NUL behind it.
    let max_message = max_message.min(isize::MAX as u64 - 1);
    let mut told = Vec::new();
    let mut open: Option<Message> = None;
    loop {
        let frame = match next(&mut stream, open.is_some(), deflate.is_some()) {
            Next::Frame(frame) => frame,
            Next::Nothing => break,
            Next::Violation => {
                told.push(Told::Violation(1002));
                break;
            }
        };
        if frame.opcode >= 8 {
            if !frame.is_complete() {
                break;
            }
            told.push(control(&frame));
            match told.last() {
                Some(Told::Ping(_) | Told::Pong(_)) => continue,
                _ => break,
            }
        }
        let kind = if frame.opcode == 1 { MessageKind::Text } else { MessageKind::Binary };
        let begun = Message { kind, is_compressed: frame.rsv1, data: Vec::new() };
        let message = open.get_or_insert(begun);
        match take(message, &frame, max_message, &mut deflate) {
            Err(code) => {
                told.push(Told::Violation(code));
                break;
            }
            Ok(()) if !frame.is_complete() => break,
            Ok(()) if !frame.fin => {}
            Ok(()) => {
                told.extend(open.take().map(|message| Told::Message(message.kind, message.data)));
            }
        }
    }
    Model { told, unfinished: open.map(|message| message.data).unwrap_or_default() }
}

/// Adds what there is of a frame to the message. `Err`: the code of the violation.
fn take(
    message: &mut Message,
    frame: &Frame<'_>,
    max_message: u64,
    deflate: &mut Option<Messages>,
) -> Result<(), u16> {
    let is_end = frame.fin && frame.is_complete();
    let mut fault = Ok(());
    match deflate {
        Some(deflate) if message.is_compressed => {
            let is_good = deflate.inflate(frame.payload, &mut message.data)
                && (!is_end || deflate.finish(&mut message.data));
            if !is_good {
                fault = Err(1002);
            }
            // What came out before the fault counts, up to the limit.
            if message.data.len() as u64 > max_message {
                message.data.truncate(max_message as usize);
                fault = Err(1009);
            }
        }
        _ => {
            if message.data.len() as u64 + frame.len > max_message {
                return Err(1009);
            }
            message.data.extend(frame.payload);
        }
    }
    if message.kind == MessageKind::Text {
        let error = std::str::from_utf8(&message.data).err();
        let is_cut = error.is_some_and(|error| error.error_len().is_none());
        // What is cut is bad only at the end, and then after all else.
        if error.is_some() && (!is_cut || (is_end && fault.is_ok())) {
            return Err(1007);
        }
    }
    fault
}
