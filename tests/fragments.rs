//! Huge messages: sent in fragments with HOSTWS_MORE, received in parts with `stream_threshold`.

mod support;

use std::sync::{mpsc, Mutex};

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{self, frame, Frame, BINARY, CLOSE, CONTINUATION, FIN, PING, TEXT};
use support::servers::listener::Listener;
use support::servers::raw;
use support::url;

/// A server that sends `says` at once, and the client's frames.
fn server(says: Vec<u8>) -> (Listener, mpsc::Receiver<Frame>) {
    let (server, heard) = raw::recording("", says).unwrap();
    (server, heard.frames)
}

fn next(frames: &mpsc::Receiver<Frame>) -> (bool, u8, Vec<u8>) {
    let frame = frames.recv_timeout(PATIENCE).expect("a frame");
    (frame.fin, frame.opcode, frame.payload)
}

#[test]
fn each_fragment_is_a_frame() {
    let (server, frames) = server(Vec::new());
    let client = Client::new(&url(&server, "/"));
    // Also before it is open.
    assert_eq!(send_ex(client.id, b"one ", 0, HOSTWS_MORE), HOSTWS_OK);
    client.wait_open();
    assert_eq!(send_ex(client.id, b"", HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_OK);
    assert_eq!(ping(client.id, b"between"), HOSTWS_OK);
    assert_eq!(send_ex(client.id, b"two", 0, 0), HOSTWS_OK);
    assert_eq!(next(&frames), (false, TEXT, b"one ".to_vec()));
    assert_eq!(next(&frames), (false, CONTINUATION, b"".to_vec()));
    assert_eq!(next(&frames), (true, PING, b"between".to_vec()));
    assert_eq!(next(&frames), (true, CONTINUATION, b"two".to_vec()));
    assert_eq!(stats(client.id).messages_sent, 1);
    assert_eq!(stats(client.id).payload_sent, 7);
    assert_eq!(send_ex(client.id, b"whole", HOSTWS_BLOB, 0), HOSTWS_OK);
    assert_eq!(next(&frames), (true, BINARY, b"whole".to_vec()));
    client.terminate();
    client.finish();
}

#[test]
fn text_may_be_cut_anywhere() {
    let text = "Grüße, 世界 🎉!".as_bytes();
    let (server, frames) = server(Vec::new());
    let client = Client::new(&url(&server, "/"));
    for (n, byte) in text.iter().enumerate() {
        let more = if n + 1 < text.len() { HOSTWS_MORE } else { 0 };
        assert_eq!(send_ex(client.id, &[*byte], HOSTWS_TEXT, more), HOSTWS_OK);
    }
    client.wait_open();
    let received: Vec<u8> = text.iter().flat_map(|_| next(&frames).2).collect();
    assert_eq!(received, text);
    client.terminate();
    client.finish();
}

#[test]
fn a_fragment_that_is_refused_changes_nothing() {
    let (server, frames) = server(Vec::new());
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    let ws = client.id;
    assert_eq!(send_ex(ws, b"\xe2\x82", HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_OK);
    check_refused(send_ex(ws, b"x", 0, HOSTWS_MORE), HOSTWS_E_UTF8, "offset 0");
    check_refused(send_ex(ws, b"", 0, 0), HOSTWS_E_UTF8, "ends inside the character at offset 0");
    check_refused(send_ex(ws, b"x", HOSTWS_BLOB, 0), HOSTWS_E_ARGUMENT, "another data type");
    check_refused(send_ex(ws, b"x", 0, 8), HOSTWS_E_ARGUMENT, "flags is 0x8");
    check_refused(send_ex(ws, b"x", 4, 0), HOSTWS_E_ARGUMENT, "4 is not a data type");
    // No other message can get in between.
    check_refused(send(ws, b"other", 0), HOSTWS_E_BUSY, "ws_send_ex");
    assert_eq!(send_ex(ws, b"\xac!", 0, 0), HOSTWS_OK);
    assert_eq!(send(ws, b"other", 0), HOSTWS_OK);
    assert_eq!(next(&frames), (false, TEXT, b"\xe2\x82".to_vec()));
    assert_eq!(next(&frames), (true, CONTINUATION, b"\xac!".to_vec()));
    assert_eq!(next(&frames), (true, TEXT, b"other".to_vec()));
    check_refused(send_ex(ws, b"{", HOSTWS_OBJECT, HOSTWS_MORE), HOSTWS_E_ARGUMENT, "as a whole");
    assert_eq!(send_ex(ws, b"{}", HOSTWS_OBJECT, 0), HOSTWS_OK);
    check_refused(send_ex(ws, b"{", HOSTWS_OBJECT, 0), HOSTWS_E_JSON, "");
    assert_eq!(next(&frames), (true, TEXT, b"{}".to_vec()));
    client.terminate();
    check_refused(send_ex(ws, b"x", 0, HOSTWS_MORE), HOSTWS_E_CLOSED, "");
    client.finish();
}

#[test]
fn a_fragment_that_does_not_fit_can_be_given_again() {
    // Nothing leaves before the server accepts.
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let ready = move || {
        let _ = gate.lock().unwrap().recv_timeout(PATIENCE);
    };
    let (server, heard) = raw::recording_after(ready, "", Vec::new()).unwrap();
    let frames = heard.frames;
    let client = Client::with(&url(&server, "/"), |options| options.send_queue_max = 1000);
    let ws = client.id;
    check_refused(send_ex(ws, &[1; 2000], HOSTWS_BLOB, HOSTWS_MORE), HOSTWS_E_TOO_BIG, "2008");
    assert_eq!(send_ex(ws, &[1; 600], HOSTWS_BLOB, HOSTWS_MORE), HOSTWS_OK);
    assert_eq!(send_ex(ws, &[2; 600], 0, 0), HOSTWS_E_AGAIN);
    drop(open);
    client.poll_until("a DRAIN", |events| events.contains(&Event::Drain));
    assert_eq!(send_ex(ws, &[2; 600], 0, 0), HOSTWS_OK);
    assert_eq!(next(&frames), (false, BINARY, vec![1; 600]));
    assert_eq!(next(&frames), (true, CONTINUATION, vec![2; 600]));
    client.terminate();
    client.finish();
}

#[test]
fn a_message_can_be_abandoned() {
    let (server, frames) = server(Vec::new());
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    assert_eq!(send_ex(client.id, b"no end", 0, HOSTWS_MORE), HOSTWS_OK);
    check_refused(send(client.id, b"in between", 0), HOSTWS_E_BUSY, "ws_send_ex");
    client.terminate();
    check_refused(send(client.id, b"too late", 0), HOSTWS_E_CLOSED, "closing");
    client.finish().check_clean(1000, "");
    assert_eq!(next(&frames).1, TEXT);
    assert_eq!(next(&frames).1, CLOSE);
}

/// The joined parts of each message, and their number.
fn parts(client: &Client) -> Vec<(Vec<u8>, usize)> {
    let mut messages = Vec::new();
    let mut open: Option<(Vec<u8>, usize)> = None;
    for event in client.events() {
        match event {
            Event::Part { data, is_first, is_last } => {
                assert_eq!(is_first, open.is_none());
                let (message, count) = open.get_or_insert_default();
                message.extend(data);
                *count += 1;
                if is_last {
                    messages.extend(open.take());
                }
            }
            Event::Message { data, .. } => messages.push((data, 1)),
            _ => {}
        }
    }
    messages
}

#[test]
fn a_message_above_the_threshold_comes_in_parts() {
    let mut says = frame(FIN | BINARY, &[1; 1024]);
    says.extend(frame(FIN | BINARY, &[2; 1025]));
    says.extend(frame(BINARY, &[3; 1000]));
    says.extend(frame(CONTINUATION, &[3; 5000]));
    says.extend(frame(FIN | PING, b""));
    says.extend(frame(FIN | CONTINUATION, &[3; 0]));
    says.extend(frame(FIN | TEXT, "é".repeat(5000).as_bytes()));
    let (server, _frames) = server(says);
    let client = Client::with(&url(&server, "/"), |options| options.stream_threshold = 1024);
    client.poll_until("four messages", |_| parts(&client).len() == 4);
    let sizes: Vec<(usize, usize)> =
        parts(&client).iter().map(|(message, count)| (message.len(), *count)).collect();
    assert_eq!(sizes, [(1024, 1), (1025, 2), (6000, 6), (10_000, 10)]);
    assert_eq!(stats(client.id).messages_received, 4);
    for event in client.events() {
        if let Event::Part { data, .. } = &event {
            assert!(data.len() <= 1024);
            assert!(data[0] <= 3 || std::str::from_utf8(data).is_ok(), "cut inside a character");
        }
    }
    client.terminate();
    client.finish();
}

#[test]
fn a_part_arrives_before_the_message_is_complete() {
    // A megabyte is announced, but only a little of it arrives.
    let mut says = frames::header(FIN | BINARY, 1 << 20);
    says.extend([7; 5000]);
    let (server, _frames) = server(says);
    let client = Client::with(&url(&server, "/"), |options| options.stream_threshold = 2048);
    client.poll_until("two parts", |events| {
        events.iter().filter(|event| matches!(event, Event::Part { .. })).count() == 2
    });
    client.terminate();
    client.finish();
}

#[test]
fn a_limit_ends_a_message_that_has_begun() {
    let mut says = frame(BINARY, &[1; 3000]);
    says.extend(frame(CONTINUATION, &[1; 3000]));
    let (server, _frames) = server(says);
    let client = Client::with(&url(&server, "/"), |options| {
        options.stream_threshold = 1024;
        options.max_message = 5000;
    });
    let story = client.finish();
    story.check_failed(1009, &["ws"], "the limit is 5000 bytes");
    assert!(story.0.iter().any(|event| matches!(event, Event::Part { is_first: true, .. })));
    assert!(!story.0.iter().any(|event| matches!(event, Event::Part { is_last: true, .. })));
}
