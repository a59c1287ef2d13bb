//! ws_shutdown() closes everything, bounded, and the library can be used again. It affects the
//! whole process, so these tests run one after the other.

mod support;

use std::ffi::CString;
use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::frames::{self, BINARY, CLOSE, TEXT};
use support::servers::listener::Ending as Seen;
use support::servers::{raw, websocket, ClosedPort};
use support::{raw_server, url, ws_server};

fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// ws_shutdown(0), with time for a thread of the library that a slow machine does not run.
#[track_caller]
fn drop_everything() {
    let deadline = Instant::now() + PATIENCE;
    while ws_shutdown(0) != HOSTWS_OK {
        assert!(last_words().contains("a thread did not end in time"), "{}", last_words());
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn it_closes_politely_and_what_is_due_can_still_be_polled() {
    let _alone = alone();
    let server = ws_server();
    let clients = [(); 5].map(|()| Client::new(&url(&server, "/echo")));
    clients.iter().for_each(Client::wait_open);
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    for client in &clients {
        assert_eq!(ws_status(client.id), HOSTWS_CLOSED);
        assert_eq!(client.events(), [Event::Open], "it calls nobody back");
    }
    clients.iter().for_each(|client| client.finish().check_clean(1001, ""));
    let is_close = |ending: &Seen| *ending == Seen::Close(Some((1001, String::new())));
    assert_eq!(server.count("/echo", is_close), 5);
}

#[test]
fn after_it_the_library_is_as_new() {
    let _alone = alone();
    let server = ws_server();
    for _ in 0..5 {
        let client = Client::new(&url(&server, "/echo"));
        client.send("again");
        client.wait_messages(1);
        assert_eq!(ws_shutdown(-1), HOSTWS_OK);
        client.finish().check_clean(1001, "");
        assert_eq!(ws_poll(0, 1000, 0), HOSTWS_E_IDLE);
    }
    drop_everything();
}

#[test]
fn a_server_that_does_not_answer_is_dropped_in_time() {
    let _alone = alone();
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/no-close-reply"));
    let connecting = Client::new(&url(&raw, "/silent"));
    client.wait_open();
    let before = Instant::now();
    assert_eq!(ws_shutdown(1_000), HOSTWS_E_TIMEOUT);
    let passed = before.elapsed();
    assert!(passed >= Duration::from_millis(990) && passed < PATIENCE, "{passed:?}");
    let which = format!("connection {} did not close in time", client.id);
    assert!(last_words().contains(&which), "{}", last_words());
    client.finish().check_dropped(1006);
    connecting.finish().check_dropped(1006);
}

#[test]
fn with_0_everything_is_dropped_at_once() {
    let _alone = alone();
    let raw = raw_server();
    let client = Client::with(&url(&raw, "/no-close-reply"), |o| o.close_timeout_ms = 60_000);
    client.wait_open();
    let before = Instant::now();
    drop_everything();
    assert!(before.elapsed() < PATIENCE);
    client.finish().check_dropped(1006);
}

#[test]
fn with_minus_1_each_connections_own_deadline_counts() {
    let _alone = alone();
    let raw = raw_server();
    let client = Client::with(&url(&raw, "/no-close-reply"), |o| o.close_timeout_ms = 200);
    client.wait_open();
    let before = Instant::now();
    let result = ws_shutdown(-1);
    // Without the option it would be 5 s.
    assert!(before.elapsed() < Duration::from_secs(4));
    assert_eq!(result, HOSTWS_OK, "{}", last_words());
    client.finish().check_dropped(1006);
}

#[test]
fn it_works_from_a_callback() {
    let _alone = alone();
    let server = ws_server();
    let client = Client::hooked(&url(&server, "/text?say=now"), |_, event| {
        if matches!(event, Event::Message { .. }) {
            assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
        }
    });
    let story = client.finish();
    assert_eq!(story.messages(), [b"now"]);
    story.check_clean(1001, "");
}

#[test]
fn a_second_one_at_the_same_moment_is_told_so() {
    let _alone = alone();
    let (answer, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let server = raw::scripted(move |mut stream: &TcpStream, request| {
        stream.write_all(&request.accept(""))?;
        while frames::read(&mut stream)?.opcode != CLOSE {}
        let _ = gate.lock().unwrap().recv_timeout(PATIENCE);
        stream.write_all(&frames::close(1001, b""))
    });
    let server = server.unwrap();
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    let first = thread::spawn(|| ws_shutdown(60_000));
    wait_until(client.id, |status| status != HOSTWS_CONNECTED);
    check_refused(ws_shutdown(0), HOSTWS_E_SHUTDOWN, "");
    // SAFETY: the string is valid during the call.
    let new = unsafe { ws_new(c"ws://127.0.0.1:1/".as_ptr(), std::ptr::null(), std::ptr::null()) };
    check_refused(new, HOSTWS_E_SHUTDOWN, "shutting down");
    check_refused(ws_queue_new(), HOSTWS_E_SHUTDOWN, "shutting down");
    answer.send(()).unwrap();
    assert_eq!(first.join().unwrap(), HOSTWS_OK);
    client.finish().check_clean(1001, "");
}

#[test]
fn calls_after_it_answer_as_for_any_closed_connection() {
    let _alone = alone();
    let closed = ClosedPort::new().unwrap();
    let client = Client::new(&format!("ws://127.0.0.1:{}/", closed.port));
    client.finish();
    assert_eq!(ws_shutdown(20_000), HOSTWS_OK);
    assert_eq!(ws_status(client.id), HOSTWS_CLOSED);
    check_refused(send(client.id, b"x", 0), HOSTWS_E_CLOSED, "");
    check_refused(ws_abort(client.id), HOSTWS_E_CLOSED, "");
    assert_eq!(ws_pending(0), 0);
}

// ---- what was accepted leaves

#[test]
fn an_opening_is_finished_for_what_waits() {
    let _alone = alone();
    for timeout in [60_000, -1] {
        // The server answers late, when the shutdown has begun.
        let late = || thread::sleep(Duration::from_millis(150));
        let (server, heard) = raw::recording_after(late, "", Vec::new()).unwrap();
        let client = Client::new(&url(&server, "/"));
        client.send("important");
        client.send("too");
        assert_eq!(ws_shutdown(timeout), HOSTWS_OK, "{}", last_words());
        let payloads: Vec<Vec<u8>> = heard.frames.try_iter().map(|frame| frame.payload).collect();
        assert_eq!(payloads, [&b"important"[..], b"too", &[0x03, 0xE9]], "then the close frame");
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn so_is_a_tls_handshake() {
    let _alone = alone();
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let target = format!("wss://localhost:{}/count", server.port);
    let client = Client::with(&target, |options| options.tls_ca = ca.as_ptr());
    for _ in 0..50 {
        client.send("important");
    }
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    client.finish().check_clean(1000, "50");
}

#[test]
fn a_lost_connection_is_opened_again_for_what_waits() {
    let _alone = alone();
    for timeout in [60_000, -1] {
        let (sender, frames) = mpsc::channel();
        let count = std::sync::atomic::AtomicUsize::new(0);
        let server = raw::scripted(move |mut stream: &TcpStream, request| {
            if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
                // The next attempt fails, too.
                return Ok(());
            }
            stream.write_all(&request.accept(""))?;
            let frame = frames::read(&mut stream)?;
            let _ = sender.send(frame.payload.clone());
            if frame.payload != b"lose" {
                let close = frames::read(&mut stream)?;
                assert_eq!(close.opcode, CLOSE);
                stream.write_all(&frames::close(1000, b""))?;
            }
            Ok(())
        })
        .unwrap();
        let client = Client::with(&url(&server, "/"), |options| {
            options.reconnect_max = -1;
            options.reconnect_min_ms = 50;
            options.reconnect_max_ms = 50;
        });
        client.wait_open();
        client.send("lose");
        client.poll_until("the loss", |events| {
            events.iter().any(|event| matches!(event, Event::Reconnecting { .. }))
        });
        client.send("important");
        assert_eq!(ws_shutdown(timeout), HOSTWS_OK, "{}", last_words());
        let payloads: Vec<Vec<u8>> = frames.try_iter().collect();
        assert_eq!(payloads, [&b"lose"[..], b"important"]);
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn a_server_that_takes_its_time_gets_it() {
    let _alone = alone();
    const COUNT: usize = 200;
    let (sender, frames) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let begun = Mutex::new(begun);
    let server = raw::scripted(move |mut stream: &TcpStream, request| {
        stream.write_all(&request.accept(""))?;
        socket2::SockRef::from(stream).set_recv_buffer_size(16 << 10)?;
        // From the beginning of the shutdown, longer than the limit of the closing handshake.
        let _ = begun.lock().unwrap().recv_timeout(PATIENCE);
        thread::sleep(Duration::from_millis(400));
        loop {
            let frame = frames::read(&mut stream)?;
            let _ = sender.send(frame.opcode);
            if frame.opcode == CLOSE {
                return stream.write_all(&frames::close(1000, b""));
            }
        }
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.close_timeout_ms = 100;
        options.ping_interval_ms = -1;
        options.send_queue_max = -1;
    });
    client.wait_open();
    for _ in 0..COUNT {
        assert_eq!(send(client.id, &[7; 100_000], HOSTWS_BLOB), HOSTWS_OK);
    }
    assert!(ws_buffered_amount(client.id) > 1 << 20);
    begin.send(()).unwrap();
    let result = ws_shutdown(60_000);
    assert_eq!(result, HOSTWS_OK, "{}", last_words());
    let story = client.finish();
    // Messages that have left may still be on their way.
    for _ in 0..COUNT {
        assert_eq!(frames.recv_timeout(PATIENCE), Ok(BINARY));
    }
    assert_eq!(frames.recv_timeout(PATIENCE), Ok(CLOSE));
    assert_eq!(story.errors(), []);
}

#[test]
fn nothing_is_taken_any_more_while_the_opening_goes_on() {
    let _alone = alone();
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let ready = move || {
        let _ = gate.lock().unwrap().recv_timeout(PATIENCE);
    };
    let (server, heard) = raw::recording_after(ready, "", Vec::new()).unwrap();
    let client = Client::new(&url(&server, "/"));
    client.send("first");
    let shutdown = thread::spawn(|| ws_shutdown(60_000));
    wait_until(client.id, |status| status != HOSTWS_CONNECTING);
    assert_eq!(ws_status(client.id), HOSTWS_CLOSING);
    check_refused(send(client.id, b"late", HOSTWS_TEXT), HOSTWS_E_CLOSED, "closing");
    check_refused(ping(client.id, b"late"), HOSTWS_E_CLOSED, "closing");
    open.send(()).unwrap();
    assert_eq!(shutdown.join().unwrap(), HOSTWS_OK);
    let opcodes: Vec<u8> = heard.frames.try_iter().map(|frame| frame.opcode).collect();
    assert_eq!(opcodes, [TEXT, CLOSE]);
    client.finish().check_clean(1000, "");
}

#[track_caller]
fn check_lost(client: &Client, timeout: i32, cause: &str) {
    check_refused(ws_shutdown(timeout), HOSTWS_E_TIMEOUT, "could not be sent");
    let words = last_words();
    assert!(words.contains(&format!("connection {}", client.id)), "{words}");
    assert!(words.contains(cause), "{words}");
    let story = client.finish();
    assert_eq!(story.0.len(), 1, "the shutdown has closed it: {:?}", story.0);
    assert_eq!((story.ending().code, story.ending().was_clean), (1006, false));
}

fn wait_until(id: ws_id, is_there: impl Fn(i32) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_there(ws_status(id)) {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
}

#[test]
fn what_cannot_leave_is_told() {
    let _alone = alone();
    let raw = raw_server();
    // Too little time, and no time at all.
    for timeout in [200, 0] {
        let client = Client::new(&url(&raw, "/silent"));
        client.send("important");
        check_lost(&client, timeout, "");
    }
    // The opening fails while the shutdown waits for it.
    let (fail, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let server = raw::scripted(move |mut stream: &TcpStream, _| {
        let _ = gate.lock().unwrap().recv_timeout(PATIENCE);
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    })
    .unwrap();
    let client = Client::new(&url(&server, "/"));
    client.send("important");
    let id = client.id;
    let failing = thread::spawn(move || {
        wait_until(id, |status| status != HOSTWS_CONNECTING);
        fail.send(()).unwrap();
    });
    check_lost(&client, 20_000, "403");
    failing.join().unwrap();
    // The connection is open, but the server reads nothing.
    let server = ws_server();
    let stalled = Client::new(&url(&server, "/silent"));
    stalled.wait_open();
    while send(stalled.id, &[0; 100_000], HOSTWS_BLOB) == HOSTWS_OK {}
    check_refused(ws_shutdown(200), HOSTWS_E_TIMEOUT, "could not be sent");
    stalled.finish().check_dropped(1006);
}

#[test]
fn without_a_time_a_server_that_takes_nothing_has_its_own() {
    let _alone = alone();
    let server = ws_server();
    let stalled = Client::with(&url(&server, "/silent"), |options| {
        options.close_timeout_ms = 200;
        options.ping_interval_ms = -1;
    });
    stalled.wait_open();
    while send(stalled.id, &[0; 100_000], HOSTWS_BLOB) == HOSTWS_OK {}
    check_refused(ws_shutdown(-1), HOSTWS_E_TIMEOUT, "none left for 200 ms");
    stalled.finish().check_dropped(1006);
}

#[test]
fn what_is_no_message_is_no_loss() {
    let _alone = alone();
    let raw = raw_server();
    // The shutdown does not wait for a ping.
    let pinging = Client::new(&url(&raw, "/silent"));
    assert_eq!(ping(pinging.id, b"x"), HOSTWS_OK);
    // Messages that the host dropped itself do not count as lost.
    let aborted = Client::new(&url(&raw, "/silent"));
    aborted.send("dropped");
    assert_eq!(ws_abort(aborted.id), HOSTWS_OK);
    let given_up = Client::new(&url(&raw, "/silent"));
    given_up.send("dropped");
    given_up.terminate();
    assert_eq!(ws_shutdown(-1), HOSTWS_OK, "{}", last_words());
    for client in [pinging, aborted, given_up] {
        client.finish().check_dropped(1006);
    }
}
