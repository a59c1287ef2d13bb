//! A server's stream with permessage-deflate: what is told does not depend on
//! how it arrives and is what RFC 6455, 7692 and 1951 say, memory is bounded by
//! the limit, and what either side compresses the other gets back.

#![no_main]

use flate2::{Compress, Compression, FlushCompress};
use hostws::protocol::{Compressor, DecoderConfig, DeflateParams, MessageKind};
use hostws_fuzz::feed;
use hostws_fuzz::inflate::Messages;
use hostws_fuzz::input::{split, Input};
use hostws_fuzz::memory::Counting;
use hostws_fuzz::model::{self, Told};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Mostly small, for the sake of speed: what is beyond them is not inflated.
const LIMITS: [u64; 8] = [5000, 0, 1, 125, 1000, 20_000, 65_535, u64::MAX];
const THRESHOLDS: [Option<usize>; 6] =
    [None, Some(0), Some(5), Some(126), Some(4096), Some(20_000)];
const WINDOWS: [u8; 8] = [15, 8, 9, 10, 11, 12, 13, 14];

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let params = DeflateParams {
        server_no_context_takeover: flags & 1 != 0,
        client_no_context_takeover: flags & 2 != 0,
        server_max_window_bits: input.choose(&WINDOWS),
        client_max_window_bits: input.choose(&WINDOWS),
    };
    let max_message = input.choose(&LIMITS);
    let stream_threshold = input.choose(&THRESHOLDS);
    let seed = input.byte();
    let config = DecoderConfig { max_message, stream_threshold, deflate: Some(params) };
    match flags & 4 {
        0 => stream(config, input.rest(), seed),
        _ => texts(config, input.rest(), seed),
    }
});

/// What a server may send by way of mistake or malice.
fn stream(config: DecoderConfig, stream: &[u8], seed: u8) {
    let (told, handed_on) = model::join(&feed::events(config, stream, seed));
    // zlib-rs keeps 32 KiB whatever was agreed, so what reaches farther back than the
    // server promised is understood all the same.
    let reset = config.deflate.is_some_and(|params| params.server_no_context_takeover);
    let deflate = Some(Messages::new(32 * 1024, reset));
    let expected = model::model(stream, config.max_message, deflate);
    assert_eq!(told, expected.told, "not as the RFCs have it");
    assert!(expected.unfinished.starts_with(&handed_on));
    feed::bounded(config, stream, seed);
}

/// What both sides compress.
fn texts(config: DecoderConfig, text: &[u8], seed: u8) {
    let Some(params) = config.deflate else { return };
    // Messages that have something in common, as those of one server have.
    let messages: Vec<&[u8]> = split(text, seed).chain(split(text, seed)).take(40).collect();
    received(config, params, &messages, seed);
    sent(params, &messages, seed);
}

/// A server's messages, compressed by zlib in one of the ways that are allowed.
fn received(config: DecoderConfig, params: DeflateParams, messages: &[&[u8]], seed: u8) {
    let level = Compression::new(u32::from(seed) % 10);
    let window_bits = params.server_max_window_bits.max(9);
    let mut compress = Compress::new_with_window_bits(level, false, window_bits);
    let mut stream = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        // One without compression now and then, which does not touch the context.
        let is_compressed = !(usize::from(seed) + index).is_multiple_of(7);
        let payload = match is_compressed {
            true => deflate(&mut compress, message),
            false => message.to_vec(),
        };
        if params.server_no_context_takeover {
            compress.reset();
        }
        let rsv1 = if is_compressed { 0x40 } else { 0 };
        fragments(&mut stream, 0x02 | rsv1, &payload, seed.wrapping_add(index as u8));
    }
    let (told, _) = model::join(&feed::events(config, &stream, seed));
    let fits = |message: &&&[u8]| message.len() as u64 <= config.max_message;
    let expected = messages.iter().take_while(fits);
    let mut expected: Vec<Told> =
        expected.map(|message| Told::Message(MessageKind::Binary, message.to_vec())).collect();
    if expected.len() < messages.len() {
        expected.push(Told::Violation(1009));
    }
    assert_eq!(told, expected);
}

fn deflate(compress: &mut Compress, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * message.len() + 100);
    compress.compress_vec(message, &mut out, FlushCompress::Sync).expect("room for all");
    assert_eq!(out.split_off(out.len() - 4), [0, 0, 0xFF, 0xFF]);
    out
}

fn fragments(stream: &mut Vec<u8>, first: u8, payload: &[u8], seed: u8) {
    let mut first = first;
    let mut left = payload.len();
    let mut pieces = split(payload, seed.max(20)).peekable();
    loop {
        let piece = pieces.next().unwrap_or_default();
        left -= piece.len();
        let fin = if left == 0 { 0x80 } else { 0 };
        stream.push(first | fin);
        match piece.len() {
            len @ 0..=125 => stream.push(len as u8),
            len => {
                stream.push(126);
                stream.extend((len as u16).to_be_bytes());
            }
        }
        stream.extend(piece);
        first = 0;
        if left == 0 {
            return;
        }
    }
}

/// Our messages, whole and in fragments, as a server inflates them that keeps
/// no more of a window than was agreed.
fn sent(params: DeflateParams, messages: &[&[u8]], seed: u8) {
    let Some(mut compressor) = Compressor::new(&params) else {
        return assert_eq!(params.client_max_window_bits, 8);
    };
    let window = 1 << params.client_max_window_bits;
    let mut server = Messages::new(window, params.client_no_context_takeover);
    for (index, message) in messages.iter().enumerate() {
        let pieces: Vec<&[u8]> = match index % 2 {
            0 => vec![message],
            _ => split(message, seed).chain([&[][..]]).collect(),
        };
        let mut out = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let payload = compressor.compress(piece, at + 1 == pieces.len()).expect("compressed");
            assert!(server.inflate(&payload, &mut out), "we sent what is corrupt");
        }
        assert!(server.finish(&mut out), "we sent what is corrupt");
        assert_eq!(&out, message);
    }
}
