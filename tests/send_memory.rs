//! The memory of messages while they wait, and after their connection has ended. One test, because
//! it measures the whole process.

mod support;

use std::fs;
use std::io::Write;
use std::sync::mpsc;

use hostws::capi::*;
use support::host::*;
use support::servers::listener::Listener;
use support::servers::{raw, reset_on_close};
use support::url;

const MIB: u64 = 1 << 20;
const DEFLATE: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// The resident memory of the process, in bytes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

/// A server that accepts, reads nothing, and resets the connection when the gate opens.
fn deaf(answer: &'static str) -> (Listener, mpsc::Sender<()>) {
    let (gate, gone) = mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    let server = raw::scripted(move |mut stream, request| {
        socket2::SockRef::from(stream).set_recv_buffer_size(16 << 10)?;
        stream.write_all(&request.accept(answer))?;
        let _ = gone.lock().unwrap().recv_timeout(PATIENCE);
        reset_on_close(stream);
        Ok(())
    });
    (server.unwrap(), gate)
}

/// Sends until a message is refused. Returns by how much the memory of the process has grown.
fn fill(client: &Client, message: &[u8]) -> u64 {
    let before = resident();
    let refused = loop {
        match send(client.id, message, HOSTWS_BLOB) {
            HOSTWS_OK => {}
            refused => break refused,
        }
    };
    assert_eq!(refused, HOSTWS_E_AGAIN, "{}", last_words());
    resident().saturating_sub(before)
}

fn is_lost(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::Reconnecting { .. }))
}

fn compressed_messages_count_with_their_copies() {
    const LIMIT: u64 = 8 * MIB;
    let (server, gate) = deaf(DEFLATE);
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 60_000;
        options.reconnect_max_ms = 60_000;
        options.deflate = 1;
        options.send_queue_max = LIMIT as i64;
    });
    client.wait_open();
    let zeros = vec![0; MIB as usize];
    let grown = fill(&client, &zeros);
    // The compressor needs its window and tables in addition.
    assert!(grown < LIMIT + 4 * MIB, "{grown} bytes");
    gate.send(()).unwrap();
    client.poll_until("the loss", is_lost);
    let waiting = ws_buffered_amount(client.id) as u64;
    assert!((LIMIT - 2 * MIB..=LIMIT).contains(&waiting), "{waiting} bytes wait");
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

fn empty_messages_are_held_by_what_they_count() {
    const LIMIT: u64 = 4 * MIB;
    let (server, _gate) = deaf("");
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = -1;
        options.send_queue_max = LIMIT as i64;
    });
    client.wait_open();
    let grown = fill(&client, b"");
    // A buffer takes twice its size for a moment when it grows.
    assert!(grown < 3 * LIMIT, "{grown} bytes");
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

fn what_was_to_be_sent_ends_with_its_connection() {
    let (server, _gate) = deaf("");
    let before = resident();
    let ws = open_pull(&url(&server, "/"), None);
    assert!(ws > 0, "{}", last_words());
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    // This thread has not used a connection since.
    assert_eq!(send(ws, &vec![7; 60 << 20], HOSTWS_BLOB), HOSTWS_OK);
    assert!(resident() > before + 50 * MIB);
    assert_eq!(ws_abort(ws), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
    let never_left = ws_buffered_amount(ws);
    assert!(never_left > 50 << 20, "{never_left} bytes");
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 * MIB, "{grown} bytes after the end");
}

#[test]
fn what_waits_takes_what_it_counts_and_goes_with_its_connection() {
    compressed_messages_count_with_their_copies();
    empty_messages_are_held_by_what_they_count();
    what_was_to_be_sent_ends_with_its_connection();
}
