//! Properties of every stream, however it is split and whatever was negotiated, checked also
//! against another implementation.

use std::io::{self, Read, Write};

use proptest::prelude::*;
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::Message;

use super::testing::{frame, in_pieces, plain, unmasked, whole, whole_with, Event, Part, LIMIT};
use super::*;

/// Frames that a peer may send, as its choices.
#[derive(Debug, Clone)]
enum Sent {
    Message(MessageKind, Vec<u8>, Vec<prop::sample::Index>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    let bytes = prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 0..300),
        3 => prop::collection::vec(b'a'..b'd', 0..3000),
        1 => (16_000usize..90_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ];
    let cuts = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let control = prop::collection::vec(any::<u8>(), 0..=MAX_CONTROL);
    prop_oneof![
        3 => (bytes, cuts.clone())
            .prop_map(|(bytes, cuts)| Sent::Message(MessageKind::Binary, bytes, cuts)),
        3 => ("\\PC{0,90}", 1usize..40, cuts).prop_map(|(text, times, cuts)| {
            Sent::Message(MessageKind::Text, text.repeat(times).into(), cuts)
        }),
        1 => control.clone().prop_map(Sent::Ping),
        1 => control.prop_map(Sent::Pong),
    ]
}

/// The pieces of a message that is cut at these places.
fn pieces<'a>(payload: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
    ends.push(payload.len());
    ends.sort();
    let begins = std::iter::once(0).chain(ends.iter().copied());
    begins.zip(&ends).map(|(begin, end)| &payload[begin..*end]).collect()
}

/// The bytes of `sent`, and the events that they must cause. There is a pong between the fragments
/// of a message.
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
                let pieces = pieces(payload, cuts);
                for (n, piece) in pieces.iter().enumerate() {
                    let opcode = match (n, kind) {
                        (0, MessageKind::Text) => 1,
                        (0, MessageKind::Binary) => 2,
                        _ => 0,
                    };
                    let is_last = n + 1 == pieces.len();
                    stream.extend(frame(if is_last { 0x80 | opcode } else { opcode }, piece));
                    if !is_last {
                        stream.extend(frame(0x8A, b"between"));
                        events.push(Event::Control(Control::Pong(b"between"[..].into())));
                    }
                }
                events.push(Event::Message(*kind, payload.clone()));
            }
        }
    }
    (stream, events)
}

/// The frames of our encoder, unmasked as from a server, and the events that they must cause.
fn encoded(
    sent: &[Sent],
    terms: Option<&DeflateParams>,
    threshold: usize,
) -> (Vec<u8>, Vec<Event>) {
    let mut masks = MaskSource::new().unwrap();
    let mut compressor = terms.and_then(Compressor::new);
    let (mut out, mut events) = (Vec::new(), Vec::new());
    for one in sent {
        match one {
            Sent::Message(kind, payload, cuts) => {
                let pieces = pieces(payload, cuts);
                let is_compressed = compressor.is_some() && payload.len() >= threshold;
                for (n, piece) in pieces.iter().enumerate() {
                    let is_last = n + 1 == pieces.len();
                    let frame = DataFrame { kind: *kind, is_first: n == 0, is_last, is_compressed };
                    match &mut compressor {
                        Some(compressor) if is_compressed => {
                            let piece = compressor.compress(piece, is_last).unwrap();
                            encode_data(&mut out, frame, &piece, &mut masks);
                        }
                        _ => encode_data(&mut out, frame, piece, &mut masks),
                    }
                }
                events.push(Event::Message(*kind, payload.clone()));
            }
            Sent::Ping(payload) => {
                encode_ping(&mut out, payload, &mut masks);
                events.push(Event::Control(Control::Ping(payload[..].into())));
            }
            Sent::Pong(payload) => {
                encode_pong(&mut out, payload, &mut masks);
                events.push(Event::Control(Control::Pong(payload[..].into())));
            }
        }
    }
    (unmasked(&out), events)
}

/// Parameters that are the same in both directions, so that each side can read its own frames.
fn terms() -> impl Strategy<Value = DeflateParams> {
    (9u8..=15, any::<bool>()).prop_map(|(bits, no_takeover)| DeflateParams {
        server_no_context_takeover: no_takeover,
        client_no_context_takeover: no_takeover,
        server_max_window_bits: bits,
        client_max_window_bits: bits,
    })
}

/// Joins parts into messages. Checks that each part is within `threshold`.
fn joined(events: Vec<Event>, threshold: usize) -> Vec<Event> {
    let mut whole = Vec::new();
    let mut open: Option<(MessageKind, Vec<u8>)> = None;
    for event in events {
        match event {
            Event::Part(Part { kind, payload, is_first, is_last }) => {
                assert!(!payload.is_empty() && payload.len() <= threshold);
                assert_eq!(is_first, open.is_none());
                if kind == MessageKind::Text {
                    assert!(std::str::from_utf8(&payload).is_ok(), "cut inside a character");
                }
                let (_, message) = open.get_or_insert((kind, Vec::new()));
                message.extend(payload);
                if is_last {
                    assert!(message.len() > threshold);
                    whole.extend(open.take().map(|(kind, message)| Event::Message(kind, message)));
                }
            }
            Event::Message(_, ref payload) => {
                assert!(open.is_none() && payload.len() <= threshold);
                whole.push(event);
            }
            other => whole.push(other),
        }
    }
    assert!(open.is_none());
    whole
}

/// A peer that has sent everything.
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

/// How another implementation judges the end of a stream.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// All bytes were used, or the server has closed.
    Valid,
    /// The bytes ended inside a message or frame.
    Incomplete,
    Invalid(String),
}

/// The events that another implementation reads from `stream`.
fn reference(stream: &[u8]) -> (Vec<Event>, Verdict) {
    let limit = Some(LIMIT as usize);
    let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
    let mut socket = WebSocket::from_raw_socket(Recorded(stream), Role::Client, Some(config));
    let mut events = Vec::new();
    loop {
        let message = match socket.read() {
            Ok(message) => message,
            Err(tungstenite::Error::ConnectionClosed) => return (events, Verdict::Valid),
            Err(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => return (events, Verdict::Incomplete),
            Err(tungstenite::Error::Io(_)) => return (events, Verdict::Incomplete),
            Err(error) => return (events, Verdict::Invalid(error.to_string())),
        };
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
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        prop::collection::vec(1usize..8, 1..5),
        prop::collection::vec(1usize..60_000, 1..5),
    ]
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
}

fn change(stream: &mut [u8], changes: &[(prop::sample::Index, u8)]) {
    for (at, byte) in changes {
        if !stream.is_empty() {
            stream[at.index(stream.len())] = *byte;
        }
    }
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
        prop_assert_eq!(&in_pieces(plain(LIMIT), &stream, &sizes), &expected);
        prop_assert_eq!(&reference(&stream).0, &expected);
    }

    /// A valid stream with bytes changed mostly ends in a violation. It must be the same violation
    /// for every split, and the other implementation must see one, too.
    #[test]
    fn a_changed_stream_is_judged_alike(
        sent in prop::collection::vec(sent(), 1..6),
        changes in changes(),
        sizes in sizes(),
    ) {
        let (mut stream, _) = stream_of(&sent);
        change(&mut stream, &changes);
        let events = whole(&stream);
        prop_assert_eq!(&in_pieces(plain(LIMIT), &stream, &sizes), &events);
        let (mut theirs, verdict) = reference(&stream);
        match (events.last(), verdict) {
            (Some(Event::Violation(violation)), verdict) => {
                let words = &violation.message;
                let is_agreed = match verdict {
                    Verdict::Invalid(_) => true,
                    // It sees bad text only when the message is complete, and a bad header only
                    // when all of it has arrived.
                    Verdict::Incomplete => true,
                    // It accepts lengths that are not minimal (a MUST in RFC 6455 5.2), and what
                    // follows them.
                    Verdict::Valid => words.contains("more bytes than it needs"),
                };
                prop_assert!(is_agreed, "ours: {}, theirs: valid", words);
                theirs.truncate(events.len() - 1);
                prop_assert_eq!(&theirs[..], &events[..theirs.len()]);
            }
            (_, Verdict::Invalid(words)) => prop_assert!(false, "ours: valid, theirs: {}", words),
            (_, _) => prop_assert_eq!(&theirs, &events),
        }
    }

    /// Frames with arbitrary headers, so that every rule is tried with every split.
    #[test]
    fn any_bytes_in_any_split(
        frames in prop::collection::vec(
            (any::<u8>(), prop::collection::vec(any::<u8>(), 0..12), any::<bool>()), 0..8),
        terms in prop::option::of(terms()),
        sizes in sizes(),
    ) {
        let mut stream = Vec::new();
        for (first, payload, plausible) in frames {
            let first = if plausible { first & 0xC3 } else { first };
            stream.extend(frame(first, &payload));
        }
        let config = DecoderConfig { deflate: terms, ..plain(LIMIT) };
        prop_assert_eq!(in_pieces(config, &stream, &sizes), whole_with(config, &stream));
    }

    /// For every sequence of messages, fragments, windows and thresholds.
    #[test]
    fn what_is_encoded_is_decoded(
        sent in prop::collection::vec(sent(), 0..8),
        terms in prop::option::of(terms()),
        threshold in prop_oneof![Just(0usize), 0usize..400],
        stream_threshold in prop::option::of(4usize..2000),
        sizes in sizes(),
    ) {
        let (stream, expected) = encoded(&sent, terms.as_ref(), threshold);
        let config = DecoderConfig { deflate: terms, stream_threshold, ..plain(LIMIT) };
        let limit = stream_threshold.unwrap_or(usize::MAX);
        let events = whole_with(config, &stream);
        prop_assert_eq!(&in_pieces(config, &stream, &sizes), &events);
        prop_assert_eq!(joined(events, limit), expected);
    }

    /// Compressed streams with bytes changed, and small limits.
    #[test]
    fn a_changed_compressed_stream_is_judged_alike_in_any_split(
        sent in prop::collection::vec(sent(), 1..6),
        terms in terms(),
        changes in changes(),
        max_message in prop_oneof![Just(LIMIT), 0u64..5000],
        stream_threshold in prop::option::of(4usize..2000),
        sizes in sizes(),
    ) {
        let (mut stream, _) = encoded(&sent, Some(&terms), 0);
        change(&mut stream, &changes);
        let config = DecoderConfig { max_message, stream_threshold, deflate: Some(terms) };
        prop_assert_eq!(in_pieces(config, &stream, &sizes), whole_with(config, &stream));
    }
}
