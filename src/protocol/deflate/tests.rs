//! The compressor and the inflater against each other, against an inflater that shares no code with
//! them, and against malicious streams.

use super::*;
use crate::protocol::testing::{feed, frame, in_pieces, plain, whole_with, Event, LIMIT};
use crate::protocol::{Batch, Decoder, DecoderConfig, MessageKind, ReadBuffer};

const ALL: DeflateParams = DeflateParams {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    server_max_window_bits: 15,
    client_max_window_bits: 15,
};

fn with_window(bits: u8) -> DeflateParams {
    DeflateParams { server_max_window_bits: bits, client_max_window_bits: bits, ..ALL }
}

fn decoding(params: DeflateParams) -> DecoderConfig {
    DecoderConfig { deflate: Some(params), ..plain(LIMIT) }
}

fn binary(payload: &[u8]) -> Event {
    Event::Message(MessageKind::Binary, payload.to_vec())
}

/// Text with many repetitions, at every distance up to its length.
fn prose(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let words: Vec<String> = (0..500)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("{:x} ", state >> 12)
        })
        .collect();
    let mut text = String::new();
    while text.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str(&words[state as usize >> 8 & 0x1FF & 0xFF]);
    }
    text.into_bytes()[..length].to_vec()
}

/// A straightforward inflater after RFC 1951, for raw streams that end in a flush. Returns the text
/// and the largest distance that was used.
fn inflate_by_the_book(stream: &[u8], history: &[u8]) -> (Vec<u8>, usize) {
    struct Bits<'a> {
        stream: &'a [u8],
        at: usize,
    }
    impl Bits<'_> {
        fn take(&mut self, count: usize) -> usize {
            (0..count).fold(0, |value, n| {
                let bit = self.stream[self.at / 8] >> (self.at % 8) & 1;
                self.at += 1;
                value | usize::from(bit) << n
            })
        }
        /// A symbol of the canonical code with these lengths (3.2.2).
        fn symbol(&mut self, lengths: &[usize]) -> usize {
            let (mut code, mut first) = (0, 0);
            for length in 1..16 {
                code = code << 1 | self.take(1);
                let of_length: Vec<usize> =
                    (0..lengths.len()).filter(|&n| lengths[n] == length).collect();
                if code - first < of_length.len() {
                    return of_length[code - first];
                }
                first = (first + of_length.len()) << 1;
            }
            panic!("no such code");
        }
    }
    /// Base values and extra bits (3.2.5).
    fn table(start: usize, step: usize, count: usize) -> Vec<(usize, usize)> {
        let mut base = start;
        let extras = (0..count).map(|n| (n / step).saturating_sub(1));
        extras
            .map(|extra| {
                let entry = (base, extra);
                base += 1 << extra;
                entry
            })
            .collect()
    }
    let mut lengths_table = table(3, 4, 28);
    lengths_table.push((258, 0));
    let distances_table = table(1, 2, 30);
    let mut bits = Bits { stream, at: 0 };
    let (mut out, mut furthest) = (history.to_vec(), 0);
    while bits.at < stream.len() * 8 {
        assert_eq!(bits.take(1), 0, "no final block");
        let (literals, distances) = match bits.take(2) {
            0 => {
                bits.at = bits.at.div_ceil(8) * 8;
                let (length, check) = (bits.take(16), bits.take(16));
                assert_eq!(length, check ^ 0xFFFF);
                out.extend((0..length).map(|_| bits.take(8) as u8));
                continue;
            }
            1 => {
                let fixed = |n| match n {
                    0..=143 => 8,
                    144..=255 => 9,
                    256..=279 => 7,
                    _ => 8,
                };
                ((0..288).map(fixed).collect(), vec![5; 30])
            }
            _ => {
                let (hlit, hdist, hclen) = (bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4);
                let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
                let mut code_lengths = [0; 19];
                for place in &order[..hclen] {
                    code_lengths[*place] = bits.take(3);
                }
                let mut lengths = Vec::new();
                while lengths.len() < hlit + hdist {
                    let (value, times) = match bits.symbol(&code_lengths) {
                        16 => (lengths[lengths.len() - 1], 3 + bits.take(2)),
                        17 => (0, 3 + bits.take(3)),
                        18 => (0, 11 + bits.take(7)),
                        length => (length, 1),
                    };
                    lengths.extend(std::iter::repeat_n(value, times));
                }
                let distances = lengths.split_off(hlit);
                (lengths, distances)
            }
        };
        loop {
            match bits.symbol(&literals) {
                byte @ 0..=255 => out.push(byte as u8),
                256 => break,
                symbol => {
                    let (base, extra) = lengths_table[symbol - 257];
                    let length = base + bits.take(extra);
                    let (base, extra) = distances_table[bits.symbol(&distances)];
                    let distance = base + bits.take(extra);
                    furthest = furthest.max(distance);
                    for _ in 0..length {
                        out.push(out[out.len() - distance]);
                    }
                }
            }
        }
    }
    (out.split_off(history.len()), furthest)
}

#[test]
fn a_window_is_as_small_as_was_agreed() {
    let text = prose(60_000);
    for bits in MIN_WINDOW_BITS..=MAX_WINDOW_BITS {
        let mut compressor = Compressor::new(&with_window(bits)).unwrap();
        let mut history = Vec::new();
        let mut furthest = 0;
        for message in text.chunks(20_000) {
            let mut stream = compressor.compress(message, true).unwrap();
            stream.extend(TAIL);
            let (inflated, distance) = inflate_by_the_book(&stream, &history);
            assert_eq!(inflated, message);
            history.extend(message);
            furthest = furthest.max(distance);
        }
        assert!(furthest <= 1 << bits, "{furthest} bytes back in a window of {bits} bits");
        // The whole window is used; otherwise this test would prove nothing.
        assert!(furthest > 1 << (bits - 2), "{furthest} bytes back in a window of {bits} bits");
    }
}

#[test]
fn without_takeover_each_message_stands_alone() {
    let params = DeflateParams { client_no_context_takeover: true, ..ALL };
    let mut compressor = Compressor::new(&params).unwrap();
    for _ in 0..3 {
        let mut stream = compressor.compress(b"the same, the same, the same", true).unwrap();
        stream.extend(TAIL);
        let (inflated, _) = inflate_by_the_book(&stream, b"");
        assert_eq!(inflated, b"the same, the same, the same");
    }
    let mut keeping = Compressor::new(&ALL).unwrap();
    let first = keeping.compress(b"the same, the same, the same", true).unwrap();
    assert!(keeping.compress(b"the same, the same, the same", true).unwrap().len() < first.len());
}

#[test]
fn a_window_of_eight_bits_compresses_nothing() {
    assert!(Compressor::new(&with_window(8)).is_none());
}

#[test]
fn contexts_are_made_at_first_use() {
    let mut compressor = Compressor::new(&ALL).unwrap();
    assert!(!compressor.has_context());
    compressor.compress(b"x", true).unwrap();
    assert!(compressor.has_context());
    let mut inflater = Inflater::new(&ALL);
    assert!(!inflater.has_context());
    let mut out = Vec::with_capacity(100);
    assert!(inflater.inflate(b"\xaa\x00", &mut out).is_ok());
    assert!(inflater.has_context());
}

#[test]
fn without_takeover_connections_share_contexts() {
    let alone =
        DeflateParams { server_no_context_takeover: true, client_no_context_takeover: true, ..ALL };
    let contexts = std::sync::Arc::default();
    let text = prose(3000);
    let mut decoders = [0; 2].map(|_| Decoder::new(decoding(alone)).sharing(&contexts));
    let mut compressors = [0; 2].map(|_| Compressor::new(&alone).unwrap().sharing(&contexts));
    let expected = Compressor::new(&alone).unwrap().compress(&text, true).unwrap();
    for turn in 0..6 {
        let compressor = &mut compressors[turn % 2];
        let mut compressed = compressor.compress(&text[..1000], false).unwrap();
        assert!(compressor.has_context(), "the message goes on");
        compressed.extend(compressor.compress(&text[1000..], true).unwrap());
        assert!(!compressor.has_context());
        let again = compressor.compress(&text, true).unwrap();
        assert_eq!(again, expected, "nothing of another message is in it");
        let mut events = Vec::new();
        let decoder = &mut decoders[turn % 2];
        feed(decoder, &frame(0x41, &expected[..100]), &mut events);
        assert!(!decoder.is_as_new(), "the message goes on");
        feed(decoder, &frame(0x80, &expected[100..]), &mut events);
        assert!(decoder.is_as_new(), "it keeps nothing");
        feed(decoder, &frame(0xC2, &compressed), &mut events);
        assert_eq!(events, [Event::Message(MessageKind::Text, text.clone()), binary(&text)]);
    }
    assert!(contexts.take_compressor(15).is_some() && contexts.take_inflater().is_some());
    assert!(
        contexts.take_compressor(15).is_none() && contexts.take_inflater().is_none(),
        "one each"
    );
    // With takeover, each has its own.
    let mut keeping = Compressor::new(&ALL).unwrap().sharing(&contexts);
    keeping.compress(&text, true).unwrap();
    assert!(keeping.has_context() && contexts.take_compressor(15).is_none());
}

/// The examples of RFC 7692 7.2.3.
#[test]
fn the_examples_of_the_rfc() {
    let hello = |stream: &[u8]| whole_with(decoding(ALL), stream);
    let expected = [Event::Message(MessageKind::Text, b"Hello".to_vec())];
    assert_eq!(hello(&frame(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")), expected);
    let mut fragments = frame(0x41, b"\xf2\x48\xcd");
    fragments.extend(frame(0x80, b"\xc9\xc9\x07\x00"));
    assert_eq!(hello(&fragments), expected);
    let mut twice = frame(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00");
    twice.extend(frame(0xC1, b"\xf2\x00\x11\x00\x00"));
    assert_eq!(hello(&twice), [&expected[..], &expected[..]].concat());
    let stored = b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00";
    assert_eq!(hello(&frame(0xC1, stored)), expected);
    let ends_itself = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
    assert_eq!(hello(&frame(0xC1, ends_itself)), expected);
    let two_blocks = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
    assert_eq!(hello(&frame(0xC1, two_blocks)), expected);
    assert_eq!(hello(&frame(0xC2, b"\x00")), [binary(b"")]);
}

#[test]
fn a_stream_that_ended_itself_goes_on() {
    let ends_itself = b"\xf3\x48\xcd\xc9\xc9\x07\x00";
    let mut stream = Vec::new();
    for _ in 0..3 {
        stream.extend(frame(0xC2, ends_itself));
        stream.extend(frame(0xC2, b""));
        stream.extend(frame(0xC2, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
    }
    let expected = [binary(b"Hello"), binary(b""), binary(b"Hello")];
    let expected = [&expected[..], &expected[..], &expected[..]].concat();
    assert_eq!(whole_with(decoding(ALL), &stream), expected);
    assert_eq!(in_pieces(decoding(ALL), &stream, &[1]), expected);
}

/// One repeated byte, which compresses to a thousandth of its length.
fn bomb(length: usize) -> Vec<u8> {
    let mut compressor = Compressor::new(&ALL).unwrap();
    compressor.compress(&vec![0; length], true).unwrap()
}

#[test]
fn a_bomb_costs_no_more_than_the_limit() {
    let stream = frame(0xC2, &bomb(64 << 20));
    assert!(stream.len() < 70_000);
    let mut decoder = Decoder::new(decoding(ALL));
    let mut batch = Batch::new();
    let violation =
        decoder.decode(&mut ReadBuffer::copy_of(&stream).unwrap(), &mut batch).unwrap_err();
    assert_eq!(violation.close_code, 1009);
    assert!(violation.message.contains(&LIMIT.to_string()), "{violation}");
    assert!(batch.is_empty());
    let stream = frame(0xC2, &bomb(LIMIT as usize));
    assert_eq!(whole_with(decoding(ALL), &stream), [binary(&vec![0; LIMIT as usize])]);
    let stream = frame(0xC2, &bomb(LIMIT as usize + 1));
    let events = whole_with(decoding(ALL), &stream);
    assert!(matches!(&events[..], [Event::Violation(violation)] if violation.close_code == 1009));
}

#[test]
fn what_is_inflated_has_no_more_room_than_the_limit() {
    let stream = frame(0xC2, &bomb(LIMIT as usize));
    let mut decoder = Decoder::new(decoding(ALL));
    decoder
        .decode(&mut ReadBuffer::copy_of(&stream[..stream.len() - 1]).unwrap(), &mut Batch::new())
        .unwrap();
    let room = decoder.room();
    assert!(room > LIMIT as usize / 2 && room <= LIMIT as usize + 1, "{room}");
}

#[test]
fn a_batch_has_a_limit_however_much_comes_out() {
    let one = bomb(LIMIT as usize);
    let stream: Vec<u8> = (0..50).flat_map(|_| frame(0xC2, &one)).collect();
    let streamed = DecoderConfig {
        stream_threshold: Some(10_000),
        ..DecoderConfig { max_message: u64::MAX, ..decoding(ALL) }
    };
    let params = DeflateParams { server_no_context_takeover: true, ..ALL };
    for config in [streamed, DecoderConfig { deflate: Some(params), ..decoding(params) }] {
        let mut decoder = Decoder::new(config);
        let (mut input, mut total, mut calls) = (ReadBuffer::copy_of(&stream).unwrap(), 0, 0);
        loop {
            let mut batch = Batch::new();
            let decoded = decoder.decode(&mut input, &mut batch).unwrap();
            assert!(batch.payload_bytes() <= 2 << 20);
            total += batch.payload_bytes();
            calls += 1;
            if !decoded.is_full {
                break;
            }
        }
        assert!(input.is_empty() && calls > 10);
        assert_eq!(total, 50 << 20);
    }
}

#[test]
fn reserved_bits() {
    let refused = |config: DecoderConfig, stream: &[u8]| {
        let mut events = Vec::new();
        feed(&mut Decoder::new(config), stream, &mut events);
        matches!(events.last(), Some(Event::Violation(violation)) if violation.close_code == 1002)
    };
    let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
    assert!(!refused(decoding(ALL), &frame(0xC1, hello)));
    // Refused: not negotiated, a control frame, a later fragment, another reserved bit.
    assert!(refused(plain(LIMIT), &frame(0xC1, hello)));
    assert!(refused(decoding(ALL), &frame(0xC9, b"")));
    let mut later = frame(0x41, &hello[..3]);
    later.extend(frame(0xC0, &hello[3..]));
    assert!(refused(decoding(ALL), &later));
    assert!(refused(decoding(ALL), &frame(0xE1, hello)));
}

#[test]
fn what_cannot_be_inflated_is_refused() {
    let garbage = frame(0xC2, b"\xff\xff\xff\xff");
    let events = whole_with(decoding(ALL), &garbage);
    assert!(matches!(&events[..], [Event::Violation(violation)] if violation.close_code == 1002));
}

#[test]
fn a_server_that_agreed_to_forget_is_held_to_it() {
    let mut compressor = Compressor::new(&ALL).unwrap();
    let text = prose(3000);
    let stream: Vec<u8> =
        (0..2).flat_map(|_| frame(0xC2, &compressor.compress(&text, true).unwrap())).collect();
    assert_eq!(whole_with(decoding(ALL), &stream), [binary(&text), binary(&text)]);
    let agreed = DeflateParams { server_no_context_takeover: true, ..ALL };
    let events = whole_with(decoding(agreed), &stream);
    assert_eq!(events[0], binary(&text));
    assert!(matches!(&events[1], Event::Violation(violation) if violation.close_code == 1002));
}

#[test]
fn compressed_text_is_refused_at_its_first_bad_byte() {
    let mut compressor = Compressor::new(&ALL).unwrap();
    let begun = compressor.compress(b"good \xff", false).unwrap();
    // The message continues, but the decoder does not need the rest.
    let events = whole_with(decoding(ALL), &frame(0x41, &begun));
    assert!(matches!(&events[..], [Event::Violation(violation)] if violation.close_code == 1007));
}
