//! Pings of the host, and pongs of servers that do not answer each ping with its payload.

mod support;

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{self, close, CLOSE, FIN, PING, PONG, TEXT};
use support::servers::listener::Listener;
use support::servers::raw;
use support::url;

/// A server that collects pings. When a message arrives, it answers them by one pong, whose payload
/// `answer` chooses.
fn answering(answer: fn(&[Vec<u8>]) -> Vec<u8>) -> Listener {
    let server = raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        let mut burst = Vec::new();
        loop {
            let frame = frames::read(&mut stream)?;
            match frame.opcode {
                PING => burst.push(frame.payload),
                CLOSE => return stream.write_all(&close(1000, b"")),
                // The host has sent the whole burst.
                _ => {
                    let payload = answer(&burst);
                    burst.clear();
                    stream.write_all(&frames::frame(FIN | PONG, &payload))?;
                    stream.write_all(&frames::frame(FIN | TEXT, b"done"))?;
                }
            }
        }
    });
    server.unwrap()
}

fn burst(client: &Client, payloads: &[&[u8]], number: usize) {
    for payload in payloads {
        assert_eq!(ping(client.id, payload), HOSTWS_OK, "{}", last_words());
    }
    client.send("answer now");
    client.wait_messages(number);
}

#[test]
fn a_pong_answers_the_newest_ping_with_its_payload_and_those_before_it() {
    let server = answering(|burst| burst.last().unwrap().clone());
    let client = Client::with(&url(&server, "/"), |options| options.ping_interval_ms = -1);
    client.wait_open();
    // Sent longer ago than the round trip that will be reported.
    assert_eq!(ping(client.id, b"same"), HOSTWS_OK);
    thread::sleep(Duration::from_secs(2));
    let before = Instant::now();
    burst(&client, &[b"same", b"same"], 1);
    let took = before.elapsed();
    let round_trip = Duration::from_micros(stats(client.id).round_trip_us);
    assert!(round_trip <= took, "{round_trip:?} of {took:?}");
    for number in 2..=50 {
        burst(&client, &[b"same", b"other", b"same"], number);
    }
    client.terminate();
    let story = client.finish();
    let pongs = story.0.iter().filter(|event| **event == Event::Pong(b"same".to_vec()));
    assert_eq!(pongs.count(), 50);
}

#[test]
fn pongs_with_another_payload_do_not_end_what_a_host_may_ask() {
    let server = answering(|_| b"another".to_vec());
    let client = Client::with(&url(&server, "/"), |options| options.ping_interval_ms = -1);
    client.wait_open();
    for number in 1..=100 {
        burst(&client, &[b"", b"x"], number);
    }
    client.terminate();
    let story = client.finish();
    assert!(!story.0.iter().any(|event| matches!(event, Event::Pong(_))));
}
