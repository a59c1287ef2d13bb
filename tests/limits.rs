//! Every queue has a bound in bytes, and every wait a deadline.

mod support;

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::{frames, raw};
use support::{raw_server, url, ws_server};

/// Waits until nothing more is received.
fn wait_for_standstill(client: &Client) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    let mut last = (stats(client.id).wire_received, Instant::now());
    loop {
        thread::sleep(Duration::from_millis(10));
        let now = stats(client.id).wire_received;
        if now != last.0 {
            last = (now, Instant::now());
        } else if now > 0 && last.1.elapsed() > Duration::from_millis(250) {
            return now;
        }
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn a_flood_that_the_host_does_not_poll_is_bounded_and_nothing_is_lost() {
    const COUNT: usize = 6_000;
    const SIZE: usize = 5_000;
    const LIMIT: i64 = 1 << 20;
    let server = ws_server();
    let client = Client::with(&url(&server, &format!("/flood?n={COUNT}&size={SIZE}")), |options| {
        options.receive_queue_max = LIMIT;
        // Both clocks stop meanwhile, because the silence is our fault.
        options.ping_interval_ms = 100;
        options.ping_timeout_ms = 3_000;
    });
    let held = wait_for_standstill(&client);
    thread::sleep(Duration::from_millis(3_500));
    // The reads of one turn may exceed the limit.
    assert!(held < LIMIT as u64 + (2 << 20), "{held} bytes were read");
    client.wait_messages(COUNT);
    for (number, message) in client.messages().iter().enumerate() {
        assert!(message.starts_with(format!("{number}:").as_bytes()), "{number}");
        assert_eq!(message.len(), SIZE);
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_paused_connection_can_still_be_closed() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/flood?n=20000&size=1000"), |options| {
        options.close_timeout_ms = 60_000;
        options.receive_queue_max = 1000;
    });
    wait_for_standstill(&client);
    client.terminate();
    let story = client.finish();
    assert_eq!(story.messages(), Vec::<Vec<u8>>::new(), "what waited is discarded");
    story.check_clean(1000, "");
}

#[test]
fn a_paused_connection_closes_while_the_host_looks_at_its_first_message() {
    let server = ws_server();
    let options = r#"{"receive_queue_max":1000,"close_timeout_ms":60000}"#;
    let ws = open_pull(&url(&server, "/flood?n=200&size=100"), Some(options));
    assert!(matches!(next(0, 20_000), Ok((_, Event::Open))));
    assert!(matches!(next(0, 20_000), Ok((_, Event::Message { .. }))));
    assert_eq!(terminate(ws, 1000, None), HOSTWS_OK);
    assert_eq!(ws_wait_status(ws, HOSTWS_CLOSED, 20_000), HOSTWS_OK, "{}", last_words());
    let Ok((_, Event::Terminate(ending))) = next(0, 20_000) else { panic!("no end") };
    assert_eq!((ending.code, ending.was_clean), (1000, true));
}

#[test]
fn a_server_that_never_reads_brings_again_and_then_drain_when_it_does() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/gate"), |options| {
        options.send_queue_max = 1 << 20;
        options.close_timeout_ms = 60_000;
    });
    client.wait_open();
    let piece = vec![b'p'; 10_000];
    let mut sent = 0;
    let refused = loop {
        match send(client.id, &piece, HOSTWS_BLOB) {
            HOSTWS_OK => sent += 1,
            code => break code,
        }
    };
    check_refused(refused, HOSTWS_E_AGAIN, "send_queue_max");
    assert!(sent > 50);
    // The system may have taken some more since.
    let waiting = ws_buffered_amount(client.id);
    assert!(waiting <= 1 << 20 && waiting > 1 << 19, "{waiting}");
    assert!(!client.events().contains(&Event::Drain));
    server.open_gate();
    client.poll_until("drain", |events| events.contains(&Event::Drain));
    assert!(ws_buffered_amount(client.id) <= 1 << 19, "at most half full");
    assert_eq!(send(client.id, &piece, HOSTWS_BLOB), HOSTWS_OK);
    client.terminate();
    let story = client.finish();
    story.check_clean(1000, "");
    let drains = story.0.iter().filter(|&event| *event == Event::Drain).count();
    assert_eq!(drains, 1, "one for each time that it was full");
}

#[test]
fn a_message_that_could_never_fit_is_too_big() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/count"), |options| options.send_queue_max = 1000);
    check_refused(send(client.id, &[0; 1000], HOSTWS_BLOB), HOSTWS_E_TOO_BIG, "1000");
    // 992 and a header of 8.
    assert_eq!(send(client.id, &[0; 992], HOSTWS_BLOB), HOSTWS_OK);
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "1");
}

#[test]
fn by_default_what_can_be_received_can_be_sent_while_nothing_else_waits() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/gate"), |o| o.close_timeout_ms = 60_000);
    client.wait_open();
    check_refused(
        send(client.id, &vec![0; (64 << 20) + 1], HOSTWS_BLOB),
        HOSTWS_E_TOO_BIG,
        "max_message",
    );
    let large = vec![7; 64 << 20];
    assert_eq!(send(client.id, &large, HOSTWS_BLOB), HOSTWS_OK);
    check_refused(send(client.id, b"one more", HOSTWS_BLOB), HOSTWS_E_AGAIN, "send_queue_max");
    check_refused(send(client.id, &large, HOSTWS_BLOB), HOSTWS_E_AGAIN, "send_queue_max");
    server.open_gate();
    client.poll_until("drain", |events| events.contains(&Event::Drain));
    assert_eq!(
        send(client.id, &large, HOSTWS_BLOB),
        HOSTWS_OK,
        "there is room for what was refused"
    );
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_message_of_16_mib_comes_back_with_default_options() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    assert_eq!(send(client.id, &vec![7; 16 << 20], HOSTWS_BLOB), HOSTWS_OK);
    client.wait_messages(1);
    assert_eq!(
        client
            .events()
            .iter()
            .filter(|event| matches!(event, Event::Message { data, .. } if data.len() == 16 << 20))
            .count(),
        1
    );
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn before_it_is_open_the_send_queue_has_its_limit_too() {
    let raw = raw_server();
    let client = Client::with(&url(&raw, "/silent"), |options| options.send_queue_max = 1000);
    assert_eq!(send(client.id, &[0; 900], HOSTWS_BLOB), HOSTWS_OK);
    check_refused(send(client.id, &[0; 900], HOSTWS_BLOB), HOSTWS_E_AGAIN, "");
    assert_eq!(ws_buffered_amount(client.id), 908);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn a_message_at_the_limit_is_accepted_and_one_byte_more_is_not() {
    let server = ws_server();
    let exact = Client::with(&url(&server, "/flood?n=1&size=1000"), |o| o.max_message = 1000);
    exact.wait_messages(1);
    exact.terminate();
    exact.finish().check_clean(1000, "");
    let over = Client::with(&url(&server, "/flood?n=1&size=1001"), |o| o.max_message = 1000);
    over.finish().check_failed(1009, &["ws"], "1001 bytes; the limit is 1000");
}

#[test]
fn silence_brings_pings_and_a_server_that_answers_them_stays() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/echo"), |options| {
        options.ping_interval_ms = 40;
        options.ping_timeout_ms = 60_000;
    });
    client.wait_open();
    let deadline = Instant::now() + PATIENCE;
    // Also after messages, which put the next ping off.
    for round in 0..3 {
        client.exchange(round * 50);
        let before = stats(client.id).pongs_received;
        while stats(client.id).pongs_received < before + 3 {
            assert_eq!(ws_poll(0, 20, 0), 0, "keep-alive brings no event");
            assert!(Instant::now() < deadline);
        }
    }
    let stats = stats(client.id);
    assert!(stats.pings_sent >= 9 && stats.round_trip_us > 0);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_server_that_does_not_answer_pings_is_lost() {
    let server = ws_server();
    let before = Instant::now();
    let client = Client::with(&url(&server, "/silent"), |options| {
        options.ping_interval_ms = 80;
        options.ping_timeout_ms = 80;
    });
    let story = client.finish();
    story.check_failed(1006, &["ws", "ws"], "silent for 80 ms after a ping");
    assert_eq!(story.errors()[0].code, HOSTWS_E_LOST);
    assert_eq!(story.errors()[1].code, HOSTWS_E_TIMEOUT);
    // The ping may come up to a quarter of the interval early.
    assert!(before.elapsed() >= Duration::from_millis(60 + 80));
}

#[test]
fn a_server_that_takes_long_for_a_large_message_is_alive() {
    const SIZE: usize = 15 << 20;
    // What the system takes from us before the server does.
    const LAST: usize = 2 << 20;
    let server = raw::scripted(|mut stream, request| {
        socket2::SockRef::from(stream).set_recv_buffer_size(64 << 10)?;
        stream.write_all(&request.accept(""))?;
        let mut left = 14 + SIZE;
        let mut buffer = vec![0; 64 << 10];
        while left > 0 {
            if left < LAST {
                thread::sleep(Duration::from_millis(200));
            }
            let most = left.min(buffer.len());
            left -= stream.read(&mut buffer[..most])?;
        }
        stream.write_all(&frames::frame(frames::FIN | frames::TEXT, b"all of it"))?;
        while frames::read(&mut stream)?.opcode != frames::CLOSE {}
        stream.write_all(&frames::close(1000, b""))
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.ping_interval_ms = 100;
        // The last bytes take 6 seconds.
        options.ping_timeout_ms = 4_000;
    });
    // Before the first ping, which the server does not answer.
    assert_eq!(send(client.id, &vec![b'l'; SIZE], HOSTWS_BLOB), HOSTWS_OK);
    client.wait_messages(1);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn without_keep_alive_silence_is_no_trouble() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/silent"), |options| {
        options.ping_interval_ms = -1;
        options.ping_timeout_ms = 50;
    });
    client.wait_open();
    assert_eq!(ws_poll(0, 300, 0), 0);
    assert_eq!(stats(client.id).pings_sent, 0);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn a_ping_of_the_hosts_brings_a_pong_with_its_payload() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    assert_eq!(ping(client.id, b"early"), HOSTWS_OK, "it waits like a message");
    client.poll_until("pong", |events| events.contains(&Event::Pong(b"early".to_vec())));
    assert_eq!(ping(client.id, &[b'x'; 125]), HOSTWS_OK);
    client.poll_until("pong", |events| events.contains(&Event::Pong(vec![b'x'; 125])));
    check_refused(ping(client.id, &[b'x'; 126]), HOSTWS_E_ARGUMENT, "125");
    assert!(stats(client.id).round_trip_us > 0);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn at_most_64_pings_wait_for_their_answers() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/silent"));
    client.wait_open();
    for _ in 0..64 {
        assert_eq!(ping(client.id, b""), HOSTWS_OK);
    }
    check_refused(ping(client.id, b""), HOSTWS_E_AGAIN, "64");
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn a_ping_counts_until_the_host_has_taken_its_pong() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    let deadline = Instant::now() + PATIENCE;
    for number in 1..=64 {
        assert_eq!(ping(client.id, b""), HOSTWS_OK);
        while stats(client.id).pongs_received < number {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    // It is counted a moment before it is in the queue.
    wait_pending(64);
    check_refused(ping(client.id, b""), HOSTWS_E_AGAIN, "64");
    assert_eq!(ws_poll(0, 0, 1), 1);
    assert_eq!(ping(client.id, b""), HOSTWS_OK);
    client.terminate();
    client.finish().check_clean(1000, "");
}
