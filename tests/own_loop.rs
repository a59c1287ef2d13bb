//! A host with its own event loop that watches ws_queue_loop_fd(): it runs the library's loop itself
//! while events come in quick succession. Whatever it does then, nothing is lost, and nobody else
//! has to wait for it.

#![cfg(target_os = "linux")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::acting::{acting, ping_in_a_moment};
use support::servers::listener::Listener;
use support::{url, ws_server};

/// More round trips than it takes for the host to borrow the loop.
const WARM: usize = 50;

const PATIENCE_MS: i32 = PATIENCE.as_millis() as i32;

/// The host's loop.
struct Loop {
    queue: ws_queue,
    fd: isize,
}

impl Loop {
    #[track_caller]
    fn new(queue: ws_queue) -> Loop {
        let fd = ws_queue_loop_fd(queue);
        assert!(fd >= 0, "{}", last_words());
        Loop { queue, fd }
    }

    /// Runs until the condition holds, and polls only when there is a reason.
    #[track_caller]
    fn run_until(&self, what: &str, done: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done() {
            assert!(Instant::now() < deadline, "no {what}; {} events wait", ws_pending(self.queue));
            if is_readable(self.fd, 200) {
                assert!(ws_poll(self.queue, 0, 0) >= 0, "{}", last_words());
            }
        }
    }

    /// Makes round trips, and waits for each.
    #[track_caller]
    fn exchange(&self, client: &Client, count: usize) {
        let before = client.messages().len();
        for number in 0..count {
            client.send(&format!("echo {number}"));
            self.run_until("answer", || client.messages().len() > before + number);
        }
    }

    #[track_caller]
    fn open(&self, client: &Client) {
        self.run_until("open", || client.events().contains(&Event::Open));
    }

    /// The calling thread's loop, and a connection that is open and echoes.
    #[track_caller]
    fn connected() -> (Listener, Loop, Client) {
        let server = ws_server();
        let own = Loop::new(0);
        let client = Client::new(&url(&server, "/echo"));
        own.open(&client);
        (server, own, client)
    }

    #[track_caller]
    fn close(&self, client: &Client) {
        client.terminate();
        self.run_until("end", || ws_status(client.id) == HOSTWS_CLOSED);
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn the_descriptor_is_the_same_each_time() {
    let fd = ws_queue_loop_fd(0);
    assert!(fd > 2);
    assert_eq!(ws_queue_loop_fd(ws_queue_of(0)), fd);
    assert!(!is_readable(fd, 0));
    assert!(ws_queue_fd(0) >= 0 && ws_queue_fd(0) != fd);
    assert_eq!(ws_queue_loop_fd(i32::MAX), HOSTWS_E_NO_SUCH_ID as isize);
    assert_eq!(ws_queue_loop_fd(-1), HOSTWS_E_ARGUMENT as isize);
}

#[test]
fn the_host_reads_from_the_network_itself() {
    let (_server, own, client) = Loop::connected();
    let deadline = Instant::now() + PATIENCE;
    let (mut times, mut sent) = (0, 0);
    while times < 20 {
        assert!(Instant::now() < deadline, "it was never lent");
        client.send("x");
        sent += 1;
        assert!(is_readable(own.fd, PATIENCE_MS));
        // Nothing waits, but the network is readable, and the poll does the rest.
        let is_empty = ws_pending(0) == 0;
        times += usize::from(ws_poll(0, 0, 0) == 1 && is_empty);
        own.run_until("answer", || client.messages().len() == sent);
    }
    own.close(&client);
}

#[test]
fn answers_come_whole_and_in_order() {
    let server = ws_server();
    let own = Loop::new(0);
    let client = Client::hooked(&url(&server, "/echo"), |id, event| {
        if let Event::Message { data, .. } = event {
            let number: usize = std::str::from_utf8(data).unwrap().parse().unwrap();
            if number < 500 {
                assert_eq!(send(id, (number + 1).to_string().as_bytes(), HOSTWS_TEXT), HOSTWS_OK);
            }
        }
    });
    own.open(&client);
    client.send("0");
    own.run_until("the last", || client.events().len() > 501);
    let wanted: Vec<Vec<u8>> = (0..=500).map(|n: usize| n.to_string().into_bytes()).collect();
    assert_eq!(client.messages(), wanted);
    own.close(&client);
}

#[test]
fn pulled_answers_come_whole_and_in_order() {
    let server = ws_server();
    let fd = ws_queue_loop_fd(0);
    let id = open_pull(&url(&server, "/echo"), None);
    let pull = || loop {
        assert!(is_readable(fd, PATIENCE_MS));
        if let Ok((_, event)) = next(0, 0) {
            return event;
        }
    };
    assert_eq!(pull(), Event::Open);
    for number in 0..500 {
        let data = format!("message {number}").into_bytes();
        assert_eq!(send(id, &data, HOSTWS_TEXT), HOSTWS_OK);
        assert_eq!(pull(), Event::Message { data_type: HOSTWS_TEXT, data });
    }
    assert_eq!(terminate(id, 0, None), HOSTWS_OK);
    assert!(matches!(pull(), Event::Terminate(_)));
}

#[test]
fn floods_come_whole_and_polls_of_one_event_do_too() {
    let (server, own, warm) = Loop::connected();
    let floods = [(); 2].map(|()| Client::new(&url(&server, "/flood?n=5000&size=20")));
    own.exchange(&warm, WARM);
    own.run_until("messages", || floods[0].events().len() > 5_000);
    let deadline = Instant::now() + PATIENCE;
    while floods[1].events().len() <= 5_000 {
        assert!(is_readable(own.fd, PATIENCE_MS) && Instant::now() < deadline);
        assert!(ws_poll(0, 0, 100) >= 0);
    }
    own.exchange(&warm, WARM);
    for client in floods.iter().chain([&warm]) {
        own.close(client);
    }
}

#[test]
fn a_host_that_is_busy_or_has_left_delays_no_pong() {
    let (server, pongs) = acting(ping_in_a_moment);
    let own = Loop::new(0);
    let pongs = Arc::new(Mutex::new(pongs));
    let wait_pong = {
        let pongs = Arc::clone(&pongs);
        move || pongs.lock().unwrap().recv_timeout(PATIENCE).expect("a pong")
    };
    // A busy host's callback lasts until the pong has come.
    let is_busy = Arc::new(AtomicBool::new(false));
    let hook = {
        let (is_busy, wait_pong) = (Arc::clone(&is_busy), wait_pong.clone());
        move |_: ws_id, event: &Event| {
            let is_act = matches!(event, Event::Message { data, .. } if data == b"act");
            if is_act && is_busy.load(Ordering::SeqCst) {
                wait_pong();
            }
        }
    };
    let client = Client::hooked(&url(&server, "/"), hook);
    own.open(&client);
    for is_away in [false, true, false, true] {
        own.exchange(&client, WARM);
        let count = client.messages().len();
        is_busy.store(!is_away, Ordering::SeqCst);
        client.send("act");
        if is_away {
            wait_pong();
        }
        own.run_until("answer", || client.messages().len() > count);
    }
    own.close(&client);
}

#[test]
fn other_threads_reach_a_host_that_watches() {
    let server = ws_server();
    let queue = ws_queue_new();
    let own = Loop::new(queue);
    let client = Client::with(&url(&server, "/echo"), |options| options.queue = queue);
    own.open(&client);
    let (asks, asked) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let address = url(&server, "/echo");
        let id = client.id;
        scope.spawn(move || {
            for () in asked {
                let short = Client::with(&address, |options| options.queue = queue);
                for number in 0..20 {
                    // A burst: the last of it are gathered.
                    assert_eq!(send(id, format!("{number}").as_bytes(), HOSTWS_TEXT), HOSTWS_OK);
                }
                let deadline = Instant::now() + PATIENCE;
                while ws_status(short.id) == HOSTWS_CONNECTING {
                    assert!(Instant::now() < deadline);
                    thread::yield_now();
                }
                assert_eq!(terminate(short.id, 0, None), HOSTWS_OK);
            }
        });
        for _ in 0..20 {
            own.exchange(&client, 8);
            let count = client.messages().len();
            asks.send(()).unwrap();
            own.run_until("the burst", || client.messages().len() >= count + 20);
        }
        drop(asks);
    });
    own.close(&client);
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
}

#[test]
fn a_burst_outside_callbacks_leaves_at_once() {
    let (_server, own, client) = Loop::connected();
    for _ in 0..20 {
        own.exchange(&client, 8);
        let count = client.messages().len();
        for number in 0..30 {
            client.send(&format!("{number}"));
        }
        own.run_until("the burst", || client.messages().len() >= count + 30);
    }
    own.close(&client);
}

#[test]
fn a_loop_inside_a_callback_serves_the_others() {
    let server = ws_server();
    let own = Loop::new(0);
    let other = Arc::new(Client::new(&url(&server, "/echo")));
    own.open(&other);
    let hook = {
        let (other, fd) = (Arc::clone(&other), own.fd);
        move |_: ws_id, event: &Event| {
            if matches!(event, Event::Message { data, .. } if data == b"dialog") {
                Loop { queue: 0, fd }.exchange(&other, WARM);
            }
        }
    };
    let client = Client::hooked(&url(&server, "/echo"), hook);
    own.open(&client);
    for round in 0..5 {
        own.exchange(&client, WARM);
        let (before, count) = (other.messages().len(), client.messages().len());
        client.send("dialog");
        // They must wait until the dialog is closed.
        client.send("after");
        own.run_until("both", || client.messages().len() == count + 2);
        assert_eq!(other.messages().len(), before + WARM, "round {round}");
    }
    own.close(&client);
    own.close(&other);
}

#[test]
fn a_host_may_also_wait_in_a_poll() {
    let (_server, own, client) = Loop::connected();
    for _ in 0..10 {
        own.exchange(&client, WARM);
        let count = client.messages().len();
        for number in 1..=WARM {
            client.send("waited for");
            client.wait_messages(count + number);
        }
        assert_eq!(ws_poll(0, 10, 0), 0);
    }
    own.close(&client);
}

#[test]
fn a_queue_is_freed_while_its_loop_is_lent() {
    let server = ws_server();
    for _ in 0..10 {
        let queue = ws_queue_new();
        let own = Loop::new(queue);
        let client = Client::with(&url(&server, "/echo"), |options| options.queue = queue);
        own.open(&client);
        own.exchange(&client, 10);
        assert_eq!(ws_queue_free(queue), HOSTWS_OK);
        let deadline = Instant::now() + PATIENCE;
        while ws_status(client.id) != HOSTWS_CLOSED {
            assert!(Instant::now() < deadline, "it must close without the host");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn it_is_not_readable_for_ever_when_nothing_comes() {
    let (_server, own, client) = Loop::connected();
    for _ in 0..10 {
        own.exchange(&client, WARM);
        // A poll that finds nothing is allowed, but not again and again.
        let mut empty = 0;
        while is_readable(own.fd, 20) {
            assert_eq!(ws_poll(0, 0, 0), 0);
            empty += 1;
            assert!(empty < 10_000, "it is still readable");
        }
    }
    own.close(&client);
}
