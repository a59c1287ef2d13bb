//! A server that breaks the protocol: the connection fails with the code of RFC 6455, the server
//! gets this code, and the host gets one ERROR.

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Instant;

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{self, frame, CLOSE, FIN, TEXT};
use support::servers::listener::{Ending as Seen, Listener};
use support::servers::raw;
use support::{raw_server, url};

/// Checks that the connection fails with that code, and that the server gets it in a close frame.
#[track_caller]
fn check_sin(raw: &Listener, path: &str, code: i32, words: &str) {
    check_sin_with(raw, path, code, words, 0);
}

#[track_caller]
fn check_sin_with(raw: &Listener, path: &str, code: i32, words: &str, max_message: i64) {
    let client = Client::with(&url(raw, path), |options| options.max_message = max_message);
    let story = client.finish();
    story.check_failed(code, &["ws"], words);
    assert_eq!(story.errors()[0].code, HOSTWS_E_PROTOCOL);
    assert!(story.was_open());
    assert_eq!(story.messages(), Vec::<Vec<u8>>::new());
    let path = path.split('?').next().unwrap();
    let told = raw.wait_seen(
        path,
        PATIENCE,
        |ending| matches!(ending, Seen::Close(Some((told, _))) if i32::from(*told) == code),
    );
    assert!(told, "the server was not told {code} for {path}");
}

#[test]
fn frames_that_no_server_may_send_fail_with_1002() {
    let raw = raw_server();
    check_sin(&raw, "/frame/masked", 1002, "masked");
    check_sin(&raw, "/frame/rsv1", 1002, "reserved bits");
    check_sin(&raw, "/frame/rsv2", 1002, "reserved bits");
    check_sin(&raw, "/frame/reserved-opcode", 1002, "reserved opcode 0x3");
    check_sin(&raw, "/frame/reserved-control", 1002, "reserved opcode 0xb");
    check_sin(&raw, "/frame/nonminimal-length", 1002, "more bytes than it needs");
    check_sin(&raw, "/frame/huge-length", 1002, "top bit");
}

#[test]
fn control_frames_that_no_server_may_send_fail_with_1002() {
    let raw = raw_server();
    check_sin(&raw, "/frame/fragmented-ping", 1002, "fragmented ping");
    check_sin(&raw, "/frame/oversize-ping", 1002, "more than 125 bytes");
}

#[test]
fn close_frames_that_no_server_may_send_fail() {
    let raw = raw_server();
    check_sin(&raw, "/frame/bad-close-code", 1002, "1005");
    check_sin(&raw, "/frame/one-byte-close", 1002, "one byte");
    check_sin(&raw, "/frame/bad-close-reason", 1007, "not UTF-8");
}

#[test]
fn messages_out_of_order_fail_with_1002() {
    let raw = raw_server();
    check_sin(&raw, "/frame/stray-continuation", 1002, "no message begun");
    check_sin(&raw, "/frame/interleaved-data", 1002, "inside a fragmented message");
}

#[test]
fn text_that_is_not_utf8_fails_with_1007() {
    let raw = raw_server();
    check_sin(&raw, "/frame/bad-utf8", 1007, "not UTF-8 at byte 3");
    check_sin(&raw, "/frame/bad-utf8-fragments", 1007, "UTF-8");
}

#[test]
fn a_message_over_the_limit_fails_with_1009_and_names_both_sizes() {
    let raw = raw_server();
    let one = "1001 bytes; the limit is 1000";
    check_sin_with(&raw, "/frame/over-limit?size=1001", 1009, one, 1000);
    let many = "the limit is 1600 bytes";
    check_sin_with(&raw, "/frame/over-limit-fragments?size=1600", 1009, many, 1600);
    // A message of the default limit is announced and never sent: no memory is used for it.
    let default = "the limit is 67108864";
    check_sin_with(&raw, "/frame/over-limit?size=67108865", 1009, default, 0);
    let far = "/frame/over-limit?size=9223372036854775807";
    check_sin_with(&raw, far, 1009, "9223372036854775807", 0);
}

#[test]
fn half_a_frame_and_the_end_of_the_stream_is_a_lost_connection() {
    let raw = raw_server();
    let story = Client::new(&url(&raw, "/frame/half")).finish();
    story.check_failed(1006, &["ws"], "without a close frame");
    assert_eq!(story.errors()[0].code, HOSTWS_E_LOST);
    assert!(story.was_open() && story.messages().is_empty());
}

#[test]
fn half_a_frame_and_silence_meets_the_ping_timeout() {
    let raw = raw_server();
    let client = Client::with(&url(&raw, "/frame/half-silent"), |options| {
        options.ping_interval_ms = 60;
        options.ping_timeout_ms = 60;
    });
    client.finish().check_failed(1006, &["ws", "ws"], "silent for 60 ms after a ping");
}

/// A server that sends `says` at once, and passes on the client's frames.
fn answered(says: Vec<u8>) -> (Listener, mpsc::Receiver<(u8, Vec<u8>)>) {
    let (sender, frames) = mpsc::channel();
    let server = raw::scripted(move |mut stream: &TcpStream, request| {
        stream.write_all(&request.accept(""))?;
        stream.write_all(&says)?;
        while let Ok(frame) = frames::read(&mut stream) {
            let _ = sender.send((frame.opcode, frame.payload));
        }
        Ok(())
    });
    (server.unwrap(), frames)
}

#[test]
fn what_came_before_a_fault_can_still_be_answered() {
    let mut says = frame(FIN | TEXT, b"one");
    says.extend(frame(FIN | TEXT, b"two"));
    says.extend(frame(FIN | 3, b"a sin"));
    let (server, frames) = answered(says.clone());
    let told = || frames.recv_timeout(PATIENCE).unwrap();
    let is_close = |(opcode, payload): &(u8, Vec<u8>)| {
        *opcode == CLOSE && payload.starts_with(&1002_u16.to_be_bytes())
    };
    let answers = || {
        let client = Client::hooked(&url(&server, "/"), |ws, event| {
            if let Event::Message { data, .. } = event {
                // A slow host comes when the connection has failed already.
                assert!([HOSTWS_OK, HOSTWS_E_CLOSED].contains(&send(ws, data, 0)));
            }
        });
        client.finish().check_failed(1002, &["ws"], "reserved opcode");
        std::iter::from_fn(|| Some(told()).filter(|frame| !is_close(frame))).collect()
    };
    let both = [(TEXT, b"one".to_vec()), (TEXT, b"two".to_vec())];
    // The host has half a second to answer, and a slow one needs several attempts.
    let deadline = Instant::now() + 3 * PATIENCE;
    loop {
        let answers: Vec<_> = answers();
        if answers == both {
            break;
        }
        assert!(both.starts_with(&answers) && Instant::now() < deadline, "{answers:?}");
    }
    // A host that does not poll cannot delay the failure for ever.
    let (server, frames) = answered(says);
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    assert_eq!(frames.recv_timeout(PATIENCE).unwrap().0, CLOSE);
    client.finish().check_failed(1002, &["ws"], "reserved opcode");
}

#[test]
fn a_close_frame_does_not_hide_a_fault_before_it() {
    let mut says = frame(FIN | TEXT, br#"{"good":1}"#);
    says.extend(frame(FIN | TEXT, b"no JSON"));
    says.extend(frames::close(1000, b""));
    let (server, frames) = answered(says);
    let client = Client::full(&url(&server, "/"), HOSTWS_OBJECT, |_| {}, None);
    let story = client.finish();
    story.check_failed(1007, &["ws", "json"], "not a JSON object or array");
    assert_eq!(story.messages(), [br#"{"good":1}"#]);
    let (opcode, payload) = frames.recv_timeout(PATIENCE).unwrap();
    assert_eq!((opcode, &payload[..2]), (CLOSE, &1007_u16.to_be_bytes()[..]));
}
