//! Which waiting messages are dropped and which still leave, for each way to end a connection.

mod support;

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{Frame, CLOSE, TEXT};
use support::servers::listener::Listener;
use support::servers::{raw, ClosedPort};
use support::{url, ws_server};

/// A server that accepts when the gate is opened, and the frames that it receives.
struct Gated {
    server: Listener,
    frames: Receiver<Frame>,
    gate: Sender<()>,
}

impl Gated {
    fn new() -> Gated {
        let (gate, opened) = mpsc::channel::<()>();
        let opened = Mutex::new(opened);
        let ready = move || {
            let _ = opened.lock().unwrap().recv_timeout(PATIENCE);
        };
        let (server, heard) = raw::recording_after(ready, "", Vec::new()).unwrap();
        Gated { server, frames: heard.frames, gate }
    }

    fn open(&self) {
        self.gate.send(()).unwrap();
    }

    /// Checks that the next frames are the single message and the close frame with that code.
    #[track_caller]
    fn check_heard(&self, code: u16) {
        let frame = self.frames.recv_timeout(PATIENCE).unwrap();
        assert_eq!((frame.opcode, &frame.payload[..]), (TEXT, &b"important"[..]));
        let frame = self.frames.recv_timeout(PATIENCE).unwrap();
        assert_eq!((frame.opcode, &frame.payload[..]), (CLOSE, &code.to_be_bytes()[..]));
    }
}

fn wait_closed(id: ws_id) {
    let deadline = Instant::now() + PATIENCE;
    while ws_status(id) != HOSTWS_CLOSED {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
}

fn on_a_queue_that_is_freed(target: &str) {
    let queue = ws_queue_new();
    let client = Client::with(target, |options| options.queue = queue);
    client.send("important");
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
    check_refused(send(client.id, b"late", HOSTWS_TEXT), HOSTWS_E_CLOSED, "");
}

fn on_a_thread_that_ends(target: &str) {
    let target = target.to_owned();
    thread::spawn(move || Client::new(&target).send("important")).join().unwrap();
}

#[test]
fn what_was_sent_on_a_queue_leaves_although_it_is_freed() {
    let gated = Gated::new();
    on_a_queue_that_is_freed(&url(&gated.server, "/"));
    gated.open();
    gated.check_heard(1001);
}

#[test]
fn what_a_thread_sent_leaves_although_it_has_ended() {
    let gated = Gated::new();
    on_a_thread_that_ends(&url(&gated.server, "/"));
    gated.open();
    gated.check_heard(1001);
}

#[test]
fn nobody_comes_back_for_them_for_ever() {
    let closed = ClosedPort::new().unwrap();
    let target = format!("ws://127.0.0.1:{}/", closed.port);
    let queue = ws_queue_new();
    let client = Client::with(&target, |options| {
        options.queue = queue;
        options.reconnect_max = -1;
        options.reconnect_min_ms = 10;
        options.reconnect_max_ms = 10;
    });
    client.send("important");
    client.poll_until("an attempt", |events| {
        events.iter().any(|event| matches!(event, Event::Reconnecting { .. }))
    });
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
    wait_closed(client.id);
}

#[test]
fn nor_is_a_server_waited_for_that_takes_nothing() {
    let server = ws_server();
    let queue = ws_queue_new();
    let client = Client::with(&url(&server, "/silent"), |options| {
        options.queue = queue;
        options.close_timeout_ms = 100;
        options.ping_interval_ms = -1;
    });
    client.wait_open();
    while send(client.id, &[0; 100_000], HOSTWS_BLOB) == HOSTWS_OK {}
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
    wait_closed(client.id);
}

#[test]
fn to_close_before_it_is_open_drops_what_waits() {
    for abort in [true, false] {
        let gated = Gated::new();
        let client = Client::new(&url(&gated.server, "/"));
        client.send("important");
        let closed = if abort { ws_abort(client.id) } else { terminate(client.id, 0, None) };
        assert_eq!(closed, HOSTWS_OK);
        assert!(ws_buffered_amount(client.id) > 0);
        client.finish().check_dropped(1006);
        gated.open();
        let Gated { server, frames, .. } = gated;
        drop(server);
        assert_eq!(frames.iter().count(), 0);
    }
}

#[test]
fn to_close_when_it_is_open_sends_what_waits_first() {
    let gated = Gated::new();
    gated.open();
    let client = Client::new(&url(&gated.server, "/"));
    client.wait_open();
    client.send("important");
    client.terminate();
    gated.check_heard(1000);
    client.finish().check_clean(1000, "");
}
