//! How much memory a server can make the process use. One test, because it measures the whole
//! process.

mod support;

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{frame, BINARY, FIN, PONG};
use support::servers::listener::wait_until_gone;
use support::servers::raw;
use support::url;

const COUNT: usize = 300_000;
/// Coprime to all powers of two, so that a lost run of messages is noticed.
const CYCLE: usize = 251;
const MOST_KIB: u64 = 150 << 10;

/// The resident memory of the process.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Waits until the library takes nothing more from the server.
#[track_caller]
fn wait_until_full() {
    let deadline = Instant::now() + PATIENCE;
    let mut before = (0, Instant::now());
    while before.0 < 2 || before.1.elapsed() < Duration::from_secs(1) {
        assert!(Instant::now() < deadline, "{} events wait", before.0);
        std::thread::sleep(Duration::from_millis(20));
        let now = ws_pending(0);
        if now != before.0 {
            before = (now, Instant::now());
        }
    }
}

#[test]
fn tiny_messages_with_pongs_between_them_do_not_fill_the_memory() {
    let mut flood = Vec::new();
    for number in 0..COUNT {
        flood.extend(frame(FIN | BINARY, &[(number % CYCLE) as u8]));
        flood.extend(frame(FIN | PONG, b""));
    }
    let server = raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        stream.write_all(&flood)?;
        wait_until_gone(stream);
        Ok(())
    })
    .unwrap();
    let before = resident_kib();
    // However long the host takes: this server answers no pings.
    let ws = open_pull(&url(&server, "/"), Some(r#"{"ping_interval_ms":-1}"#));
    assert!(ws > 0, "{}", last_words());
    wait_until_full();
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < MOST_KIB, "{grown} KiB for {} events", ws_pending(0));

    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    for number in 0..COUNT {
        match next(0, 20_000) {
            Ok((_, Event::Message { data, .. })) => assert_eq!(data, [(number % CYCLE) as u8]),
            other => panic!("{other:?} in place of message {number}"),
        }
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < MOST_KIB, "{grown} KiB after all was fetched");
    assert_eq!(ws_abort(ws), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
}
