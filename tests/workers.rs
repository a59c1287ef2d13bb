//! Queues that share a worker do not delay each other.

mod support;

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{mpsc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::process::wait_workers;
use support::servers::listener::{Ending as Seen, Listener};
use support::{url, ws_server};

/// More round trips than it takes for the loop to be lent.
const WARM: usize = 50;

/// One test at a time, because they count threads. All queues share one worker.
fn one_worker() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static SET: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    SET.call_once(|| std::env::set_var("HOSTWS_WORKERS", "1"));
    turn
}

fn open_in(queue: ws_queue, server: &Listener, path: &str) -> Client {
    let client = Client::with(&url(server, path), |options| options.queue = queue);
    client.wait_open();
    client
}

#[track_caller]
fn close(client: &Client) {
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[track_caller]
fn free(queue: ws_queue) {
    assert_eq!(ws_queue_free(queue), HOSTWS_OK, "{}", last_words());
}

#[test]
fn a_host_that_has_borrowed_the_loop_gives_it_back_when_another_queue_comes() {
    let _turn = one_worker();
    let server = ws_server();
    let (first, second) = (ws_queue_new(), ws_queue_new());
    let client = open_in(first, &server, "/echo");
    client.exchange(WARM);
    // The first queue's host waits, and then it does not poll at all.
    for is_waiting in [true, false] {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while is_waiting && !is_over.load(Ordering::SeqCst) {
                    assert!(ws_poll(first, 60_000, 0) >= 0);
                }
            });
            let other = open_in(second, &server, "/echo");
            other.exchange(WARM);
            wait_workers(|count| count == 1);
            close(&other);
            is_over.store(true, Ordering::SeqCst);
            ws_wake(first);
        });
        client.exchange(WARM);
    }
    close(&client);
    free(first);
    free(second);
}

#[test]
fn a_slow_callback_of_one_queue_delays_no_other() {
    let _turn = one_worker();
    let server = ws_server();
    let (first, second) = (ws_queue_new(), ws_queue_new());
    static IS_INSIDE: AtomicBool = AtomicBool::new(false);
    // The callback lasts until the other queue has made its round trips.
    let (done, others) = mpsc::channel();
    let others = Mutex::new(others);
    let hook = move |_: ws_id, event: &Event| {
        if matches!(event, Event::Message { data, .. } if data == b"slowly") {
            IS_INSIDE.store(true, Ordering::SeqCst);
            others.lock().unwrap().recv_timeout(2 * PATIENCE).expect("round trips meanwhile");
        }
    };
    let set = |options: &mut ws_options| options.queue = first;
    let slow = Client::full(&url(&server, "/echo"), 0, set, Some(Box::new(hook)));
    slow.wait_open();
    let other = open_in(second, &server, "/echo");
    thread::scope(|scope| {
        scope.spawn(|| {
            slow.exchange(WARM);
            slow.send("slowly");
            slow.wait_messages(WARM + 1);
        });
        while !IS_INSIDE.load(Ordering::SeqCst) {
            other.exchange(1);
        }
        other.exchange(10);
        done.send(()).unwrap();
    });
    close(&slow);
    close(&other);
    free(first);
    free(second);
}

#[test]
fn a_queue_that_is_freed_closes_its_own_connections_only() {
    let _turn = one_worker();
    let server = ws_server();
    let (first, second) = (ws_queue_new(), ws_queue_new());
    let closed = open_in(first, &server, "/sub");
    let kept = open_in(second, &server, "/echo");
    free(first);
    assert!(server.wait_seen("/sub", PATIENCE, |ending| {
        *ending == Seen::Close(Some((1001, String::new())))
    }));
    let deadline = Instant::now() + PATIENCE;
    while ws_status(closed.id) != HOSTWS_CLOSED {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    assert_eq!(closed.events(), [Event::Open]);
    kept.exchange(WARM);
    // Long enough for the freed queue's place to end, and for nothing else.
    thread::sleep(Duration::from_millis(2500));
    kept.exchange(WARM);
    close(&kept);
    free(second);
}

unsafe extern "C-unwind" fn count_call(count: *mut c_void) {
    // SAFETY: it points to a static of the test.
    unsafe { &*count.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn each_queue_is_announced_by_its_own_function_and_descriptor() {
    const QUEUES: usize = 20;
    static CALLS: [AtomicUsize; QUEUES] = [const { AtomicUsize::new(0) }; QUEUES];
    let _turn = one_worker();
    let server = ws_server();
    let queues: Vec<ws_queue> = (0..QUEUES).map(|_| ws_queue_new()).collect();
    let clients: Vec<Client> =
        queues.iter().map(|&queue| open_in(queue, &server, "/echo")).collect();
    for (queue, calls) in queues.iter().zip(&CALLS) {
        let calls = (&raw const *calls).cast_mut().cast();
        assert_eq!(ws_queue_on_wakeup(*queue, Some(count_call), calls), HOSTWS_OK);
    }
    for round in 1..=5 {
        for (index, client) in clients.iter().enumerate() {
            client.send("hello");
            let deadline = Instant::now() + PATIENCE;
            while CALLS[index].load(Ordering::SeqCst) < round {
                assert!(Instant::now() < deadline, "queue {index}, round {round}");
                thread::sleep(Duration::from_micros(100));
            }
            let others = CALLS.iter().skip(index + 1);
            assert!(others.into_iter().all(|calls| calls.load(Ordering::SeqCst) == round - 1));
            assert_eq!(ws_pending(client.queue), 1);
            client.wait_messages(round);
        }
    }
    wait_workers(|count| count == 1);
    clients.iter().for_each(close);
    queues.into_iter().for_each(free);
}

#[test]
fn a_busy_host_does_not_keep_the_loop_from_a_queue_that_comes() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let _turn = one_worker();
    let server = ws_server();
    let (first, second) = (ws_queue_new(), ws_queue_new());
    let busy = open_in(first, &server, "/echo");
    busy.exchange(WARM);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                busy.exchange(1);
            }
        });
        let calls = (&raw const CALLS).cast_mut().cast();
        assert_eq!(ws_queue_on_wakeup(second, Some(count_call), calls), HOSTWS_OK);
        let other = Client::with(&url(&server, "/sub"), |options| options.queue = second);
        let deadline = Instant::now() + PATIENCE;
        while CALLS.load(Ordering::SeqCst) == 0 {
            if Instant::now() > deadline {
                is_over.store(true, Ordering::SeqCst);
                panic!("nobody called the function");
            }
            thread::sleep(Duration::from_micros(100));
        }
        other.wait_open();
        close(&other);
        is_over.store(true, Ordering::SeqCst);
    });
    close(&busy);
    free(first);
    free(second);
}

#[test]
fn queues_come_and_go_while_others_exchange() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 25;
    let _turn = one_worker();
    let server = ws_server();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    let queue = ws_queue_new();
                    let client = open_in(queue, &server, "/echo");
                    client.exchange(5);
                    if round % 3 > 0 {
                        close(&client);
                    }
                    free(queue);
                }
            });
        }
        let queue = ws_queue_new();
        let client = open_in(queue, &server, "/echo");
        client.exchange(500);
        close(&client);
        free(queue);
    });
    wait_workers(|count| count <= 1);
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    wait_workers(|count| count == 0);
}
