//! After a sleep of the machine, a dead connection is detected soon. The sleep is simulated: this
//! program replaces `clock_gettime`, and the timer by which the system reports the end of a sleep.
#![cfg(target_os = "linux")]

mod support;

use std::io::Write;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hostws::capi::*;
use libc::{c_int, clockid_t, itimerspec, timespec};
use support::host::*;
use support::servers::frames;
use support::servers::raw::scripted;
use support::{url, ws_server};

static SLEPT: AtomicI64 = AtomicI64::new(0);
static ALARMS: Mutex<Vec<c_int>> = Mutex::new(Vec::new());
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[no_mangle]
unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the caller keeps the contract of the system call.
    unsafe {
        let result = libc::syscall(libc::SYS_clock_gettime, clock, time);
        if result == 0 && clock == libc::CLOCK_BOOTTIME {
            (*time).tv_sec += SLEPT.load(Ordering::SeqCst);
        }
        result as c_int
    }
}

#[no_mangle]
extern "C" fn timerfd_create(clock: clockid_t, _: c_int) -> c_int {
    assert_eq!(clock, libc::CLOCK_REALTIME);
    // SAFETY: the copy stays open to the end, so its number stays its own.
    unsafe {
        let alarm = libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC);
        locked(&ALARMS).push(libc::dup(alarm));
        alarm
    }
}

#[no_mangle]
extern "C" fn timerfd_settime(
    _: c_int,
    flags: c_int,
    _: *const itimerspec,
    _: *mut itimerspec,
) -> c_int {
    assert_ne!(flags & libc::TFD_TIMER_CANCEL_ON_SET, 0);
    0
}

/// Simulates a sleep of this length; 0: only the wall clock is set.
fn sleep(seconds: i64) {
    SLEPT.fetch_add(seconds, Ordering::SeqCst);
    for &alarm in &*locked(&ALARMS) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the buffer is as large as it says.
        assert_eq!(unsafe { libc::write(alarm, one.as_ptr().cast(), one.len()) }, 8);
    }
}

/// Makes a round trip. Afterwards the worker has done everything before it.
fn round_trip(client: &Client, count: usize) {
    client.send("are you there?");
    client.wait_messages(count);
}

#[test]
fn a_dead_connection_is_found_soon() {
    let _alone = locked(&ONE_AT_A_TIME);
    // The server reads, and never sends anything.
    let server = scripted(|mut stream, request| {
        stream.write_all(&request.accept(""))?;
        loop {
            frames::read(&mut stream)?;
        }
    })
    .unwrap();
    let patient = Client::new(&url(&server, "/"));
    let hasty = Client::with(&url(&server, "/"), |options| options.ping_timeout_ms = 100);
    patient.wait_open();
    hasty.wait_open();
    sleep(60);
    let before = Instant::now();
    hasty.finish().check_failed(1006, &["ws", "ws"], "silent for 100 ms after a ping");
    patient.finish().check_failed(1006, &["ws", "ws"], "silent for 5000 ms after a ping");
    assert!(before.elapsed() < PATIENCE);
}

#[test]
fn one_that_lives_is_asked_once_and_stays() {
    let _alone = locked(&ONE_AT_A_TIME);
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    for sleeps in 1..=2 {
        sleep(3600);
        let until = Instant::now() + PATIENCE;
        while stats(client.id).pongs_received < sleeps {
            assert!(Instant::now() < until);
            ws_poll(0, 5, 0);
        }
        assert_eq!(stats(client.id).pings_sent, sleeps);
    }
    round_trip(&client, 1);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn nobody_is_asked_without_need() {
    let _alone = locked(&ONE_AT_A_TIME);
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    sleep(0);
    round_trip(&client, 1);
    sleep(4);
    round_trip(&client, 2);
    assert_eq!(stats(client.id).pings_sent, 0);

    let quiet = Client::with(&url(&server, "/echo"), |options| options.ping_interval_ms = -1);
    quiet.wait_open();
    sleep(3600);
    round_trip(&quiet, 1);
    assert_eq!(stats(quiet.id).pings_sent, 0);
    for client in [client, quiet] {
        client.terminate();
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn the_next_attempt_is_made_at_once_unless_the_server_asked_to_wait() {
    let _alone = locked(&ONE_AT_A_TIME);
    static CAME: AtomicUsize = AtomicUsize::new(0);
    let server = scripted(|mut stream, request| match CAME.fetch_add(1, Ordering::SeqCst) {
        0 => stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
        1 => {
            stream.write_all(b"HTTP/1.1 503 Busy\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n")
        }
        _ => {
            stream.write_all(&request.accept(""))?;
            let close = frames::read(&mut stream)?;
            stream.write_all(&frames::frame(frames::FIN | frames::CLOSE, &close.payload))
        }
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = 3;
        options.reconnect_min_ms = 60_000;
        options.reconnect_max_ms = 60_000;
    });
    let told = |count| {
        client.poll_until("the loss", |events| {
            let is_loss = |event: &&Event| matches!(event, Event::Reconnecting { .. });
            events.iter().filter(is_loss).count() == count
        });
    };
    told(1);
    sleep(6);
    told(2);
    sleep(30);
    let until = Instant::now() + Duration::from_millis(200);
    while Instant::now() < until {
        ws_poll(0, 5, 0);
    }
    assert_eq!(CAME.load(Ordering::SeqCst), 2);
    // The delay that the server asked for, and the random half of it.
    sleep(130);
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_loss_that_the_sleep_brought_is_this_clients_own_and_tried_again_soon() {
    let _alone = locked(&ONE_AT_A_TIME);
    // The server has forgotten the client, and answers the ping by closing.
    let server = scripted(|mut stream, request| {
        stream.write_all(&request.accept(""))?;
        frames::read(&mut stream).map(drop)
    })
    .unwrap();
    let clients: Vec<Client> = (0..12)
        .map(|_| Client::with(&url(&server, "/"), |options| options.reconnect_max = -1))
        .collect();
    clients.iter().for_each(Client::wait_open);
    sleep(60);
    for client in &clients {
        let delay = |event: &Event| match event {
            Event::Reconnecting { delay_ms, .. } => Some(*delay_ms),
            _ => None,
        };
        client.poll_until("the loss", |events| events.iter().any(|event| delay(event).is_some()));
        ws_abort(client.id);
        let first = client.events().iter().find_map(delay).unwrap();
        assert!((500..=1000).contains(&first), "{first}");
    }
    clients.into_iter().for_each(|client| drop(client.finish()));
}
