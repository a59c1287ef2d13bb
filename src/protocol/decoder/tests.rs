//! What a server may send, however it is split; and each thing it may not.

use std::io::{self, Read, Write};

use proptest::prelude::*;
use tungstenite::protocol::{Role, WebSocket};
use tungstenite::Message;

use super::*;
use crate::protocol::{encode_message, encode_ping, CloseFrame, MaskSource, MAX_CONTROL};

const LIMIT: u64 = 1 << 20;

/// Everything a decoder told.
#[derive(Debug, PartialEq, Eq, Clone)]
enum Event {
    Message(MessageKind, Vec<u8>),
    Control(Control),
    Violation(Violation),
}

/// A server's frame, with the shortest length.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
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
fn feed(decoder: &mut Decoder, mut input: &[u8], events: &mut Vec<Event>) {
    loop {
        let mut batch = Batch::new();
        let result = decoder.decode(input, &mut batch);
        events.extend(batch.iter().map(|(kind, payload)| Event::Message(kind, payload.to_vec())));
        match result {
            Err(violation) => return events.push(Event::Violation(violation)),
            Ok(decoded) => {
                input = &input[decoded.consumed..];
                match decoded.control {
                    Some(control) => events.push(Event::Control(control)),
                    None => return assert!(input.is_empty()),
                }
            }
        }
    }
}

fn whole(stream: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    feed(&mut Decoder::new(LIMIT), stream, &mut events);
    events
}

/// How many bytes arrive before something is refused, and the refusal.
fn refused(max_message: u64, stream: &[u8]) -> (usize, Violation) {
    let mut decoder = Decoder::new(max_message);
    let mut events = Vec::new();
    for (at, byte) in stream.iter().enumerate() {
        feed(&mut decoder, &[*byte], &mut events);
        if let Some(Event::Violation(violation)) = events.pop() {
            let mut again = Vec::new();
            feed(&mut Decoder::new(max_message), stream, &mut again);
            assert_eq!(again.pop(), Some(Event::Violation(violation.clone())));
            return (at + 1, violation);
        }
    }
    panic!("{stream:?} was not refused");
}

fn refused_with(close_code: u16, stream: &[u8]) -> usize {
    let (after, violation) = refused(LIMIT, stream);
    assert_eq!(violation.close_code, close_code, "{violation}");
    after
}

fn text(payload: &str) -> Event {
    Event::Message(MessageKind::Text, payload.into())
}

#[test]
fn one_stream_with_everything() {
    let mut stream = Vec::new();
    stream.extend(frame(0x81, b"hello"));
    stream.extend(frame(0x82, b""));
    stream.extend(frame(0x89, b"are you there"));
    stream.extend(frame(0x01, b"frag"));
    stream.extend(frame(0x8A, b""));
    stream.extend(frame(0x00, b""));
    stream.extend(frame(0x80, b"ment"));
    stream.extend(frame(0x82, &[7; 70_000]));
    stream.extend(frame(0x88, b"\x0f\xa0later"));
    stream.extend(frame(0x81, b"ignored"));
    let close = CloseFrame { code: 4000, reason: "later".to_owned() };
    assert_eq!(
        whole(&stream),
        [
            text("hello"),
            Event::Message(MessageKind::Binary, vec![]),
            Event::Control(Control::Ping(b"are you there"[..].into())),
            Event::Control(Control::Pong(b""[..].into())),
            text("fragment"),
            Event::Message(MessageKind::Binary, vec![7; 70_000]),
            Event::Control(Control::Close(Some(close))),
        ]
    );
}

#[test]
fn a_control_frame_ends_the_call() {
    let mut stream = frame(0x81, b"one");
    stream.extend(frame(0x89, b"p"));
    let until = stream.len();
    stream.extend(frame(0x81, b"two"));
    let mut batch = Batch::new();
    let decoded = Decoder::new(LIMIT).decode(&stream, &mut batch).unwrap();
    assert_eq!((decoded.consumed, batch.len()), (until, 1));
}

#[test]
fn idle_and_expecting() {
    let mut decoder = Decoder::new(LIMIT);
    let mut step = |bytes: &[u8], idle: bool, expecting: Option<u64>| {
        let mut batch = Batch::new();
        decoder.decode(bytes, &mut batch).unwrap();
        assert_eq!((decoder.is_idle(), decoder.expecting()), (idle, expecting));
    };
    step(b"", true, None);
    step(b"\x82", false, None);
    step(b"\x03", false, Some(3));
    step(b"ab", false, Some(1));
    step(b"c", true, None);
    step(b"\x01\x01x", false, None);
    step(b"\x89\x02", false, None);
    step(b"yy", false, None);
    step(b"\x80\x00", true, None);
    step(b"\x89\x01", false, None);
    step(b"z", true, None);
}

#[test]
fn nothing_is_kept_between_messages() {
    let mut decoder = Decoder::new(LIMIT);
    let stream = frame(0x82, &[1; 50_000]);
    for split in [1, 5, 30_000] {
        let mut events = Vec::new();
        feed(&mut decoder, &stream[..split], &mut events);
        feed(&mut decoder, &stream[split..], &mut events);
        assert_eq!(events.len(), 1);
        assert_eq!(decoder.data.capacity(), 0);
        assert!(decoder.control.is_none());
    }
    assert!(size_of::<Decoder>() <= 80, "{}", size_of::<Decoder>());
}

#[test]
fn a_large_message_is_moved_from_where_it_arrived() {
    let stream = frame(0x82, &[1; 100_000]);
    let mut decoder = Decoder::new(LIMIT);
    let mut batch = Batch::new();
    decoder.decode(&stream[..50_000], &mut batch).unwrap();
    let address = decoder.data.as_ptr();
    assert_eq!(decoder.data.capacity(), 100_001);
    decoder.decode(&stream[50_000..], &mut batch).unwrap();
    assert_eq!(batch.get(0).unwrap().1.as_ptr(), address);
}

#[test]
fn memory_follows_the_bytes_and_not_the_announcement() {
    let mut decoder = Decoder::new(u64::MAX);
    let mut batch = Batch::new();
    decoder.decode(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xf0", &mut batch).unwrap();
    assert_eq!(decoder.data.capacity(), 0);
    decoder.decode(b"x", &mut batch).unwrap();
    assert!(decoder.data.capacity() <= FIRST_RESERVE);
    decoder.decode(&[0; 1 << 20], &mut batch).unwrap();
    assert!(decoder.data.capacity() <= TRUST * ((1 << 20) + 1));
}

#[test]
fn many_tiny_fragments() {
    let count = 100_000;
    for (first, payload) in [(0x02, &b"x"[..]), (0x01, "é".as_bytes())] {
        let mut stream = frame(first, payload);
        for n in 1..count {
            // Each character is split between two fragments.
            let at = n % payload.len();
            stream.extend(frame(0x00, &payload[at..at + 1]));
        }
        if payload.len() == 2 {
            stream = frame(first, b"");
            for n in 0..count {
                stream.extend(frame(0x00, &payload[n % 2..n % 2 + 1]));
            }
        }
        stream.extend(frame(0x80, b""));
        let events = whole(&stream);
        let [Event::Message(_, message)] = &events[..] else {
            panic!("{} events", events.len());
        };
        assert_eq!(message.len(), count);
    }
}

#[test]
fn headers_are_refused_before_the_rest_arrives() {
    for (stream, after) in [
        (&b"\xc1\x05hello"[..], 1),
        (b"\xa2\x05hello", 1),
        (b"\x92\x05hello", 1),
        (b"\x83\x05hello", 1),
        (b"\x8b\x00", 1),
        (b"\x09\x00", 1),
        (b"\x80\x01x", 1),
        (b"\x00\x01x", 1),
        (b"\x81\x85aaaahello", 2),
        (b"\x89\x7e\x00\x7e", 2),
        (b"\x88\x7f\0\0\0\0\0\0\0\x01", 2),
        (b"\x82\x7e\x00\x7dx", 4),
        (b"\x82\x7e\x00\x05hello", 4),
        (b"\x82\x7f\0\0\0\0\0\0\xff\xffx", 10),
        (b"\x82\x7f\x80\0\0\0\0\0\0\0x", 10),
        (b"\x01\x00\x81\x00", 3),
        (b"\x02\x01x\x02\x01x", 4),
    ] {
        assert_eq!(refused_with(1002, stream), after, "{stream:?}");
    }
}

#[test]
fn close_frames() {
    assert_eq!(whole(b"\x88\x00"), [Event::Control(Control::Close(None))]);
    assert_eq!(refused_with(1002, b"\x88\x01\x03"), 3);
    for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        assert_eq!(refused_with(1002, &frame(0x88, &code.to_be_bytes())), 4);
    }
    refused_with(1007, b"\x88\x03\x03\xe8\xff");
}

#[test]
fn after_a_violation_nothing_is_decoded() {
    let mut decoder = Decoder::new(LIMIT);
    let mut batch = Batch::new();
    let mut stream = frame(0x82, b"good");
    stream.extend(b"\xff");
    assert!(decoder.decode(&stream, &mut batch).is_err());
    assert_eq!(batch.len(), 1);
    let decoded = decoder.decode(&frame(0x82, b"late"), &mut batch).unwrap();
    assert_eq!((decoded.consumed, decoded.control), (6, None));
    assert_eq!(batch.len(), 1);
    assert!(decoder.is_idle());
}

#[test]
fn the_limit_is_checked_at_the_header() {
    let (after, violation) = refused(100, &frame(0x82, &[0; 101]));
    assert_eq!((after, violation.close_code), (2, 1009));
    assert!(violation.message.contains("101 bytes"), "{violation}");
    assert!(violation.message.contains("limit is 100"), "{violation}");
    assert_eq!(refused(1000, &frame(0x81, &[0; 1001])).0, 4);
    assert_eq!(refused(100_000, &frame(0x81, &[0; 100_001])).0, 10);
    let mut events = Vec::new();
    feed(&mut Decoder::new(100), &frame(0x82, &[0; 100]), &mut events);
    assert_eq!(events.len(), 1);
}

#[test]
fn the_limit_is_for_all_fragments_together() {
    let mut stream = frame(0x02, &[0; 60]);
    stream.extend(frame(0x00, &[0; 40]));
    stream.extend(frame(0x89, &[0; 100]));
    let before = stream.len();
    stream.extend(frame(0x00, b"x"));
    let (after, violation) = refused(100, &stream);
    assert_eq!((after, violation.close_code), (before + 2, 1009));
    assert!(violation.message.contains("at least 101"), "{violation}");
}

#[test]
fn a_limit_of_nothing_allows_empty_messages() {
    let mut events = Vec::new();
    feed(&mut Decoder::new(0), b"\x81\x00\x82\x01", &mut events);
    assert_eq!(events[0], text(""));
    assert!(matches!(&events[1], Event::Violation(v) if v.close_code == 1009));
}

#[test]
fn text_is_refused_at_its_first_bad_byte() {
    // In the middle of a frame, before the rest of it arrives.
    assert_eq!(refused_with(1007, b"\x81\x7e\x10\x00abc\xffdef"), 8);
    // Overlong, surrogate, beyond U+10FFFF: at the second byte.
    for bad in [b"\xe0\x80", b"\xed\xa0", b"\xf4\x90"] {
        let mut stream = b"\x81\x09".to_vec();
        stream.extend(bad);
        stream.extend(b"1234567");
        assert_eq!(refused_with(1007, &stream), 4);
    }
    // A character that goes on in the next fragment, wrongly.
    assert_eq!(refused_with(1007, b"\x01\x02\xe2\x82\x00\x05\x28abcd"), 7);
    // A character that never ends: known when the message ends.
    assert_eq!(refused_with(1007, b"\x81\x02\xe2\x82"), 4);
    assert_eq!(refused_with(1007, b"\x01\x02\xe2\x82\x80\x00"), 6);
    // The check starts anew with each message, and binary has none.
    assert_eq!(whole(b"\x82\x02\xe2\x82\x01\x00\x80\x01a").len(), 2);
}

/// Frames that a server may send, as its choices.
#[derive(Debug, Clone)]
enum Sent {
    Message(MessageKind, Vec<u8>, Vec<prop::sample::Index>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    let bytes = prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 0..300),
        1 => (16_000usize..90_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ];
    let cuts = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let control = prop::collection::vec(any::<u8>(), 0..=MAX_CONTROL);
    prop_oneof![
        3 => (bytes, cuts.clone())
            .prop_map(|(bytes, cuts)| Sent::Message(MessageKind::Binary, bytes, cuts)),
        3 => ("\\PC{0,90}", cuts)
            .prop_map(|(text, cuts)| Sent::Message(MessageKind::Text, text.into(), cuts)),
        1 => control.clone().prop_map(Sent::Ping),
        1 => control.prop_map(Sent::Pong),
    ]
}

/// The bytes of `sent` and what a client must make of them. A message that is
/// cut is sent as fragments, with a pong between each two.
fn stream_of(sent: &[Sent]) -> (Vec<u8>, Vec<Event>) {
    let (mut stream, mut events) = (Vec::new(), Vec::new());
    for one in sent {
        match one {
            Sent::Ping(payload) => {
                stream.extend(frame(0x89, payload));
                events.push(Event::Control(Control::Ping(payload[..].into())));
            }
            Sent::Pong(payload) => {
                stream.extend(frame(0x8A, payload));
                events.push(Event::Control(Control::Pong(payload[..].into())));
            }
            Sent::Message(kind, payload, cuts) => {
                let mut ends: Vec<usize> =
                    cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
                ends.sort();
                let opcode = if *kind == MessageKind::Text { 1 } else { 2 };
                let mut at = 0;
                for (n, end) in ends.iter().enumerate() {
                    stream.extend(frame(if n == 0 { opcode } else { 0 }, &payload[at..*end]));
                    stream.extend(frame(0x8A, b"between"));
                    events.push(Event::Control(Control::Pong(b"between"[..].into())));
                    at = *end;
                }
                let last = if ends.is_empty() { opcode } else { 0 };
                stream.extend(frame(0x80 | last, &payload[at..]));
                events.push(Event::Message(*kind, payload.clone()));
            }
        }
    }
    (stream, events)
}

/// Decodes `stream` in pieces whose sizes `sizes` gives, over and over.
fn in_pieces(stream: &[u8], sizes: &[usize]) -> Vec<Event> {
    let mut decoder = Decoder::new(LIMIT);
    let mut events = Vec::new();
    let mut rest = stream;
    for size in sizes.iter().cycle() {
        if rest.is_empty() || matches!(events.last(), Some(Event::Violation(_))) {
            break;
        }
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        feed(&mut decoder, piece, &mut events);
        rest = after;
    }
    events
}

/// A connection to a server that has sent all it ever will.
struct Recorded<'a>(&'a [u8]);

impl Read for Recorded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Recorded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What another implementation makes of `stream`.
fn reference(stream: &[u8]) -> Vec<Event> {
    let mut socket = WebSocket::from_raw_socket(Recorded(stream), Role::Client, None);
    let mut events = Vec::new();
    while let Ok(message) = socket.read() {
        events.push(match message {
            Message::Text(text) => Event::Message(MessageKind::Text, text.as_bytes().to_vec()),
            Message::Binary(bytes) => Event::Message(MessageKind::Binary, bytes.to_vec()),
            Message::Ping(bytes) => Event::Control(Control::Ping(bytes[..].into())),
            Message::Pong(bytes) => Event::Control(Control::Pong(bytes[..].into())),
            Message::Close(close) => Event::Control(Control::Close(close.map(|close| {
                CloseFrame { code: close.code.into(), reason: close.reason.to_string() }
            }))),
            Message::Frame(_) => unreachable!("not read by a client"),
        });
    }
    events
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        prop::collection::vec(1usize..8, 1..5),
        prop::collection::vec(1usize..60_000, 1..5),
    ]
}

/// What a client sent, as a server would send it: with no mask.
fn unmasked(mut bytes: &[u8]) -> Vec<u8> {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_split_gives_what_was_sent(
        sent in prop::collection::vec(sent(), 0..12),
        sizes in sizes(),
    ) {
        let (stream, expected) = stream_of(&sent);
        prop_assert_eq!(&whole(&stream), &expected);
        prop_assert_eq!(&in_pieces(&stream, &sizes), &expected);
        prop_assert_eq!(&reference(&stream), &expected);
    }

    /// A valid stream with bytes changed, which mostly ends in a violation.
    #[test]
    fn any_split_gives_the_same_violation(
        sent in prop::collection::vec(sent(), 1..6),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        sizes in sizes(),
    ) {
        let (mut stream, _) = stream_of(&sent);
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        prop_assert_eq!(in_pieces(&stream, &sizes), whole(&stream));
    }

    /// Frames of any header, so that every rule meets every split.
    #[test]
    fn any_bytes_in_any_split(
        frames in prop::collection::vec(
            (any::<u8>(), prop::collection::vec(any::<u8>(), 0..12), any::<bool>()), 0..8),
        sizes in sizes(),
    ) {
        let mut stream = Vec::new();
        for (first, payload, plausible) in frames {
            let first = if plausible { first & 0x83 } else { first };
            stream.extend(frame(first, &payload));
        }
        prop_assert_eq!(in_pieces(&stream, &sizes), whole(&stream));
    }

    #[test]
    fn what_is_encoded_is_decoded(sent in prop::collection::vec(sent(), 0..8)) {
        let mut masks = MaskSource::new().unwrap();
        let (mut out, mut expected) = (Vec::new(), Vec::new());
        for one in sent {
            match one {
                Sent::Message(kind, payload, _) => {
                    encode_message(&mut out, kind, &payload, &mut masks);
                    expected.push(Event::Message(kind, payload));
                }
                Sent::Ping(payload) | Sent::Pong(payload) => {
                    encode_ping(&mut out, &payload, &mut masks);
                    expected.push(Event::Control(Control::Ping(payload[..].into())));
                }
            }
        }
        prop_assert_eq!(whole(&unmasked(&out)), expected);
    }
}
