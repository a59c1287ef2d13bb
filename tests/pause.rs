//! A paused connection is not read, and everything else continues.

mod support;

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::{mpsc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::acting::acting;
use support::servers::listener::Listener;
use support::servers::{frames, raw};
use support::{raw_server, url, ws_server};

/// Longer than all timeouts of a test's connection.
const LONG: Duration = Duration::from_millis(3_300);

fn impatient(options: &mut ws_options) {
    options.ping_interval_ms = 100;
    options.ping_timeout_ms = 3_000;
}

/// A server that accepts when the gate is opened, and says something at once.
fn saying(says: Vec<u8>) -> (Listener, mpsc::Sender<()>) {
    let (gate, opened) = mpsc::channel();
    let opened = Mutex::new(opened);
    let ready = move || {
        let _ = opened.lock().unwrap().recv_timeout(PATIENCE);
    };
    (raw::recording_after(ready, "", says).unwrap().0, gate)
}

/// The number of bytes that the connection has read, once it no longer changes.
fn standstill(client: &Client) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    let (mut read, mut since) = (stats(client.id).wire_received, Instant::now());
    while since.elapsed() < Duration::from_secs(1) {
        thread::sleep(Duration::from_millis(10));
        let now = stats(client.id).wire_received;
        if now != read {
            (read, since) = (now, Instant::now());
        }
        assert!(Instant::now() < deadline);
    }
    read
}

#[test]
fn a_flood_stops_at_the_server_and_goes_on_where_it_stopped() {
    const COUNT: usize = 12_000;
    const SIZE: usize = 5_000;
    let (server, written) = acting(|stream| {
        for number in 0..COUNT {
            let message = format!("{number}:{}", "x".repeat(SIZE));
            stream.write_all(&frames::frame(frames::FIN | frames::TEXT, message.as_bytes()))?;
        }
        io::Result::Ok(())
    });
    let client = Client::with(&url(&server, "/"), |options| {
        options.receive_queue_max = 1 << 30;
        impatient(options);
    });
    client.wait_open();
    assert_eq!(ws_pause(client.id, 1), HOSTWS_OK, "{}", last_words());
    assert_eq!(ws_pause(client.id, 1), HOSTWS_OK, "it is paused already");
    // A pong may still be on its way.
    let held = standstill(&client);
    client.send("act");
    thread::sleep(LONG);
    assert_eq!(stats(client.id).wire_received, held);
    assert_eq!((ws_poll(0, 0, 0), ws_status(client.id)), (0, HOSTWS_CONNECTED));
    assert!(written.try_recv().is_err(), "the server cannot get rid of all of it");
    assert_eq!(ws_pause(client.id, 0), HOSTWS_OK);
    // The echo of the order comes first.
    client.wait_messages(1 + COUNT);
    assert!(written.recv_timeout(PATIENCE).unwrap().is_ok());
    for (number, message) in client.messages()[1..].iter().enumerate() {
        assert!(message.starts_with(format!("{number}:").as_bytes()), "{number}");
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn the_clocks_stand_still_and_start_anew() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/echo"), impatient);
    client.wait_open();
    // Also while a pong is awaited.
    for _ in 0..2 {
        assert_eq!(ws_pause(client.id, 1), HOSTWS_OK);
        let deadline = Instant::now() + LONG;
        while Instant::now() < deadline {
            assert!(ws_poll(0, 20, 0) >= 0, "{}", last_words());
        }
        assert_eq!(ws_pause(client.id, 0), HOSTWS_OK);
        client.send("still here");
        thread::sleep(Duration::from_millis(30));
    }
    client.wait_messages(2);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn what_is_sent_meanwhile_leaves() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/count"));
    client.wait_open();
    assert_eq!(ws_pause(client.id, 1), HOSTWS_OK);
    for _ in 0..100 {
        client.send("one way");
    }
    // While closing, reading continues: the server's answer has the count.
    client.terminate();
    client.finish().check_clean(1000, "100");
}

#[test]
fn what_comes_with_the_answer_waits_for_a_connection_that_was_paused_before() {
    let says = frames::frame(frames::FIN | frames::TEXT, b"first of all");
    let (server, gate) = saying(says);
    let client = Client::new(&url(&server, "/"));
    assert_eq!(ws_pause(client.id, 1), HOSTWS_OK, "while Connecting");
    gate.send(()).unwrap();
    client.wait_open();
    assert_eq!(ws_poll(0, 300, 0), 0);
    assert_eq!(ws_pause(client.id, 0), HOSTWS_OK);
    client.wait_messages(1);
    assert_eq!(client.messages(), [b"first of all"]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_close_of_the_server_is_seen_when_reading_goes_on() {
    let (server, gate) = saying(frames::close(4001, b"enough"));
    let client = Client::new(&url(&server, "/"));
    assert_eq!(ws_pause(client.id, 1), HOSTWS_OK);
    gate.send(()).unwrap();
    client.wait_open();
    assert_eq!((ws_poll(0, 300, 0), ws_status(client.id)), (0, HOSTWS_CONNECTED));
    assert_eq!(ws_pause(client.id, 0), HOSTWS_OK);
    client.finish().check_clean(4001, "enough");
}

#[test]
fn the_end_is_not_delayed() {
    let server = ws_server();
    let raw = raw_server();
    let dropped = Client::new(&url(&server, "/flood?n=10000&size=1000"));
    let mute = Client::with(&url(&server, "/silent"), |options| options.close_timeout_ms = 200);
    let opening = Client::new(&url(&raw, "/silent"));
    for client in [&dropped, &mute, &opening] {
        assert_eq!(ws_pause(client.id, 1), HOSTWS_OK);
    }
    dropped.wait_open();
    assert_eq!(ws_abort(dropped.id), HOSTWS_OK);
    dropped.finish().check_dropped(1006);
    mute.terminate();
    mute.finish();
    opening.terminate();
    opening.finish();
    check_refused(ws_pause(opening.id, 0), HOSTWS_E_CLOSED, "is closed");
}

#[test]
fn it_stays_paused_over_another_opening() {
    let (sender, streams) = mpsc::channel::<TcpStream>();
    let (open, gate) = mpsc::channel();
    let gate = Mutex::new(gate);
    let server = raw::scripted(move |mut stream, request| {
        let _ = gate.lock().unwrap().recv_timeout(PATIENCE);
        stream.write_all(&request.accept(""))?;
        let _ = sender.send(stream.try_clone()?);
        stream.write_all(&frames::frame(frames::FIN | frames::TEXT, b"hello"))?;
        while frames::read(&mut stream)?.opcode != frames::CLOSE {}
        stream.write_all(&frames::close(1000, b""))
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 5;
    });
    open.send(()).unwrap();
    client.wait_messages(1);
    // Only reading detects the loss, so it happens before the pause.
    drop(streams.recv_timeout(PATIENCE).unwrap().shutdown(std::net::Shutdown::Both));
    client.poll_until("a loss", |events| {
        events.iter().any(|event| matches!(event, Event::Reconnecting { .. }))
    });
    assert_eq!(ws_pause(client.id, 1), HOSTWS_OK);
    open.send(()).unwrap();
    client.poll_until("another opening", |events| {
        events.iter().any(|event| matches!(event, Event::Reconnected(_)))
    });
    let before = client.messages().len();
    assert_eq!(ws_poll(0, 300, 0), 0);
    assert_eq!(ws_pause(client.id, 0), HOSTWS_OK);
    client.wait_messages(before + 1);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_callback_pauses_and_another_thread_resumes() {
    let server = ws_server();
    let client = Client::hooked(&url(&server, "/flood?n=2000&size=2000"), |ws, event| {
        if matches!(event, Event::Message { data, .. } if data.starts_with(b"7:")) {
            assert_eq!(ws_pause(ws, 1), HOSTWS_OK);
        }
    });
    client.wait_messages(8);
    standstill(&client);
    while ws_poll(0, 0, 0) > 0 {}
    let id = client.id;
    let resumed = thread::spawn(move || ws_pause(id, 0)).join().unwrap();
    assert_eq!(resumed, HOSTWS_OK);
    client.wait_messages(2000);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn bad_arguments_change_nothing() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    for paused in [-1, 2] {
        check_refused(ws_pause(client.id, paused), HOSTWS_E_ARGUMENT, "must be 0 or 1");
    }
    check_refused(ws_pause(0, 1), HOSTWS_E_NO_SUCH_ID, "null id");
    client.wait_open();
    client.send("read");
    client.wait_messages(1);
    client.terminate();
    client.finish().check_clean(1000, "");
}
