//! Compression of many small messages, beside bare zlib.

use std::io::Write;

use criterion::{BenchmarkId, Criterion};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use hostws::protocol::{
    encode_data, Compressor, DataFrame, DeflateParams, MaskSource, MessageKind,
};

use crate::cpu_time::CpuTime;
use crate::group;
use crate::peer::{frame, look, Peer, Receiver};

const TAKEOVER: DeflateParams = DeflateParams {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    server_max_window_bits: 15,
    client_max_window_bits: 15,
};

const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// What a ticker sends: small objects that differ in their numbers.
fn quotes() -> Vec<String> {
    let symbols = ["AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "TSLA", "SAP.DE", "7203.T"];
    let mut state = 1u32;
    let mut number = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let quote = |n: u32| {
        let symbol = number(symbols.len() as u32) as usize;
        let bid = 10_000 * (symbol as u32 + 1) + number(500);
        let ask = bid + 1 + number(9);
        format!(
            "{{\"type\":\"quote\",\"symbol\":\"{}\",\"bid\":{}.{:02},\"bidSize\":{},\
             \"ask\":{}.{:02},\"askSize\":{},\"volume\":{},\"time\":{}}}",
            symbols[symbol],
            bid / 100,
            bid % 100,
            100 * (1 + number(40)),
            ask / 100,
            ask % 100,
            100 * (1 + number(40)),
            1_000_000 + 300 * n + number(300),
            1_767_225_600_000u64 + u64::from(n * 37 + number(37)),
        )
    };
    (0..4000).map(quote).collect()
}

/// zlib itself, into memory that is there already.
fn bare_deflate(zlib: &mut Compress, text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    zlib.compress_vec(text, out, FlushCompress::Sync).expect("room for all");
    out.truncate(out.len() - TAIL.len());
}

fn bare_inflate(zlib: &mut Decompress, packed: &[u8], out: &mut Vec<u8>) {
    out.clear();
    for piece in [packed, &TAIL] {
        zlib.decompress_vec(piece, out, FlushDecompress::None).expect("a good stream");
    }
}

pub fn inflate(c: &mut Criterion<CpuTime>) {
    let quotes = quotes();
    let bytes = quotes.iter().map(String::len).sum();
    let mut zlib = Compress::new(Compression::default(), false);
    let mut packed = Vec::new();
    let mut stream = Vec::new();
    for quote in &quotes {
        let mut out = Vec::with_capacity(1024);
        bare_deflate(&mut zlib, quote.as_bytes(), &mut out);
        frame(&mut stream, 0xC1, &out);
        packed.push(out);
    }
    let mut group = group(c, "inflate", bytes);

    let mut ours = Receiver::new(&stream, Some(TAKEOVER));
    let expected = ours.receive(quotes.len());
    group.bench_function(BenchmarkId::new("hostws", "quotes"), |b| {
        b.iter(|| ours.receive(quotes.len()));
    });

    let mut zlib = Decompress::new(false);
    let mut out = Vec::with_capacity(1024);
    let mut pass = || {
        let mut sum = 0;
        for packed in &packed {
            bare_inflate(&mut zlib, packed, &mut out);
            look(&out, &mut sum);
        }
        sum
    };
    assert_eq!(pass(), expected);
    group.bench_function(BenchmarkId::new("bare-zlib", "quotes"), |b| b.iter(&mut pass));
}

pub fn deflate(c: &mut Criterion<CpuTime>) {
    let quotes = quotes();
    let bytes = quotes.iter().map(String::len).sum();
    let mut group = group(c, "deflate", bytes);

    let mut masks = MaskSource::new().expect("random bytes");
    let mut compressor = Compressor::new(&TAKEOVER).expect("a window of 15 bits");
    let mut out = Vec::new();
    let mut peer = Peer::new(&[]);
    group.bench_function(BenchmarkId::new("hostws", "quotes"), |b| {
        b.iter(|| {
            for quote in &quotes {
                let packed = compressor.compress(quote.as_bytes(), true).expect("compressed");
                let frame =
                    DataFrame { is_compressed: true, ..DataFrame::whole(MessageKind::Text) };
                encode_data(&mut out, frame, &packed, &mut masks);
                peer.write_all(&out).expect("memory");
                out.clear();
            }
        });
    });

    let mut zlib = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(1024);
    group.bench_function(BenchmarkId::new("bare-zlib", "quotes"), |b| {
        b.iter(|| {
            for quote in &quotes {
                bare_deflate(&mut zlib, quote.as_bytes(), &mut out);
                peer.write_all(&out).expect("memory");
            }
        });
    });
}
