//! The ways to wait and to be woken: a thread's own queue and ws_queue_new(), descriptor, wake-up
//! function, nested polls.

mod support;

use std::ffi::c_void;
use std::io::Read;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::{raw_server, url, ws_server};

/// A queue of ws_queue_new(), freed at the end.
struct OwnQueue(ws_queue);

impl OwnQueue {
    fn new() -> OwnQueue {
        let queue = ws_queue_new();
        assert!(queue > 0, "{}", last_words());
        OwnQueue(queue)
    }
}

impl Drop for OwnQueue {
    fn drop(&mut self) {
        ws_queue_free(self.0);
    }
}

#[test]
fn a_poll_gives_up_after_its_time() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/silent"));
    let before = Instant::now();
    assert_eq!(ws_poll(0, 100, 0), 0);
    assert_eq!(ws_wait(0, 100), 0);
    assert!(before.elapsed() >= Duration::from_millis(195));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

#[test]
fn without_a_connection_to_wait_for_a_wait_is_idle() {
    assert_eq!(ws_poll(0, 0, 0), 0, "it need not wait");
    assert_eq!(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
    assert_eq!(ws_wait(0, -1), HOSTWS_E_IDLE);
    assert_eq!(next(0, -1), Err(HOSTWS_E_IDLE));
    let server = ws_server();
    let client = Client::new(&url(&server, "/close?code=1000"));
    while ws_poll(0, -1, 0) >= 0 {}
    assert_eq!(ws_last_error(), HOSTWS_E_IDLE);
    client.finish().check_clean(1000, "");
}

#[test]
fn a_poll_delivers_at_most_as_many_as_it_was_asked() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/flood?n=100&size=10"));
    wait_pending(101);
    assert_eq!(ws_pending(0), 101);
    assert_eq!(client.events(), [], "ws_wait delivers nothing");
    assert_eq!(ws_poll(0, 0, 3), 3);
    assert_eq!(ws_wait(0, 0), 98);
    assert_eq!(ws_poll(0, 0, 0), 98);
    assert_eq!(ws_pending(0), 0);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_wake_ends_a_wait_on_another_thread_or_the_next_one() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/silent"));
    let queue = ws_queue_of(0);
    assert_eq!(ws_queue_of(client.id), queue);
    let waker = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        assert_eq!(ws_wake(queue), HOSTWS_OK);
    });
    let before = Instant::now();
    assert_eq!(ws_poll(0, 20_000, 0), 0);
    assert!(before.elapsed() < Duration::from_secs(10));
    waker.join().unwrap();
    // If nobody waits, the next wait ends at once.
    assert_eq!(ws_wake(0), HOSTWS_OK);
    assert_eq!(ws_poll(0, 20_000, 0), 0);
    assert_eq!(ws_wake(0), HOSTWS_OK);
    assert_eq!(ws_wait(0, 20_000), 0);
    let pull = open_pull(&url(&raw, "/silent"), None);
    assert_eq!(ws_wake(0), HOSTWS_OK);
    assert_eq!(next(0, 20_000), Err(HOSTWS_E_TIMEOUT));
    assert_eq!(ws_wake(0), HOSTWS_OK);
    assert_eq!(ws_wait_status(pull, HOSTWS_CONNECTED, 20_000), HOSTWS_E_TIMEOUT);
    assert_eq!(ws_abort(pull), HOSTWS_OK);
    assert_eq!(ws_wake(0), HOSTWS_OK);
    assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTED, 20_000), HOSTWS_E_TIMEOUT);
    assert!(before.elapsed() < Duration::from_secs(15));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

#[test]
fn a_wake_is_kept_for_a_call_that_waits() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/silent"));
    let pull = open_pull(&url(&raw, "/silent"), None);
    // SAFETY: one byte, to a descriptor that is open.
    let write = || unsafe { libc::write(ws_wake_fd(0) as i32, [0_u8].as_ptr().cast(), 1) as i32 };
    let wakes: [&dyn Fn() -> i32; 2] = [&|| ws_wake(0) + 1, &write];
    for wake in wakes {
        assert_eq!(wake(), 1);
        assert_eq!(ws_poll(0, 0, 0), 0);
        assert_eq!(ws_wait(0, 0), 0);
        assert_eq!(next(0, 0), Err(HOSTWS_E_TIMEOUT));
        assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTED, 0), HOSTWS_E_TIMEOUT);
        assert_eq!(ws_wait_status(pull, HOSTWS_CONNECTED, 0), HOSTWS_E_TIMEOUT);
        assert_eq!(ws_poll(0, -1, 0), 0, "this one would have waited");
        // Only once.
        assert_eq!(ws_poll(0, 10, 0), 0);
        assert_eq!(wake(), 1);
        assert_eq!(ws_wait(0, -1), 0);
        assert_eq!(wake(), 1);
        assert_eq!(next(0, -1), Err(HOSTWS_E_TIMEOUT));
        assert!(last_words().contains("ws_wake"), "{}", last_words());
    }
    assert_eq!(ws_abort(pull), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

#[test]
fn a_byte_written_elsewhere_ends_a_wait_that_sleeps() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/silent"));
    let queue = ws_queue_of(0);
    for has_fd_before in [false, true] {
        assert!(!has_fd_before || ws_wake_fd(0) >= 0);
        let waker = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            let fd = ws_wake_fd(queue) as i32;
            // SAFETY: one byte, to a descriptor that is open.
            assert_eq!(unsafe { libc::write(fd, [15_u8].as_ptr().cast(), 1) }, 1);
        });
        assert_eq!(ws_poll(0, -1, 0), 0);
        waker.join().unwrap();
    }
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

#[test]
fn with_no_connection_a_wait_takes_its_time_all_the_same() {
    let moment = Duration::from_millis(50);
    let waits: [&dyn Fn() -> i32; 4] =
        [&|| ws_poll(0, 50, 0), &|| ws_wait(0, 50), &|| next(0, 50).unwrap_err(), &|| {
            // SAFETY: zero is NULL in each pointer and a number elsewhere.
            let mut event: ws_event = unsafe { std::mem::zeroed() };
            event.struct_size = size_of::<ws_event>() as u32;
            // SAFETY: it is valid during the call.
            unsafe { ws_next_batch(0, &mut event, 1, 50) }
        }];
    for wait in waits {
        let before = Instant::now();
        assert_eq!(wait(), HOSTWS_E_IDLE);
        assert!(before.elapsed() >= moment);
        // It ends early for a wake-up.
        assert_eq!(ws_wake(0), HOSTWS_OK);
        assert_ne!(wait(), HOSTWS_E_IDLE);
    }
    assert_eq!(ws_poll(0, 0, 0), 0, "and at once without time");
}

#[test]
fn a_wait_with_no_connection_goes_on_with_a_new_one() {
    let server = ws_server();
    let address = url(&server, "/echo");
    let queue = OwnQueue::new();
    let number = queue.0;
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        Client::with(&address, |options| options.queue = number)
    });
    assert_eq!(ws_poll(number, 20_000, 0), 1, "its on_open");
    let client = other.join().unwrap();
    assert_eq!(client.events(), [Event::Open]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn who_waits_in_vain_is_told_where_the_connections_are() {
    let raw = raw_server();
    assert_eq!(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
    let words = "no connection is left that could ever bring an event";
    // Other tests have connections, too.
    assert!(last_words().starts_with(words), "{}", last_words());
    let pull = open_pull(&url(&raw, "/silent"), None);
    assert_eq!(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
    let of_pull = "1 connection has no callbacks: its events come by ws_next()";
    assert!(last_words().contains(of_pull), "{}", last_words());
    assert_eq!(ws_abort(pull), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
    let client = Client::new(&url(&raw, "/silent"));
    let another = Client::new(&url(&raw, "/silent"));
    assert_eq!(next(0, -1), Err(HOSTWS_E_IDLE));
    let of_push = "2 connections have callbacks: their events come by ws_poll()";
    assert!(last_words().contains(of_push), "{}", last_words());
    thread::spawn(|| {
        assert_eq!(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
        assert!(last_words().contains("to other threads' queues"), "{}", last_words());
    })
    .join()
    .unwrap();
    for client in [client, another] {
        assert_eq!(ws_abort(client.id), HOSTWS_OK);
        client.finish();
    }
}

#[test]
fn an_explicit_queue_is_polled_by_any_thread() {
    let server = ws_server();
    let queue = OwnQueue::new();
    let client = Client::with(&url(&server, "/echo"), |options| options.queue = queue.0);
    assert_eq!(ws_queue_of(client.id), queue.0);
    client.wait_open();
    client.send("from here");
    thread::scope(|scope| {
        scope.spawn(|| client.wait_messages(1));
    });
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_second_poller_at_the_same_moment_is_told_that_it_is_busy() {
    let raw = raw_server();
    let queue = OwnQueue::new();
    let client = Client::with(&url(&raw, "/silent"), |options| options.queue = queue.0);
    let (id, number) = (client.id, queue.0);
    let poller = thread::spawn(move || loop {
        // The other thread may be first.
        let polled = ws_poll(number, 20_000, 0);
        if polled != HOSTWS_E_BUSY {
            return polled;
        }
    });
    let deadline = Instant::now() + PATIENCE;
    while ws_poll(number, 0, 0) != HOSTWS_E_BUSY {
        assert!(Instant::now() < deadline);
    }
    assert_eq!(next(number, 0), Err(HOSTWS_E_BUSY));
    assert_eq!(ws_wait_status(id, HOSTWS_CONNECTED, 0), HOSTWS_E_BUSY);
    assert_eq!(ws_queue_free(number), HOSTWS_E_BUSY);
    assert_eq!(ws_wait(number, 0), 0, "ws_wait is for any thread");
    assert_eq!(ws_wake(number), HOSTWS_OK);
    assert_eq!(poller.join().unwrap(), 0);
    assert_eq!(ws_abort(id), HOSTWS_OK);
    client.finish();
}

#[test]
fn another_threads_own_queue_cannot_be_polled() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/silent"));
    let (id, queue) = (client.id, ws_queue_of(0));
    thread::spawn(move || {
        assert_eq!(ws_poll(queue, 0, 0), HOSTWS_E_WRONG_THREAD);
        assert_eq!(next(queue, 0), Err(HOSTWS_E_WRONG_THREAD));
        assert_eq!(ws_wait_status(id, HOSTWS_CONNECTED, 0), HOSTWS_E_WRONG_THREAD);
        assert_eq!(ws_queue_free(queue), HOSTWS_E_ARGUMENT);
        let mut options = options();
        options.queue = queue;
        // SAFETY: all is valid during the call.
        let new = unsafe { ws_new(c"ws://127.0.0.1:1".as_ptr(), std::ptr::null(), &options) };
        assert_eq!(new, HOSTWS_E_WRONG_THREAD);
        assert_eq!(ws_wait(queue, 0), 0, "ws_wait is for any thread");
        assert_eq!(ws_pending(queue), 0);
    })
    .join()
    .unwrap();
    assert_eq!(ws_abort(id), HOSTWS_OK);
    client.finish();
}

#[test]
fn freeing_a_queue_closes_its_connections_with_1001() {
    let server = ws_server();
    let queue = ws_queue_new();
    let client = Client::with(&url(&server, "/echo"), |options| options.queue = queue);
    client.wait_open();
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
    assert_eq!(ws_poll(queue, 0, 0), HOSTWS_E_NO_SUCH_ID);
    assert!(server.wait_seen("/echo", PATIENCE, |ending| {
        use support::servers::listener::Ending;
        *ending == Ending::Close(Some((1001, String::new())))
    }));
    assert_eq!(client.events(), [Event::Open], "no callback runs any more");
}

#[test]
fn the_descriptor_is_readable_exactly_while_something_can_be_delivered() {
    let server = ws_server();
    let fd = ws_queue_fd(0);
    assert!(fd >= 0 && fd == ws_queue_fd(0));
    assert!(!is_readable(fd, 0));
    let client = Client::new(&url(&server, "/echo"));
    assert!(is_readable(fd, 20_000), "open");
    assert_eq!(ws_poll(0, 0, 0), 1);
    assert!(!is_readable(fd, 0));
    client.send("one");
    assert!(is_readable(fd, 20_000));
    client.send("two");
    wait_pending(2);
    assert_eq!(ws_poll(0, 0, 1), 1);
    assert!(is_readable(fd, 0), "one is left");
    assert_eq!(ws_poll(0, 0, 0), 1);
    assert!(!is_readable(fd, 0));
    client.terminate();
    assert!(is_readable(fd, 20_000), "terminate");
    client.finish().check_clean(1000, "");
    assert!(!is_readable(fd, 0));
}

#[test]
fn the_descriptor_is_armed_again_if_the_host_eats_its_byte() {
    let server = ws_server();
    let fd = ws_queue_fd(0);
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    client.send("one");
    assert!(is_readable(fd, 20_000));
    // SAFETY: the descriptor is the library's and open; it is not closed here.
    let mut socket = ManuallyDrop::new(unsafe { UnixStream::from_raw_fd(fd as i32) });
    assert!(socket.read(&mut [0; 64]).unwrap() > 0);
    assert!(!is_readable(fd, 0));
    client.send("two");
    assert!(is_readable(fd, 20_000), "with the next event");
    wait_pending(2);
    assert!(socket.read(&mut [0; 64]).unwrap() > 0);
    assert!(!is_readable(fd, 0));
    assert_eq!(ws_poll(0, 0, 1), 1);
    assert!(is_readable(fd, 0), "after a poll that left something");
    client.wait_messages(2);
    assert!(!is_readable(fd, 0));
    assert_eq!(ws_queue_fd(0), fd, "the same each time");
    client.terminate();
    client.finish();
}

#[test]
fn the_descriptor_serves_ws_next_too() {
    let server = ws_server();
    let fd = ws_queue_fd(0);
    let ws = open_pull(&url(&server, "/flood?n=2&size=5"), None);
    let mut got = 0;
    while got < 3 {
        assert!(is_readable(fd, 20_000));
        assert!(next(0, 0).is_ok());
        got += 1;
    }
    assert_eq!(next(0, 0), Err(HOSTWS_E_TIMEOUT));
    assert!(!is_readable(fd, 0));
    assert_eq!(ws_abort(ws), HOSTWS_OK);
    assert!(is_readable(fd, 20_000));
    assert!(matches!(next(0, 0), Ok((_, Event::Terminate(_)))));
}

/// What a wake-up function was called with.
struct Wakes {
    calls: AtomicUsize,
    thread: mpsc::Sender<ThreadId>,
    queue: ws_queue,
}

unsafe extern "C-unwind" fn on_wakeup(user_data: *mut c_void) {
    // SAFETY: the test keeps it until it has removed the function.
    let wakes = unsafe { &*user_data.cast::<Wakes>() };
    wakes.calls.fetch_add(1, Ordering::SeqCst);
    let _ = wakes.thread.send(thread::current().id());
    assert_eq!(ws_wake(wakes.queue), HOSTWS_OK);
}

#[test]
fn the_wakeup_function_runs_on_a_thread_of_the_librarys_once_until_polled() {
    let server = ws_server();
    let (sender, threads) = mpsc::channel();
    let wakes =
        Box::new(Wakes { calls: AtomicUsize::new(0), thread: sender, queue: ws_queue_of(0) });
    let address: *const Wakes = &*wakes;
    assert_eq!(ws_queue_on_wakeup(0, Some(on_wakeup), address.cast_mut().cast()), HOSTWS_OK);
    let client = Client::new(&url(&server, "/echo"));
    let caller = threads.recv_timeout(PATIENCE).unwrap();
    assert_ne!(caller, thread::current().id());
    assert_eq!(ws_pending(0), 1);
    client.wait_open();

    for _ in 0..20 {
        client.send("echo");
    }
    wait_pending(20);
    threads.recv_timeout(PATIENCE).unwrap();
    assert_eq!(wakes.calls.load(Ordering::SeqCst), 2, "coalesced until a poll");
    // A poll that leaves events behind brings another call.
    assert_eq!(ws_poll(0, 0, 5), 5);
    threads.recv_timeout(PATIENCE).unwrap();
    assert_eq!(ws_poll(0, 0, 0), 15);

    assert_eq!(ws_queue_on_wakeup(0, None, std::ptr::null_mut()), HOSTWS_OK);
    let before = wakes.calls.load(Ordering::SeqCst);
    client.send("unheard");
    client.wait_messages(21);
    assert_eq!(wakes.calls.load(Ordering::SeqCst), before);
    client.terminate();
    client.finish();
}

#[test]
fn a_nested_poll_delivers_other_connections_events_and_not_its_own() {
    let server = ws_server();
    let other = Arc::new(Client::new(&url(&server, "/echo")));
    other.wait_open();
    let nested = Arc::new(AtomicBool::new(false));
    let (dialog, seen) = (Arc::clone(&other), Arc::clone(&nested));
    let outer = Client::hooked(&url(&server, "/flood?n=3&size=5"), move |ws, event| {
        if matches!(event, Event::Message { .. }) && !seen.swap(true, Ordering::SeqCst) {
            // A modal dialog: the other connection continues meanwhile.
            dialog.send("question");
            dialog.wait_messages(1);
            assert_eq!(ws_poll(0, 50, 0), 0, "its own events wait");
            assert_eq!(ws_wait_status(ws, HOSTWS_CLOSED, 0), HOSTWS_E_REENTRANT);
            assert_eq!(ws_wait_status(dialog.id, HOSTWS_CONNECTED, 0), HOSTWS_OK);
            dialog.terminate();
            assert_eq!(ws_wait_status(dialog.id, HOSTWS_CLOSED, 20_000), HOSTWS_OK);
            // The only connection left is that of this callback.
            assert_eq!(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
        }
    });
    outer.wait_messages(3);
    assert!(nested.load(Ordering::SeqCst));
    outer.terminate();
    outer.finish().check_clean(1000, "");
    other.finish().check_clean(1000, "");
}

#[test]
fn polls_nest_deeply() {
    const DEPTH: i32 = 20;
    let server = ws_server();
    let deepest = Arc::new(AtomicI32::new(0));
    let depth = Arc::new(AtomicI32::new(0));
    let clients: Vec<Client> = (0..DEPTH)
        .map(|_| {
            let (deepest, depth) = (Arc::clone(&deepest), Arc::clone(&depth));
            Client::hooked(&url(&server, "/echo"), move |_, event| {
                if *event == Event::Open {
                    let now = depth.fetch_add(1, Ordering::SeqCst) + 1;
                    deepest.fetch_max(now, Ordering::SeqCst);
                    if now < DEPTH {
                        ws_poll(0, 20_000, 1);
                    }
                    depth.fetch_sub(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for client in &clients {
        client.wait_open();
    }
    assert_eq!(deepest.load(Ordering::SeqCst), DEPTH);
    for client in &clients {
        client.terminate();
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn a_callback_may_leave_by_an_unwind_and_the_event_counts_as_delivered() {
    let server = ws_server();
    let client = Client::hooked(&url(&server, "/flood?n=5&size=5"), |_, event| {
        if matches!(event, Event::Message { data, .. } if data.starts_with(b"2")) {
            std::panic::resume_unwind(Box::new("left"));
        }
    });
    let mut unwound = 0;
    let deadline = Instant::now() + PATIENCE;
    while client.messages().len() < 5 {
        let polled = std::panic::catch_unwind(|| ws_poll(0, 100, 0));
        unwound += usize::from(polled.is_err());
        assert!(Instant::now() < deadline);
    }
    assert_eq!(unwound, 1);
    let first: Vec<u8> = client.messages().iter().map(|message| message[0]).collect();
    assert_eq!(first, b"01234");
    client.terminate();
    client.poll_until("terminate", |events| matches!(events.last(), Some(Event::Terminate(_))));
}

#[test]
fn an_event_of_ws_next_is_valid_until_the_next() {
    let server = ws_server();
    let ws = open_pull(&url(&server, "/flood?n=50&size=1000"), None);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Open))));
    let mut numbers = 0;
    while numbers < 50 {
        let event = ws_next(0, 20_000);
        assert!(!event.is_null(), "{}", last_words());
        // Later events do not affect it.
        let _ = ws_wait(0, 1);
        // SAFETY: it is valid until the next ws_next().
        let Event::Message { data, .. } = (unsafe { Event::read(event) }) else { panic!() };
        assert!(data.starts_with(format!("{numbers}:").as_bytes()));
        numbers += 1;
    }
    assert_eq!(terminate(ws, 0, None), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
}

const FLOOD: &str = "/flood?n=50&size=10";

/// A connection that has got several messages at once, of which the host has taken the first.
fn in_a_batch(flood: &str) -> ws_id {
    let id = open_pull(flood, None);
    wait_pending(51);
    assert!(matches!(next(0, 0), Ok((_, Event::Open))));
    for _ in 0..2 {
        assert!(matches!(next(0, 0), Ok((_, Event::Message { .. }))));
    }
    id
}

#[test]
fn a_descriptor_that_is_asked_for_inside_a_batch_tells_of_the_rest() {
    let server = ws_server();
    in_a_batch(&url(&server, FLOOD));
    let fd = ws_queue_fd(0);
    for left in (1..=48).rev() {
        assert_eq!(ws_pending(0), left);
        assert!(is_readable(fd, 0), "{left} are left");
        assert!(matches!(next(0, 0), Ok((_, Event::Message { .. }))));
    }
    assert!(!is_readable(fd, 0));
    assert_eq!((ws_pending(0), next(0, 0)), (0, Err(HOSTWS_E_TIMEOUT)));
}

#[test]
fn inside_a_batch_a_queue_counts_what_is_left_and_all_of_it_can_be_dropped() {
    let server = ws_server();
    let id = in_a_batch(&url(&server, FLOOD));
    assert_eq!(ws_pending(0), 48);
    assert_eq!(ws_queue_discard(0), HOSTWS_OK);
    assert_eq!((ws_pending(0), next(0, 0)), (0, Err(HOSTWS_E_TIMEOUT)));
    // An end silences the rest, too, whoever orders it.
    let other = in_a_batch(&url(&server, FLOOD));
    thread::spawn(move || assert_eq!(ws_abort(other), HOSTWS_OK)).join().unwrap();
    assert!(matches!(next(0, 20_000), Ok((ended, Event::Terminate(_))) if ended == other));
    assert_eq!(ws_status(id), HOSTWS_CONNECTED);
}

#[test]
fn a_thread_may_end_inside_a_batch() {
    let server = ws_server();
    let flood = url(&server, FLOOD);
    let id = thread::spawn(move || in_a_batch(&flood)).join().unwrap();
    let deadline = Instant::now() + PATIENCE;
    // It is Closed a moment before it is gone.
    while ws_queue_of(id) != HOSTWS_E_CLOSED {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    assert_eq!(ws_status(id), HOSTWS_CLOSED);
}
