//! Any thread may call. Callbacks run on one thread only, and never after it has ended.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::listener::Ending as Seen;
use support::{raw_server, url, ws_server};

#[test]
fn when_its_thread_ends_a_connection_closes_with_1001_and_no_callback_runs() {
    let server = ws_server();
    let address = url(&server, "/echo");
    let client = thread::spawn(move || {
        let client = Client::new(&address);
        client.wait_open();
        client.send("an echo that nobody polls");
        client
    })
    .join()
    .unwrap();
    assert!(server.wait_seen("/echo", PATIENCE, |ending| {
        *ending == Seen::Close(Some((1001, String::new())))
    }));
    let deadline = Instant::now() + PATIENCE;
    while ws_status(client.id) != HOSTWS_CLOSED {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    assert_eq!(client.events(), [Event::Open]);
    assert_eq!(client.recorder.faults(), Vec::<String>::new());
}

#[test]
fn when_its_thread_ends_an_opening_is_given_up() {
    let raw = raw_server();
    let address = url(&raw, "/silent");
    let client = thread::spawn(move || Client::new(&address)).join().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while ws_status(client.id) != HOSTWS_CLOSED {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    assert_eq!(client.events(), []);
}

#[test]
fn any_thread_sends_and_each_ones_messages_stay_in_order() {
    const THREADS: usize = 8;
    const EACH: usize = 300;
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let id = client.id;
            scope.spawn(move || {
                for count in 0..EACH {
                    let text = format!("{number} {count}");
                    assert_eq!(send(id, text.as_bytes(), HOSTWS_TEXT), HOSTWS_OK);
                }
            });
        }
        client.wait_messages(THREADS * EACH);
    });
    let mut next = [0; THREADS];
    for message in client.messages() {
        let text = String::from_utf8(message).unwrap();
        let (number, count) = text.split_once(' ').unwrap();
        let number: usize = number.parse().unwrap();
        assert_eq!(count, next[number].to_string(), "of thread {number}");
        next[number] += 1;
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn another_thread_terminates_aborts_and_asks() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    let id = client.id;
    thread::spawn(move || {
        assert_eq!(ws_status(id), HOSTWS_CONNECTED);
        assert!(url_of(id).is_ok());
        assert_eq!(terminate(id, 0, None), HOSTWS_OK);
    })
    .join()
    .unwrap();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_thread_that_terminates_silences_messages_that_wait() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/flood?n=200&size=10"));
    wait_pending(100);
    assert_eq!(ws_poll(0, 0, 1), 1);
    let id = client.id;
    thread::spawn(move || assert_eq!(terminate(id, 0, None), HOSTWS_OK)).join().unwrap();
    let story = client.finish();
    assert!(story.was_open());
    assert_eq!(story.messages(), Vec::<Vec<u8>>::new());
}

#[test]
fn threads_come_and_go_with_open_connections() {
    let server = ws_server();
    let address = url(&server, "/echo");
    for _ in 0..30 {
        let address = address.clone();
        thread::spawn(move || {
            let client = Client::new(&address);
            client.send("hello");
            client.wait_messages(1);
        })
        .join()
        .unwrap();
    }
    let is_close = |ending: &Seen| *ending == Seen::Close(Some((1001, String::new())));
    let deadline = Instant::now() + PATIENCE;
    while server.count("/echo", is_close) < 30 {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(5));
    }
}
