//! Events about sent messages: SENT and EXPIRED.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::frames::{self, Frame, BINARY, CLOSE, PING, TEXT};
use support::servers::listener::Listener;
use support::servers::{raw, websocket};
use support::{raw_server, url, ws_server};

/// More than the sockets of both sides can hold.
const HUGE: usize = 8 << 20;
/// Longer than a slow machine takes to send what is not to expire.
const TTL_MS: i64 = 3_000;
const DEFLATE: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

fn notify(client: &Client, text: &str) -> i32 {
    send_ex(client.id, text.as_bytes(), HOSTWS_TEXT, HOSTWS_NOTIFY)
}

/// Options for messages of that size, however long the machine takes to read them.
fn large(options: &mut ws_options) {
    options.send_queue_max = 64 << 20;
    options.close_timeout_ms = 60_000;
}

/// The numbers of the messages that have left, and of those that have expired.
fn reports(client: &Client) -> (Vec<i32>, Vec<i32>) {
    let (mut sent, mut expired) = (Vec::new(), Vec::new());
    for event in client.events() {
        match event {
            Event::Sent(number) => sent.push(number),
            Event::Expired(number) => expired.push(number),
            _ => {}
        }
    }
    (sent, expired)
}

#[track_caller]
fn wait_sent(client: &Client, numbers: &[i32]) {
    client.poll_until("sent", |_| reports(client).0.len() >= numbers.len());
    assert_eq!(reports(client).0, numbers);
}

#[track_caller]
fn wait_expired(client: &Client, numbers: &[i32]) {
    client.poll_until("expired", |_| reports(client).1.len() >= numbers.len());
    assert_eq!(reports(client).1, numbers);
}

/// A server that reads only when told to, the orders to read, and the frames that it receives.
fn gated(headers: &'static str) -> (Listener, mpsc::Sender<()>, mpsc::Receiver<Frame>) {
    let (gate, orders) = mpsc::channel::<()>();
    let (sender, heard) = mpsc::channel();
    let orders = std::sync::Mutex::new(orders);
    let server = raw::scripted(move |mut stream: &TcpStream, request| {
        stream.write_all(&request.accept(headers))?;
        let _ = orders.lock().unwrap().recv_timeout(PATIENCE);
        loop {
            let frame = frames::read(&mut stream)?;
            let is_close = frame.opcode == CLOSE;
            let _ = sender.send(frame);
            if is_close {
                return stream.write_all(&frames::close(1000, b""));
            }
        }
    });
    (server.unwrap(), gate, heard)
}

/// The op-codes and payloads that arrive up to the close frame.
fn heard(frames: &mpsc::Receiver<Frame>) -> Vec<(u8, Vec<u8>)> {
    let next = || frames.recv_timeout(PATIENCE).expect("a frame in time");
    let until_close = std::iter::from_fn(|| Some(next())).take_while(|frame| frame.opcode != CLOSE);
    until_close.map(|frame| (frame.opcode, frame.payload)).collect()
}

#[track_caller]
fn close(client: &Client) {
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn messages_have_numbers_and_those_that_were_asked_for_are_reported_in_order() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/sub"));
    // It waits for the opening.
    assert_eq!(notify(&client, "first"), 1);
    client.wait_open();
    wait_sent(&client, &[1]);
    client.send("second");
    assert_eq!(notify(&client, "third"), 3);
    assert_eq!(notify(&client, "fourth"), 4);
    assert_eq!(send_ex(client.id, b"fifth, ", HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_OK);
    assert_eq!(send_ex(client.id, b"in fragments", 0, HOSTWS_NOTIFY), 5);
    assert_eq!(send_ex(client.id, b"sixth", HOSTWS_TEXT, 0), HOSTWS_OK);
    assert_eq!(notify(&client, "seventh"), 7);
    wait_sent(&client, &[1, 3, 4, 5, 7]);
    assert_eq!(stats(client.id).messages_sent, 7);
    check_refused(
        send_ex(client.id, b"", HOSTWS_TEXT, HOSTWS_MORE | HOSTWS_NOTIFY),
        HOSTWS_E_ARGUMENT,
        "last fragment",
    );
    check_refused(send_ex(client.id, b"", HOSTWS_TEXT, 8), HOSTWS_E_ARGUMENT, "HOSTWS_NOTIFY 4");
    close(&client);
}

#[test]
fn nothing_is_reported_before_its_last_byte_has_left() {
    let (server, gate, frames) = gated("");
    let client = Client::with(&url(&server, "/"), large);
    client.wait_open();
    let huge = vec![7; HUGE];
    assert_eq!(send_ex(client.id, &huge, HOSTWS_BLOB, HOSTWS_NOTIFY), 1);
    assert_eq!(notify(&client, "behind it"), 2);
    assert_eq!(ws_poll(0, 300, 0), 0, "nothing has left completely");
    gate.send(()).unwrap();
    wait_sent(&client, &[1, 2]);
    close(&client);
    let heard = heard(&frames);
    assert_eq!(heard.iter().map(|(opcode, _)| *opcode).collect::<Vec<_>>(), [BINARY, TEXT]);
}

#[test]
fn over_tls_it_is_reported_too() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let client = Client::with(&format!("wss://127.0.0.1:{}/gate", server.port), |options| {
        options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
        options.message_ttl_ms = TTL_MS;
        large(options);
    });
    client.wait_open();
    assert_eq!(notify(&client, "first"), 1);
    wait_sent(&client, &[1]);
    assert_eq!(send_ex(client.id, &vec![7; HUGE], HOSTWS_BLOB, HOSTWS_NOTIFY), 2);
    // More messages than fit in the record that has begun to leave.
    for number in 3..=40 {
        assert_eq!(notify(&client, &"x".repeat(1000)), number);
    }
    wait_expired(&client, &(3..=40).collect::<Vec<_>>());
    assert_eq!(reports(&client).0, [1]);
    server.open_gate();
    wait_sent(&client, &[1, 2]);
    assert_eq!(notify(&client, "last"), 41);
    wait_sent(&client, &[1, 2, 41]);
    close(&client);
}

#[test]
fn what_never_leaves_is_not_reported() {
    let (server, _gate, _frames) = gated("");
    let client = Client::with(&url(&server, "/"), large);
    client.wait_open();
    assert_eq!(send_ex(client.id, &vec![7; HUGE], HOSTWS_BLOB, HOSTWS_NOTIFY), 1);
    assert_eq!(notify(&client, "behind it"), 2);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
    assert_eq!(reports(&client).0, Vec::<i32>::new());
}

#[test]
fn what_is_sent_again_is_reported_once() {
    let (opened, openings) = mpsc::channel::<()>();
    let server = raw::scripted(move |mut stream: &TcpStream, request| {
        stream.write_all(&request.accept(""))?;
        let is_first = request.path() == "/";
        let _ = opened.send(());
        if is_first {
            // The server reads nothing before it closes.
            thread::sleep(Duration::from_millis(300));
            return Ok(());
        }
        std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 5;
        large(options);
    });
    client.wait_open();
    assert_eq!(set_url(client.id, &url(&server, "/again")), HOSTWS_OK);
    assert_eq!(notify(&client, "left"), 1);
    assert_eq!(send_ex(client.id, &vec![7; HUGE], HOSTWS_BLOB, HOSTWS_NOTIFY), 2);
    client.send("not asked for");
    assert_eq!(notify(&client, "behind it"), 4);
    wait_sent(&client, &[1, 2, 4]);
    assert!(openings.try_iter().count() >= 2);
    assert_eq!(ws_poll(0, 100, 0), 0, "once");
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

#[test]
fn what_waits_for_an_opening_expires() {
    let raw = raw_server();
    let client = Client::with(&url(&raw, "/silent"), |options| {
        options.message_ttl_ms = 1_000;
        options.send_queue_max = 1000;
    });
    let before = Instant::now();
    client.send("one");
    client.send("two");
    assert_eq!(send(client.id, &[0; 600], HOSTWS_BLOB), HOSTWS_OK);
    check_refused(send(client.id, &[0; 600], HOSTWS_BLOB), HOSTWS_E_AGAIN, "send_queue_max");
    wait_expired(&client, &[1, 2, 3]);
    assert!(before.elapsed() >= Duration::from_millis(1_000));
    client.poll_until("drain", |events| events.contains(&Event::Drain));
    assert_eq!(ws_buffered_amount(client.id), 0);
    assert_eq!(send(client.id, &[0; 600], HOSTWS_BLOB), HOSTWS_OK);
    wait_expired(&client, &[1, 2, 3, 4]);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn what_has_not_begun_to_leave_expires_and_all_else_arrives() {
    let (server, gate, frames) = gated("");
    let client = Client::with(&url(&server, "/"), |options| {
        options.message_ttl_ms = TTL_MS;
        large(options);
    });
    client.wait_open();
    let huge = vec![7; HUGE];
    assert_eq!(send(client.id, &huge, HOSTWS_BLOB), HOSTWS_OK);
    client.send("two");
    assert_eq!(ping(client.id, b"kept"), HOSTWS_OK);
    assert_eq!(notify(&client, "three"), 3);
    assert_eq!(send_ex(client.id, b"fo", HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_OK);
    wait_expired(&client, &[2, 3]);
    // The time of the message begins with its last fragment.
    assert_eq!(send_ex(client.id, b"ur", 0, HOSTWS_NOTIFY), 4);
    wait_expired(&client, &[2, 3, 4]);
    // The message that has begun to leave, and the ping after it.
    let waiting = ws_buffered_amount(client.id);
    assert!(waiting > 0 && waiting < HUGE as i64 + 14, "{waiting}");
    assert_eq!(notify(&client, "five"), 5);
    gate.send(()).unwrap();
    wait_sent(&client, &[5]);
    close(&client);
    let heard = heard(&frames);
    let short: Vec<_> =
        heard.iter().map(|(opcode, payload)| (*opcode, &payload[..payload.len().min(4)])).collect();
    let begin = &huge[..4];
    assert_eq!(short, [(BINARY, begin), (PING, &b"kept"[..]), (TEXT, &b"five"[..])]);
}

#[test]
fn messages_that_are_compressed_do_not_need_those_that_expired() {
    for reconnect_max in [0, -1] {
        let (server, gate, frames) = gated(DEFLATE);
        let client = Client::with(&url(&server, "/"), |options| {
            options.message_ttl_ms = TTL_MS;
            large(options);
            options.deflate = 1;
            options.reconnect_max = reconnect_max;
        });
        client.wait_open();
        let huge = vec![7; HUGE];
        assert_eq!(send_ex(client.id, &huge, HOSTWS_BLOB, HOSTWS_NO_COMPRESS), HOSTWS_OK);
        let text = |number: i32| format!("the same {number}, ").repeat(50);
        for number in 2..=5 {
            assert_eq!(notify(&client, &text(number)), number);
        }
        wait_expired(&client, &[2, 3, 4, 5]);
        for number in 6..=8 {
            assert_eq!(notify(&client, &text(number)), number);
        }
        gate.send(()).unwrap();
        wait_sent(&client, &[6, 7, 8]);
        close(&client);
        let texts: Vec<String> = heard(&frames).into_iter().skip(1).map(inflated).collect();
        assert_eq!(texts, [text(6), text(7), text(8)]);
    }
}

/// Inflates a message that was compressed by itself (RFC 7692 7.2.2).
fn inflated((_, mut payload): (u8, Vec<u8>)) -> String {
    payload.extend([0, 0, 0xFF, 0xFF]);
    let mut text = Vec::new();
    let mut inflater = flate2::read::DeflateDecoder::new(&payload[..]);
    let mut buffer = [0; 4096];
    // The data ends without a final block.
    while let Ok(count @ 1..) = inflater.read(&mut buffer) {
        text.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn what_waits_for_another_connection_expires() {
    let server = raw::scripted(|mut stream: &TcpStream, request| {
        match request.path() {
            "/" => stream.write_all(&request.accept("")),
            // Not yet.
            _ => stream.write_all(b"HTTP/1.1 503 Wait\r\nRetry-After: 60\r\n\r\n"),
        }
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 5;
        options.message_ttl_ms = 150;
    });
    assert_eq!(set_url(client.id, &url(&server, "/later")), HOSTWS_OK);
    // A slow host may come too late with the URL for one or two attempts.
    client.poll_until("a refusal", |events| {
        events.iter().any(|event| match event {
            Event::Reconnecting { errors, .. } => errors.iter().any(|error| error.code == 503),
            _ => false,
        })
    });
    let number = notify(&client, "one");
    client.send("two");
    wait_expired(&client, &[number, number + 1]);
    assert_eq!(ws_buffered_amount(client.id), 0);
    client.terminate();
    client.finish();
}

#[test]
fn only_so_many_reports_may_wait_for_the_host() {
    const MOST: i32 = 65_536;
    let server = ws_server();
    let client = Client::new(&url(&server, "/sub"));
    client.wait_open();
    for number in 1..=MOST {
        assert_eq!(notify(&client, ""), number);
    }
    check_refused(notify(&client, ""), HOSTWS_E_AGAIN, "SENT");
    client.send("this is another matter");
    client.poll_until("sent", |events| events.len() > MOST as usize);
    assert_eq!(notify(&client, ""), MOST + 2);
    close(&client);
}
