//! Frames in both directions, beside tungstenite.

use std::hint::black_box;
use std::io::Write;

use criterion::{BenchmarkId, Criterion};
use hostws::protocol::{encode_data, DataFrame, MaskSource, MessageKind};
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::{Message, Utf8Bytes};

use crate::cpu_time::CpuTime;
use crate::group;
use crate::peer::{frame, look, Peer, Receiver, READ};

const SIZES: [(&str, usize); 4] =
    [("64B", 64), ("1KiB", 1024), ("64KiB", 64 * 1024), ("1MiB", 1024 * 1024)];

/// Enough messages that one pass is worth measuring.
fn count(size: usize) -> usize {
    (2 << 20) / size
}

pub fn decode(c: &mut Criterion<CpuTime>) {
    let contents: [(&str, u8, &[u8]); 3] = [
        ("binary", 0x82, &[0x00, 0xFF, 0x37, 0x80]),
        ("ascii", 0x81, b"The quick brown fox jumps over the lazy dog. "),
        ("cjk", 0x81, "快速的棕色狐狸跳过了懒狗".as_bytes()),
    ];
    for (content, first, pattern) in contents {
        for (name, size) in SIZES {
            // Text ends between characters: some bytes less.
            let payload = pattern.repeat(size / pattern.len());
            let count = count(size);
            let mut stream = Vec::new();
            for _ in 0..count {
                frame(&mut stream, first, &payload);
            }
            let mut group = group(c, &format!("decode-{content}"), payload.len() * count);

            let mut ours = Receiver::new(&stream, None);
            let expected = ours.receive(count);
            group.bench_function(BenchmarkId::new("hostws", name), |b| {
                b.iter(|| ours.receive(count));
            });

            // Its limit for one frame is 16 MiB: not touched here.
            let config = WebSocketConfig::default().read_buffer_size(READ);
            let mut theirs =
                WebSocket::from_raw_socket(Peer::new(&stream), Role::Client, Some(config));
            assert_eq!(receive_reference(&mut theirs, count), expected);
            group.bench_function(BenchmarkId::new("tungstenite", name), |b| {
                b.iter(|| receive_reference(&mut theirs, count));
            });
        }
    }
}

fn receive_reference(socket: &mut WebSocket<Peer<'_>>, count: usize) -> usize {
    let mut sum = 0;
    for _ in 0..count {
        match socket.read().expect("a good stream") {
            Message::Text(text) => look(text.as_bytes(), &mut sum),
            Message::Binary(data) => look(&data, &mut sum),
            other => unreachable!("{other}"),
        }
    }
    sum
}

/// One message at a time, each written out, as a host does that sends when it
/// has something to say.
pub fn encode(c: &mut Criterion<CpuTime>) {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(24_000);
    for (name, size) in SIZES {
        let payload = Utf8Bytes::from(&text[..size]);
        let count = count(size);
        let mut group = group(c, "encode", size * count);

        let mut masks = MaskSource::new().expect("random bytes");
        let mut out = Vec::new();
        let mut peer = Peer::new(&[]);
        group.bench_function(BenchmarkId::new("hostws", name), |b| {
            b.iter(|| {
                for _ in 0..count {
                    let frame = DataFrame::whole(MessageKind::Text);
                    encode_data(&mut out, frame, black_box(payload.as_bytes()), &mut masks);
                    peer.write_all(&out).expect("memory");
                    out.clear();
                }
            });
        });

        let mut theirs = WebSocket::from_raw_socket(Peer::new(&[]), Role::Client, None);
        group.bench_function(BenchmarkId::new("tungstenite", name), |b| {
            b.iter(|| {
                for _ in 0..count {
                    // No copy: this text is shared.
                    let message = Message::Text(black_box(&payload).clone());
                    theirs.send(message).expect("memory");
                }
            });
        });
    }
}
