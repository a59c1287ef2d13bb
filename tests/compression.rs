//! permessage-deflate (RFC 7692) with the options of a host: the offer, the server's answer, which
//! messages are compressed, and received messages.

mod support;

use std::sync::{mpsc, Mutex};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use hostws::capi::*;
use support::host::*;
use support::servers::frames::{frame, Frame, BINARY, FIN, RSV1, TEXT};
use support::servers::listener::Listener;
use support::servers::raw;
use support::url;

const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];
const AGREED: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// A server that accepts with that answer and sends `says` at once, and the frames that it
/// receives.
fn server(
    answer: &'static str,
    says: Vec<u8>,
) -> (Listener, mpsc::Receiver<String>, mpsc::Receiver<Frame>) {
    let (server, heard) = raw::recording(answer, says).unwrap();
    (server, heard.requests, heard.frames)
}

fn deflating(options: &mut ws_options) {
    options.deflate = 1;
}

fn next(frames: &mpsc::Receiver<Frame>) -> Frame {
    frames.recv_timeout(PATIENCE).expect("a frame")
}

fn deflated(context: &mut Compress, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 100);
    context.compress_vec(payload, &mut out, FlushCompress::Sync).unwrap();
    assert!(out.ends_with(&TAIL));
    out.truncate(out.len() - TAIL.len());
    out
}

fn inflated(context: &mut Decompress, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 << 20);
    for piece in [payload, &TAIL] {
        context.decompress_vec(piece, &mut out, FlushDecompress::Sync).unwrap();
    }
    out
}

const QUOTE: &str =
    r#"{"symbol":"ACME","bid":101.25,"ask":101.50,"last":101.50,"venue":"XNAS","size":100}"#;

#[test]
fn nothing_is_offered_by_default() {
    let (server, requests, frames) = server("", Vec::new());
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    assert_eq!(send(client.id, QUOTE.repeat(10).as_bytes(), 0), HOSTWS_OK);
    assert!(!next(&frames).rsv1);
    assert!(!requests.recv().unwrap().to_lowercase().contains("sec-websocket-extensions"));
    client.terminate();
    client.finish();
}

#[test]
fn what_the_options_ask_is_offered() {
    let offered = |set: fn(&mut ws_options)| {
        let (server, requests, _frames) = server("", Vec::new());
        let client = Client::with(&url(&server, "/"), set);
        client.wait_open();
        client.terminate();
        client.finish();
        let head = requests.recv().unwrap();
        let line = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(offered(deflating), "permessage-deflate; client_max_window_bits");
    let all = offered(|options| {
        options.deflate = 1;
        options.deflate_server_no_context_takeover = 1;
        options.deflate_client_no_context_takeover = 1;
        options.deflate_server_max_window_bits = 9;
        options.deflate_client_max_window_bits = 15;
    });
    // A server may agree to nothing: the connection has no compression.
    assert_eq!(
        all,
        "permessage-deflate; client_max_window_bits=15; server_max_window_bits=9; \
         server_no_context_takeover; client_no_context_takeover"
    );
    assert_eq!(offered(|options| options.deflate_server_max_window_bits = 9), "");
}

#[test]
fn messages_leave_compressed_and_come_back_whole() {
    let mut context = Compress::new(Compression::default(), false);
    let mut says = Vec::new();
    for _ in 0..3 {
        says.extend(frame(FIN | RSV1 | TEXT, &deflated(&mut context, QUOTE.as_bytes())));
    }
    says.extend(frame(FIN | TEXT, b"not compressed"));
    says.extend(frame(FIN | RSV1 | BINARY, &deflated(&mut context, &[7; 100_000])));
    let (server, _, frames) = server(AGREED, says);
    let client = Client::with(&url(&server, "/"), deflating);
    client.wait_messages(5);
    let quote = QUOTE.as_bytes().to_vec();
    let expected = [&quote, &quote, &quote, &b"not compressed".to_vec(), &vec![7; 100_000]];
    assert_eq!(client.messages().iter().collect::<Vec<_>>(), expected);
    let extension = response_header(client.id, "Sec-WebSocket-Extensions");
    assert_eq!(extension.as_deref(), Ok("permessage-deflate"));
    let mut context = Decompress::new(false);
    let mut sizes = Vec::new();
    for _ in 0..3 {
        assert_eq!(send(client.id, QUOTE.as_bytes(), HOSTWS_TEXT), HOSTWS_OK);
        let frame = next(&frames);
        assert!(frame.rsv1 && frame.fin && frame.opcode == TEXT);
        assert_eq!(inflated(&mut context, &frame.payload), QUOTE.as_bytes());
        sizes.push(frame.payload.len());
    }
    // Later messages refer to earlier ones.
    assert!(sizes[0] < QUOTE.len() && sizes[1] < 20 && sizes[2] < 20, "{sizes:?}");
    for empty_or_more in [&b""[..], &[1; 70_000]] {
        assert_eq!(send_ex(client.id, empty_or_more, HOSTWS_BLOB, HOSTWS_MORE), HOSTWS_OK);
        assert_eq!(send_ex(client.id, b"end", HOSTWS_BLOB, 0), HOSTWS_OK);
        let (begin, end) = (next(&frames), next(&frames));
        assert!(begin.rsv1 && !begin.fin && !end.rsv1 && end.fin);
        let message = inflated(&mut context, &[begin.payload, end.payload].concat());
        assert_eq!(message, [empty_or_more, b"end"].concat());
    }
    let stats = stats(client.id);
    assert_eq!((stats.messages_sent, stats.messages_received), (5, 5));
    assert_eq!(stats.payload_sent as usize, 3 * QUOTE.len() + 70_000 + 6);
    assert!(stats.wire_sent < 1000, "{}", stats.wire_sent);
    client.terminate();
    client.finish();
}

#[test]
fn what_is_short_or_marked_leaves_as_it_is() {
    let (accept, may_accept) = mpsc::channel();
    let may_accept = Mutex::new(may_accept);
    let ready = move || may_accept.lock().unwrap().recv_timeout(PATIENCE).unwrap();
    let (server, raw::Heard { frames, .. }) =
        raw::recording_after(ready, AGREED, Vec::new()).unwrap();
    let client = Client::with(&url(&server, "/"), deflating);
    let long = [b'x'; 200];
    // Nothing is negotiated while it is Connecting.
    assert_eq!(send(client.id, &long, 0), HOSTWS_OK);
    accept.send(()).unwrap();
    assert!(!next(&frames).rsv1);
    client.wait_open();
    for (length, is_compressed) in [(0, false), (63, false), (64, true), (200, true)] {
        assert_eq!(send(client.id, &long[..length], 0), HOSTWS_OK);
        assert_eq!(next(&frames).rsv1, is_compressed, "{length} bytes");
    }
    assert_eq!(send_ex(client.id, &long, 0, HOSTWS_NO_COMPRESS), HOSTWS_OK);
    let marked = next(&frames);
    assert!(!marked.rsv1 && marked.fin && marked.payload == long);
    assert_eq!(send_ex(client.id, &long, 0, HOSTWS_NO_COMPRESS | HOSTWS_MORE), HOSTWS_OK);
    assert_eq!(send_ex(client.id, &long, 0, 0), HOSTWS_OK);
    assert!(!next(&frames).rsv1 && !next(&frames).rsv1);
    client.terminate();
    client.finish();
    for (threshold, length, is_compressed) in [(-1, 1, true), (-1, 0, true), (150, 149, false)] {
        let (server, _, frames) = self::server(AGREED, Vec::new());
        let client = Client::with(&url(&server, "/"), |options| {
            options.deflate = 1;
            options.deflate_threshold = threshold;
        });
        client.wait_open();
        assert_eq!(send(client.id, &long[..length], 0), HOSTWS_OK);
        assert_eq!(next(&frames).rsv1, is_compressed, "{length} bytes over {threshold}");
        client.terminate();
        client.finish();
    }
}

#[test]
fn without_takeover_nothing_is_referred_to() {
    let asked = |options: &mut ws_options| {
        options.deflate = 1;
        options.deflate_client_no_context_takeover = 1;
    };
    let answer = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
    for (answer, set) in [(AGREED, asked as fn(&mut ws_options)), (answer, deflating)] {
        let (server, _, frames) = server(answer, Vec::new());
        let client = Client::with(&url(&server, "/"), set);
        client.wait_open();
        for _ in 0..2 {
            assert_eq!(send(client.id, QUOTE.as_bytes(), 0), HOSTWS_OK);
            let frame = next(&frames);
            assert!(frame.rsv1);
            assert_eq!(inflated(&mut Decompress::new(false), &frame.payload), QUOTE.as_bytes());
        }
        client.terminate();
        client.finish();
    }
}

#[test]
fn a_bad_answer_is_refused() {
    for (answer, words) in [
        ("Sec-WebSocket-Extensions: permessage-deflate; level=1\r\n", "unknown parameter"),
        ("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n", "8 to 15"),
        ("Sec-WebSocket-Extensions: permessage-brotli\r\n", "not offered"),
        ("Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n", "more than"),
    ] {
        let (server, _, _frames) = server(answer, Vec::new());
        let story = Client::with(&url(&server, "/"), deflating).finish();
        story.check_failed(1006, &["ws", "http"], words);
        assert!(!story.was_open());
    }
    let (server, _, _frames) = server(AGREED, Vec::new());
    let demanding = |options: &mut ws_options| {
        options.deflate = 1;
        options.deflate_server_max_window_bits = 10;
    };
    let story = Client::with(&url(&server, "/"), demanding).finish();
    story.check_failed(1006, &["ws", "http"], "server_max_window_bits");
}

#[test]
fn a_server_without_it_gets_plain_messages() {
    let (server, _, frames) = server("", Vec::new());
    let client = Client::with(&url(&server, "/"), deflating);
    client.wait_open();
    assert_eq!(send(client.id, &[b'x'; 500], 0), HOSTWS_OK);
    assert!(!next(&frames).rsv1);
    client.terminate();
    client.finish();
    // Which may not compress either.
    let hello = frame(FIN | RSV1 | TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00");
    let (server, _, _frames) = self::server("", hello);
    let story = Client::with(&url(&server, "/"), deflating).finish();
    story.check_failed(1002, &["ws"], "reserved bits");
}

#[test]
fn a_bomb_fails_with_1009() {
    let mut context = Compress::new(Compression::best(), false);
    let bomb = frame(FIN | RSV1 | BINARY, &deflated(&mut context, &vec![0; 50 << 20]));
    assert!(bomb.len() < 100_000);
    let (server, _, _frames) = server(AGREED, bomb);
    let client = Client::with(&url(&server, "/"), |options| {
        options.deflate = 1;
        options.max_message = 1 << 20;
    });
    let story = client.finish();
    story.check_failed(1009, &["ws"], "inflates to more than the limit of 1048576 bytes");
    assert!(story.messages().is_empty());
}

#[test]
fn what_is_inflated_counts_in_the_receive_queue() {
    let mut context = Compress::new(Compression::best(), false);
    let mut says = Vec::new();
    for _ in 0..60 {
        says.extend(frame(FIN | RSV1 | BINARY, &deflated(&mut context, &vec![0; 1 << 20])));
    }
    assert!(says.len() < 100_000, "all of it comes with one read");
    let (server, _, _frames) = server(AGREED, says);
    let client = Client::with(&url(&server, "/"), |options| {
        options.deflate = 1;
        options.receive_queue_max = 4 << 20;
    });
    client.wait_open();
    // OPEN has been delivered, perhaps with some messages. The queue fills up to four, and one
    // or two that exceed it; with more than half of that it is not filled again.
    wait_pending(2);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let waiting = ws_pending(0);
    assert!((2..=7).contains(&waiting), "{waiting}");
    client.wait_messages(60);
    assert!(client.messages().iter().all(|message| message.len() == 1 << 20));
    client.terminate();
    client.finish();
}

#[test]
fn threads_that_send_at_once_do_not_spoil_the_stream() {
    let (server, _, frames) = server(AGREED, Vec::new());
    let client = Client::with(&url(&server, "/"), deflating);
    client.wait_open();
    let ws = client.id;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for number in 0..200 {
                    let message = format!("{QUOTE} of {thread}, number {number:05}");
                    let length = if number % 3 == 0 { 40 } else { message.len() };
                    while send(ws, &message.as_bytes()[message.len() - length..], 0) != HOSTWS_OK {}
                }
            });
        }
    });
    let mut context = Decompress::new(false);
    let mut numbers = [0; 4];
    for _ in 0..800 {
        let frame = next(&frames);
        let message = match frame.rsv1 {
            true => inflated(&mut context, &frame.payload),
            false => frame.payload,
        };
        let text = String::from_utf8(message).unwrap();
        let (head, number) = text.rsplit_once(", number ").unwrap();
        let thread: usize = head.rsplit_once(' ').unwrap().1.parse().unwrap();
        assert_eq!(number.parse(), Ok(numbers[thread]), "each thread's in their order");
        numbers[thread] += 1;
    }
    client.terminate();
    client.finish();
}

#[test]
fn a_queue_that_is_full_drains() {
    let (server, _, frames) = server(AGREED, Vec::new());
    let client = Client::with(&url(&server, "/"), |options| {
        options.deflate = 1;
        options.send_queue_max = 2000;
    });
    client.wait_open();
    // It counts with its uncompressed length.
    assert_eq!(send(client.id, &[b'x'; 3000], 0), HOSTWS_E_TOO_BIG);
    assert_eq!(send(client.id, &[b'x'; 1900], 0), HOSTWS_OK);
    assert_eq!(next(&frames).payload.len(), inflated_length_of(1900));
    client.terminate();
    client.finish();
}

/// The compressed length of a run of one byte.
fn inflated_length_of(length: usize) -> usize {
    deflated(&mut Compress::new(Compression::default(), false), &vec![b'x'; length]).len()
}
