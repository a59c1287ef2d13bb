//! What a queue reports while a callback runs, which may have opened a dialog: only events that can
//! be delivered now.

mod support;

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::{url, ws_server};

fn received(ws: ws_id) -> u64 {
    // SAFETY: zero is a number in each field.
    let mut stats: ws_stats = unsafe { std::mem::zeroed() };
    stats.struct_size = size_of::<ws_stats>() as u32;
    // SAFETY: it is valid during the call.
    assert_eq!(unsafe { ws_get_stats(ws, &mut stats) }, HOSTWS_OK);
    stats.messages_received
}

#[track_caller]
fn wait_received(ws: ws_id, count: u64) {
    let deadline = Instant::now() + PATIENCE;
    while received(ws) < count {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(1));
    }
}

/// Three messages for the connection, each a separate entry in the queue. A message is counted
/// before it is put into the queue: the last one may come a moment later.
fn say_three(ws: ws_id) {
    for said in 1..=3 {
        assert_eq!(send(ws, b"more", HOSTWS_TEXT), HOSTWS_OK);
        wait_received(ws, 1 + said);
    }
}

#[test]
fn in_a_callback_its_own_connection_has_nothing_to_deliver() {
    let server = ws_server();
    let fd = ws_queue_fd(0);
    let queue = ws_queue_of(0);
    let seen = Arc::new(AtomicBool::new(false));
    let inside = Arc::clone(&seen);
    let client = Client::hooked(&url(&server, "/echo"), move |ws, event| {
        if !matches!(event, Event::Message { .. }) || inside.swap(true, Ordering::SeqCst) {
            return;
        }
        say_three(ws);
        assert_eq!(ws_pending(0), 0);
        assert!(!is_readable(fd, 50));
        assert_eq!(ws_wait(0, 0), 0);
        assert_eq!(ws_poll(0, 0, 0), 0);
        assert_eq!(ws_wait(0, -1), HOSTWS_E_IDLE, "nobody else could bring something");
        let elsewhere = thread::spawn(move || (ws_pending(queue), ws_wait(queue, 10)));
        assert_eq!(elsewhere.join().unwrap(), (0, 0), "seen from another thread");
    });
    client.wait_open();
    client.send("first");
    wait_pending(1);
    assert_eq!(ws_poll(0, 0, 1), 1);
    assert!(seen.load(Ordering::SeqCst));
    wait_pending(3);
    assert!(is_readable(fd, 0));
    assert_eq!(ws_poll(0, 0, 0), 3);
    assert!(!is_readable(fd, 0));
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_thread_that_waits_for_the_queue_hears_when_the_callback_returns() {
    let server = ws_server();
    let queue = ws_queue_of(0);
    let (waiter, waiters) = std::sync::mpsc::channel();
    let client = Client::hooked(&url(&server, "/echo"), move |ws, event| {
        if matches!(event, Event::Message { data, .. } if data == b"first") {
            say_three(ws);
            let (sender, begun) = std::sync::mpsc::channel();
            let waits = thread::spawn(move || {
                sender.send(()).unwrap();
                ws_wait(queue, 20_000)
            });
            begun.recv().unwrap();
            thread::sleep(Duration::from_millis(20));
            waiter.send(waits).unwrap();
        }
    });
    client.wait_open();
    client.send("first");
    wait_pending(1);
    assert_eq!(ws_poll(0, 0, 1), 1);
    assert!((1..=3).contains(&waiters.recv().unwrap().join().unwrap()));
    client.terminate();
    client.finish().check_clean(1000, "");
}

unsafe extern "C-unwind" fn count_call(user_data: *mut c_void) {
    // SAFETY: it points to a static of the test.
    unsafe { &*user_data.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
}

#[track_caller]
fn wait_calls(calls: &AtomicUsize, more_than: usize) {
    let deadline = Instant::now() + PATIENCE;
    while calls.load(Ordering::SeqCst) <= more_than {
        assert!(Instant::now() < deadline, "no call of the wake-up function");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn in_a_callback_another_connections_message_is_announced() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let server = ws_server();
    let other = Arc::new(Client::new(&url(&server, "/echo")));
    other.wait_open();
    let dialog = Arc::clone(&other);
    let client = Client::hooked(&url(&server, "/echo"), move |ws, event| {
        if !matches!(event, Event::Message { data, .. } if data == b"first") {
            return;
        }
        // Its own messages wait, and cannot be delivered here.
        say_three(ws);
        let before = CALLS.load(Ordering::SeqCst);
        dialog.send("question");
        wait_calls(&CALLS, before);
        assert_eq!(ws_poll(0, 0, 0), 1);
        assert_eq!(dialog.messages().len(), 1);
    });
    client.wait_open();
    let user_data = std::ptr::from_ref(&CALLS).cast_mut().cast();
    assert_eq!(ws_queue_on_wakeup(0, Some(count_call), user_data), HOSTWS_OK);
    client.send("first");
    wait_calls(&CALLS, 0);
    assert_eq!(ws_poll(0, 0, 1), 1);
    client.wait_messages(4);
    assert_eq!(ws_queue_on_wakeup(0, None, std::ptr::null_mut()), HOSTWS_OK);
    client.terminate();
    client.finish().check_clean(1000, "");
    other.terminate();
    other.finish().check_clean(1000, "");
}

#[test]
fn what_waited_for_others_when_a_callback_began_is_announced_in_it() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let server = ws_server();
    let other = Arc::new(Client::new(&url(&server, "/echo")));
    other.wait_open();
    let dialog = Arc::clone(&other);
    let client = Client::hooked(&url(&server, "/echo"), move |_, event| {
        if matches!(event, Event::Message { .. }) {
            wait_calls(&CALLS, 1);
            assert_eq!(ws_poll(0, 0, 0), 1);
            assert_eq!(dialog.messages().len(), 1);
        }
    });
    client.wait_open();
    client.send("first");
    wait_pending(1);
    other.send("second");
    wait_pending(2);
    let user_data = std::ptr::from_ref(&CALLS).cast_mut().cast();
    assert_eq!(ws_queue_on_wakeup(0, Some(count_call), user_data), HOSTWS_OK);
    wait_calls(&CALLS, 0);
    assert_eq!(ws_poll(0, 0, 0), 1, "the other was delivered inside");
    assert_eq!(ws_queue_on_wakeup(0, None, std::ptr::null_mut()), HOSTWS_OK);
    client.terminate();
    client.finish().check_clean(1000, "");
    other.terminate();
    other.finish().check_clean(1000, "");
}
