//! Events in quick succession: the thread that waits for them runs the loop itself. Whatever it
//! does then, nothing is lost, and nobody else has to wait for it.

mod support;

use std::ffi::c_void;
use std::io::Write;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::acting::{acting, ping_in_a_moment};
use support::servers::frames::{self, close, frame, CLOSE, FIN, PING, PONG, TEXT};
use support::{url, ws_server};

/// More round trips than it takes for the thread to borrow the loop.
const WARM: usize = 50;
/// Less than a wait that nobody ends, and much more than one that somebody ends.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn push_answers_come_whole_and_in_order() {
    let server = ws_server();
    let client = Client::hooked(&url(&server, "/echo"), |id, event| {
        if let Event::Message { data, .. } = event {
            let number: usize = std::str::from_utf8(data).unwrap().parse().unwrap();
            if number < 2000 {
                assert_eq!(send(id, (number + 1).to_string().as_bytes(), HOSTWS_TEXT), HOSTWS_OK);
            }
        }
    });
    client.wait_open();
    client.send("0");
    client.poll_until("the last", |events| events.len() > 2001);
    let wanted: Vec<Vec<u8>> = (0..=2000).map(|n: usize| n.to_string().into_bytes()).collect();
    assert_eq!(client.messages(), wanted);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn pulled_answers_come_whole_and_in_order() {
    let server = ws_server();
    let id = open_pull(&url(&server, "/echo"), None);
    assert_eq!(next(0, 20_000), Ok((id, Event::Open)));
    for number in 0..2000 {
        let data = format!("message {number}").into_bytes();
        assert_eq!(send(id, &data, HOSTWS_TEXT), HOSTWS_OK);
        let answer = Event::Message { data_type: HOSTWS_TEXT, data };
        assert_eq!(next(0, 20_000), Ok((id, answer)));
    }
    assert_eq!(terminate(id, 0, None), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
}

#[test]
fn floods_come_whole_after_a_hot_phase() {
    let server = ws_server();
    let warm = Client::new(&url(&server, "/echo"));
    warm.wait_open();
    let flood = Client::new(&url(&server, "/flood?n=20000&size=20"));
    let pulled = open_pull(&url(&server, "/flood?n=20000&size=20"), None);
    warm.exchange(WARM);
    flood.wait_messages(20_000);
    let mut events = Vec::new();
    while events.len() < 20_001 {
        let (id, event) = next(0, 20_000).unwrap();
        assert_eq!(id, pulled);
        events.push(event);
    }
    assert_eq!(events.remove(0), Event::Open);
    let pushed: Vec<Event> = flood.events().split_off(1);
    assert!(pushed == events, "both got the same");
    warm.exchange(WARM);
    for client in [&warm, &flood] {
        client.terminate();
        client.finish().check_clean(1000, "");
    }
    assert_eq!(ws_abort(pulled), HOSTWS_OK);
}

#[test]
fn what_one_read_brings_is_delivered_before_the_next_read() {
    const READ: usize = 128 * 1024;
    let (ours, theirs) = UnixStream::pair().unwrap();
    // Whether a Unix socket has more is only known when it is asked again.
    socket2::SockRef::from(&theirs).set_send_buffer_size(1 << 20).unwrap();
    let fd = ours.into_raw_fd();
    let client = Client::with("ws://127.0.0.1:9/", |options| options.fd = fd.into());
    let mut server = tungstenite::accept(theirs).unwrap();
    client.wait_open();
    let message = frame(FIN | TEXT, &[b'x'; 1024]);
    let mut total = 0;
    let mut first_poll = |count| {
        server.get_mut().write_all(&message.repeat(count)).unwrap();
        let polled = ws_poll(0, PATIENCE.as_millis() as i32, 0) as usize;
        total += count;
        client.wait_messages(total);
        polled
    };
    let mut polls = Vec::new();
    for _ in 0..20 {
        for _ in 0..WARM {
            first_poll(1);
        }
        polls.push(first_poll(250));
    }
    let separate = polls.iter().filter(|&&polled| polled == READ / message.len()).count();
    // Not each time, because the worker may have taken the loop back. Then either may happen.
    assert!(separate >= polls.len() / 5, "{polls:?}");
    client.terminate();
    while server.read().is_ok() {}
    drop(server);
    client.finish().check_clean(1000, "");
}

#[test]
fn a_slow_callback_delays_no_pong() {
    let (server, pongs) = acting(ping_in_a_moment);
    let pongs = Mutex::new(pongs);
    // The callback lasts until the pong has come.
    let client = Client::hooked(&url(&server, "/"), move |_, event| {
        if matches!(event, Event::Message { data, .. } if data == b"act") {
            pongs.lock().unwrap().recv_timeout(PATIENCE).expect("a pong during the callback");
        }
    });
    client.wait_open();
    for _ in 0..3 {
        client.exchange(WARM);
        let count = client.messages().len();
        client.send("act");
        client.wait_messages(count + 1);
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_slow_callback_delays_no_other_connections_closing_and_no_timer() {
    let (echo, _) = acting(|_| ());
    let (enter, entered) = mpsc::channel();
    let entered = Mutex::new(entered);
    let (other, closed) = acting(move |stream| {
        entered.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        // The client's keep-alive pings come by themselves: the second one after the answer to the
        // first. Its close frame comes after ours.
        for _ in 0..2 {
            let ping = loop {
                let heard = frames::read(stream).unwrap();
                if heard.opcode == PING {
                    break heard.payload;
                }
            };
            stream.write_all(&frame(FIN | PONG, &ping)).unwrap();
        }
        stream.write_all(&close(1000, b"")).unwrap();
        while frames::read(stream).unwrap().opcode != CLOSE {}
    });
    let closed = Mutex::new(closed);
    // The callback lasts until all of that has happened.
    let hot = Client::hooked(&url(&echo, "/"), move |_, event| {
        if matches!(event, Event::Message { data, .. } if data == b"slow") {
            enter.send(()).unwrap();
            closed.lock().unwrap().recv_timeout(PATIENCE).expect("both during the callback");
        }
    });
    let quiet = Client::with(&url(&other, "/"), |options| options.ping_interval_ms = 100);
    hot.wait_open();
    quiet.wait_open();
    hot.exchange(WARM);
    quiet.send("act");
    hot.send("slow");
    hot.wait_messages(WARM + 1);
    quiet.finish().check_clean(1000, "");
    hot.terminate();
    hot.finish().check_clean(1000, "");
}

#[test]
fn a_host_that_stops_polling_leaves_the_loop_to_the_worker() {
    let (server, pongs) = acting(ping_in_a_moment);
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    for _ in 0..5 {
        client.exchange(WARM);
        client.send("act");
        pongs.recv_timeout(PATIENCE).expect("a pong although nobody polls");
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn other_threads_reach_a_thread_that_runs_the_loop() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    let queue = ws_queue_of(0);
    let id = client.id;
    let (asks, asked) = mpsc::channel::<Duration>();
    let other = thread::spawn(move || {
        while let Ok(pause) = asked.recv() {
            thread::sleep(pause);
            assert_eq!(ws_wake(queue), HOSTWS_OK);
        }
        assert_eq!(send(id, b"from another thread", HOSTWS_TEXT), HOSTWS_OK);
        thread::sleep(Duration::from_millis(1));
        assert_eq!(terminate(id, 0, None), HOSTWS_OK);
    });
    for round in 0..30 {
        client.exchange(8);
        asks.send(Duration::from_micros(200 * round)).unwrap();
        let before = Instant::now();
        assert_eq!(ws_poll(0, 20_000, 0), 0);
        assert!(before.elapsed() < SOON, "woken after {:?}", before.elapsed());
    }
    client.exchange(8);
    drop(asks);
    client.finish().check_clean(1000, "");
    other.join().unwrap();
}

#[test]
fn connections_come_and_go_on_other_threads() {
    let server = ws_server();
    let queue = ws_queue_new();
    let client = Client::with(&url(&server, "/echo"), |options| options.queue = queue);
    client.wait_open();
    let until = Instant::now() + Duration::from_millis(700);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while Instant::now() < until {
                    let short = Client::with(&url(&server, "/echo"), |options| {
                        options.queue = queue;
                    });
                    while ws_status(short.id) == HOSTWS_CONNECTING {
                        thread::yield_now();
                    }
                    for _ in 0..50 {
                        send(short.id, b"gathered", HOSTWS_TEXT);
                    }
                    terminate(short.id, 0, None);
                }
            });
        }
        while Instant::now() < until {
            client.exchange(5);
        }
    });
    client.terminate();
    while ws_poll(queue, 5000, 0) >= 0 {}
    assert_eq!(ws_last_error(), HOSTWS_E_IDLE);
    client.finish().check_clean(1000, "");
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
}

unsafe extern "C-unwind" fn count_call(user_data: *mut c_void) {
    // SAFETY: the test keeps the counter.
    unsafe { (*user_data.cast::<AtomicUsize>()).fetch_add(1, Ordering::SeqCst) };
}

#[test]
fn a_wakeup_function_set_meanwhile_is_called() {
    let (server, acted) = acting(|stream| {
        let several = [frame(FIN | TEXT, b"1"), frame(FIN | TEXT, b"2"), frame(FIN | TEXT, b"3")];
        stream.write_all(&several.concat()).unwrap();
    });
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    let calls = Arc::new(AtomicUsize::new(0));
    for _ in 0..10 {
        client.exchange(WARM);
        let count = client.messages().len();
        let user_data = Arc::as_ptr(&calls).cast_mut().cast();
        assert_eq!(ws_queue_on_wakeup(0, Some(count_call), user_data), HOSTWS_OK);
        client.send("act");
        while client.messages().len() == count {
            assert!(ws_poll(0, 20_000, 1) >= 0);
        }
        // Something is left or still comes: the host is told about it.
        calls.store(0, Ordering::SeqCst);
        acted.recv_timeout(PATIENCE).unwrap();
        assert_eq!(ws_poll(0, 20_000, 1), 1);
        let deadline = Instant::now() + PATIENCE;
        while calls.load(Ordering::SeqCst) == 0 {
            assert!(Instant::now() < deadline, "no call, and {} events wait", ws_pending(0));
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(ws_queue_on_wakeup(0, None, std::ptr::null_mut()), HOSTWS_OK);
        client.wait_messages(count + 4);
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_descriptor_asked_for_meanwhile_becomes_readable() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    client.exchange(WARM);
    let fd = ws_queue_fd(0);
    client.send("to be seen");
    let mut entry = libc::pollfd { fd: fd as i32, events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid entry, for the length of the call.
    assert_eq!(unsafe { libc::poll(&mut entry, 1, 20_000) }, 1);
    client.wait_messages(WARM + 1);
    client.exchange(WARM);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_deadline_holds_in_a_hot_phase() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    for timeout in [1, 2, 5, 30] {
        client.exchange(10);
        let before = Instant::now();
        assert_eq!(ws_poll(0, timeout, 0), 0);
        assert!(before.elapsed() >= Duration::from_millis(timeout as u64 - 1));
        assert!(before.elapsed() < SOON);
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn busy_polling_changes_nothing_but_the_time() {
    for bad in [-1, 1_000_001] {
        check_refused(ws_queue_busy_poll(0, bad), HOSTWS_E_ARGUMENT, "microseconds");
    }
    check_refused(ws_queue_busy_poll(i32::MAX, 0), HOSTWS_E_NO_SUCH_ID, "queue");
    assert_eq!(ws_queue_busy_poll(0, 1_000_000), HOSTWS_OK);
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    let queue = ws_queue_of(0);
    client.wait_open();
    client.exchange(WARM);
    // Other threads reach it as usual, and its timeout works as usual.
    assert_eq!(ws_poll(0, 10, 0), 0);
    client.exchange(WARM);
    let waker = thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        assert_eq!(ws_wake(queue), HOSTWS_OK);
    });
    let before = Instant::now();
    assert_eq!(ws_poll(0, 20_000, 0), 0);
    assert!(before.elapsed() < SOON);
    waker.join().unwrap();
    assert_eq!(ws_queue_busy_poll(0, 0), HOSTWS_OK);
    client.exchange(WARM);
    client.terminate();
    client.finish().check_clean(1000, "");
}

/// The CPU time of this thread.
#[cfg(target_os = "linux")]
fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to `time`.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(target_os = "linux")]
#[test]
fn a_dialog_inside_a_callback_sleeps_though_its_connection_has_more() {
    let server = ws_server();
    // Without this connection the inner call would have nothing to wait for.
    let other = Client::new(&url(&server, "/echo"));
    other.wait_open();
    let taken = Arc::new(Mutex::new(None));
    let dialog = Arc::clone(&taken);
    let client = Client::hooked(&url(&server, "/echo"), move |id, event| {
        if !matches!(event, Event::Message { data, .. } if data == b"dialog") {
            return;
        }
        assert_eq!(send(id, b"for later", HOSTWS_TEXT), HOSTWS_OK);
        let before = thread_time();
        ws_poll(0, 500, 0);
        *dialog.lock().unwrap() = Some(thread_time() - before);
    });
    client.wait_open();
    client.exchange(WARM);
    client.send("dialog");
    client.wait_messages(WARM + 2);
    let taken = taken.lock().unwrap().expect("the dialog was there");
    assert!(taken < Duration::from_millis(250), "{taken:?} of the half second that it waited");
    for client in [client, other] {
        client.terminate();
        client.finish().check_clean(1000, "");
    }
}
