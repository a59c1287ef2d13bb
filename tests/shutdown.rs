//! ws_shutdown() closes everything, bounded, and the library can be used again. It concerns
//! the whole process, so these run one after the other.

mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::listener::Ending as Seen;
use support::servers::ClosedPort;
use support::{raw_server, url, ws_server};

fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn it_closes_politely_and_what_is_due_can_still_be_polled() {
    let _alone = alone();
    let server = ws_server();
    let clients = [(); 5].map(|()| Client::new(&url(&server, "/echo")));
    clients.iter().for_each(Client::wait_open);
    assert_eq!(ws_shutdown(10_000), HOSTWS_OK, "{}", last_words());
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
    assert_eq!(ws_shutdown(0), HOSTWS_OK, "with nothing to do");
}

#[test]
fn a_server_that_does_not_answer_is_dropped_in_time() {
    let _alone = alone();
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/no-close-reply"));
    let connecting = Client::new(&url(&raw, "/silent"));
    client.wait_open();
    let before = Instant::now();
    assert_eq!(ws_shutdown(200), HOSTWS_E_TIMEOUT);
    let passed = before.elapsed();
    assert!(passed >= Duration::from_millis(190) && passed < Duration::from_secs(3), "{passed:?}");
    client.finish().check_dropped(1006);
    connecting.finish().check_dropped(1006);
}

#[test]
fn with_0_everything_is_dropped_at_once() {
    let _alone = alone();
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/no-close-reply"));
    client.wait_open();
    let before = Instant::now();
    assert_eq!(ws_shutdown(0), HOSTWS_OK, "{}", last_words());
    assert!(before.elapsed() < Duration::from_secs(2));
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
    assert!(before.elapsed() < Duration::from_secs(3));
    assert_eq!(result, HOSTWS_OK, "{}", last_words());
    client.finish().check_dropped(1006);
}

#[test]
fn it_works_from_a_callback() {
    let _alone = alone();
    let server = ws_server();
    let client = Client::hooked(&url(&server, "/text?say=now"), |_, event| {
        if matches!(event, Event::Message { .. }) {
            assert_eq!(ws_shutdown(10_000), HOSTWS_OK, "{}", last_words());
        }
    });
    let story = client.finish();
    assert_eq!(story.messages(), [b"now"]);
    story.check_clean(1001, "");
}

#[test]
fn a_second_one_at_the_same_moment_is_told_so() {
    let _alone = alone();
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/no-close-reply"));
    client.wait_open();
    let first = thread::spawn(|| ws_shutdown(1000));
    let deadline = Instant::now() + PATIENCE;
    while ws_status(client.id) == HOSTWS_CONNECTED {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    check_refused(ws_shutdown(0), HOSTWS_E_SHUTDOWN, "");
    // SAFETY: the string is valid during the call.
    let new = unsafe { ws_new(c"ws://127.0.0.1:1/".as_ptr(), std::ptr::null(), std::ptr::null()) };
    check_refused(new, HOSTWS_E_SHUTDOWN, "shutting down");
    check_refused(ws_queue_new(), HOSTWS_E_SHUTDOWN, "shutting down");
    assert_eq!(first.join().unwrap(), HOSTWS_E_TIMEOUT);
    client.finish().check_dropped(1006);
}

#[test]
fn calls_after_it_answer_as_for_any_closed_connection() {
    let _alone = alone();
    let closed = ClosedPort::new().unwrap();
    let client = Client::new(&format!("ws://127.0.0.1:{}/", closed.port));
    client.finish();
    assert_eq!(ws_shutdown(1000), HOSTWS_OK);
    assert_eq!(ws_status(client.id), HOSTWS_CLOSED);
    check_refused(send(client.id, b"x", 0), HOSTWS_E_CLOSED, "");
    check_refused(ws_abort(client.id), HOSTWS_E_CLOSED, "");
    assert_eq!(ws_pending(0), 0);
}
