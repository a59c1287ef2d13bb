//! Everything that a server may send, however it is split, and everything that it may not.

use super::*;
use crate::protocol::testing::{feed, frame, plain, text, whole, Event, LIMIT};
use crate::protocol::CloseFrame;

/// The number of bytes before the refusal, and the refusal.
fn refused(max_message: u64, stream: &[u8]) -> (usize, Violation) {
    let mut decoder = Decoder::new(plain(max_message));
    let mut events = Vec::new();
    for (at, byte) in stream.iter().enumerate() {
        feed(&mut decoder, &[*byte], &mut events);
        if let Some(Event::Violation(violation)) = events.pop() {
            let mut again = Vec::new();
            feed(&mut Decoder::new(plain(max_message)), stream, &mut again);
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
    let mut input = ReadBuffer::copy_of(&stream).unwrap();
    let decoded = Decoder::new(plain(LIMIT)).decode(&mut input, &mut batch).unwrap();
    assert!(decoded.control.is_some());
    assert_eq!((input.rest(), batch.len()), (&stream[until..], 1));
}

#[test]
fn idle_and_expecting() {
    let mut decoder = Decoder::new(plain(LIMIT));
    let mut step = |bytes: &[u8], idle: bool, expecting: Option<u64>| {
        let mut batch = Batch::new();
        decoder.decode(&mut ReadBuffer::copy_of(bytes).unwrap(), &mut batch).unwrap();
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
    let mut decoder = Decoder::new(plain(LIMIT));
    let stream = frame(0x82, &[1; 50_000]);
    for split in [1, 5, 30_000] {
        let mut events = Vec::new();
        feed(&mut decoder, &stream[..split], &mut events);
        feed(&mut decoder, &stream[split..], &mut events);
        assert_eq!(events.len(), 1);
        assert_eq!(decoder.room(), 0);
        assert!(decoder.control.is_none());
    }
    assert!(size_of::<Decoder>() <= 120, "{}", size_of::<Decoder>());
}

#[test]
fn a_large_message_is_moved_from_where_it_arrived() {
    let stream = frame(0x82, &[1; 100_000]);
    let mut decoder = Decoder::new(plain(LIMIT));
    let mut batch = Batch::new();
    decoder.decode(&mut ReadBuffer::copy_of(&stream[..50_000]).unwrap(), &mut batch).unwrap();
    let address = decoder.message.address();
    assert_eq!(decoder.room(), 100_001);
    decoder.decode(&mut ReadBuffer::copy_of(&stream[50_000..]).unwrap(), &mut batch).unwrap();
    assert_eq!(batch.get(0).unwrap().payload.as_ptr(), address);
}

#[test]
fn memory_follows_the_bytes_and_not_the_announcement() {
    let mut decoder = Decoder::new(plain(u64::MAX));
    let mut batch = Batch::new();
    let mut feed = |bytes: &[u8]| {
        decoder.decode(&mut ReadBuffer::copy_of(bytes).unwrap(), &mut batch).unwrap();
        decoder.room()
    };
    assert_eq!(feed(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xf0"), 0);
    assert!(feed(b"x") <= 1 << 20);
    assert!(feed(&[0; 1 << 20]) <= 8 * ((1 << 20) + 1));
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
    let mut decoder = Decoder::new(plain(LIMIT));
    let mut batch = Batch::new();
    let mut stream = frame(0x82, b"good");
    stream.extend(b"\xff");
    assert!(decoder.decode(&mut ReadBuffer::copy_of(&stream).unwrap(), &mut batch).is_err());
    assert_eq!(batch.len(), 1);
    let mut late = ReadBuffer::copy_of(&frame(0x82, b"late")).unwrap();
    let decoded = decoder.decode(&mut late, &mut batch).unwrap();
    assert!(late.is_empty() && decoded.control.is_none());
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
    feed(&mut Decoder::new(plain(100)), &frame(0x82, &[0; 100]), &mut events);
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
    feed(&mut Decoder::new(plain(0)), b"\x81\x00\x82\x01", &mut events);
    assert_eq!(events[0], text(""));
    assert!(matches!(&events[1], Event::Violation(v) if v.close_code == 1009));
}

#[test]
fn text_is_refused_at_its_first_bad_byte() {
    // In the middle of a frame, before the rest of it arrives.
    assert_eq!(refused_with(1007, b"\x81\x7e\x10\x00abc\xffdef"), 8);
    // Overlong, surrogate, beyond U+10FFFF: refused at the second byte.
    for bad in [b"\xe0\x80", b"\xed\xa0", b"\xf4\x90"] {
        let mut stream = b"\x81\x09".to_vec();
        stream.extend(bad);
        stream.extend(b"1234567");
        assert_eq!(refused_with(1007, &stream), 4);
    }
    // A character that continues wrongly in the next fragment.
    assert_eq!(refused_with(1007, b"\x01\x02\xe2\x82\x00\x05\x28abcd"), 7);
    // A character that never ends: refused when the message ends.
    assert_eq!(refused_with(1007, b"\x81\x02\xe2\x82"), 4);
    assert_eq!(refused_with(1007, b"\x01\x02\xe2\x82\x80\x00"), 6);
    // The check starts again with each message. Binary messages are not checked.
    assert_eq!(whole(b"\x82\x02\xe2\x82\x01\x00\x80\x01a").len(), 2);
}
