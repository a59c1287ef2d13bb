//! After a change of the network, a dead connection is detected soon, and a lost connection is
//! opened again at once.

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::{raw, ClosedPort};
use support::{url, ws_server};

/// Shorter than all timeouts of a test's connection, and long enough for anything immediate.
const SOON: Duration = Duration::from_secs(15);

/// One test at a time, because a change affects all connections.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn attempts(client: &Client) -> usize {
    let is_attempt = |event: &Event| matches!(event, Event::Reconnecting { .. });
    client.events().into_iter().filter(is_attempt).count()
}

fn patient(options: &mut ws_options) {
    options.reconnect_max = -1;
    options.reconnect_min_ms = 60_000;
    options.reconnect_max_ms = 600_000;
}

#[test]
fn an_attempt_that_waits_begins_at_once() {
    let _alone = alone();
    let closed = ClosedPort::new().unwrap();
    let client = Client::with(&format!("ws://127.0.0.1:{}/", closed.port), patient);
    for count in 1..=3 {
        client.poll_until("an attempt", |_| attempts(&client) >= count);
        assert_eq!(ws_network_changed(), HOSTWS_OK);
    }
    client.terminate();
    client.finish();
}

#[test]
fn a_wait_that_the_server_asked_for_stays() {
    let _alone = alone();
    let server = raw::scripted(|mut stream: &TcpStream, _| {
        stream.write_all(b"HTTP/1.1 503 Wait\r\nRetry-After: 60\r\n\r\n")
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| options.reconnect_max = -1);
    client.poll_until("an attempt", |_| attempts(&client) == 1);
    assert_eq!(ws_network_changed(), HOSTWS_OK);
    assert_eq!(ws_poll(0, 500, 0), 0);
    client.terminate();
    client.finish();
}

#[test]
fn a_connection_that_does_not_answer_is_lost_soon_however_often_it_changes() {
    let _alone = alone();
    let server = ws_server();
    let client = Client::with(&url(&server, "/silent"), |options| options.ping_timeout_ms = 1000);
    client.wait_open();
    let before = Instant::now();
    while ws_status(client.id) != HOSTWS_CLOSED {
        assert_eq!(ws_network_changed(), HOSTWS_OK);
        thread::sleep(Duration::from_millis(100));
        assert!(before.elapsed() < SOON);
    }
    assert!(before.elapsed() >= Duration::from_millis(1000));
    client.finish().check_failed(1006, &["ws", "ws"], "silent for 1000 ms after a ping");
}

#[test]
fn a_connection_that_works_is_pinged_and_stays() {
    let _alone = alone();
    let server = ws_server();
    let queue = ws_queue_new();
    let own = Client::new(&url(&server, "/echo"));
    let shared = Client::with(&url(&server, "/echo"), |options| options.queue = queue);
    let quiet = Client::with(&url(&server, "/echo"), |options| options.ping_interval_ms = -1);
    let paused = Client::new(&url(&server, "/echo"));
    for client in [&own, &shared, &quiet, &paused] {
        client.wait_open();
    }
    assert_eq!(ws_pause(paused.id, 1), HOSTWS_OK);
    assert_eq!(ws_network_changed(), HOSTWS_OK);
    let deadline = Instant::now() + SOON;
    for client in [&own, &shared] {
        while stats(client.id).pongs_received == 0 {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(stats(client.id).pings_sent, 1);
    }
    for client in [&quiet, &paused] {
        assert_eq!(stats(client.id).pings_sent, 0);
    }
    for client in [&own, &shared, &quiet, &paused] {
        client.terminate();
        client.finish().check_clean(1000, "");
    }
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
}
