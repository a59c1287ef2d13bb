//! Messages that wait when a connection is lost leave on the next one: whole, in order, and only
//! once.

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use flate2::{Decompress, FlushDecompress};
use hostws::capi::*;
use support::host::*;
use support::servers::frames::{self, Frame, BINARY, CLOSE, CONTINUATION, FIN, PING, TEXT};
use support::servers::listener::Listener;
use support::servers::{raw, reset_on_close};
use support::url;

const DEFLATE: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// A server whose first connection reads that many frames, waits for the gate (`gone`), and is
/// reset. The second reads to the end. Passes on the frames with the number of their connection.
fn dropping(
    reads: usize,
    answers: [&'static str; 2],
) -> (Listener, Receiver<(usize, Frame)>, mpsc::Sender<()>) {
    let (sender, frames) = mpsc::channel();
    let (gate, gone) = mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    let count = AtomicUsize::new(0);
    let server = raw::scripted(move |mut stream: &TcpStream, request| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        stream.write_all(&request.accept(answers[number.min(1)]))?;
        if number == 0 {
            // So that less data fills the buffers on the way.
            socket2::SockRef::from(stream).set_recv_buffer_size(16 << 10)?;
            for _ in 0..reads {
                let _ = sender.send((0, frames::read(&mut stream)?));
            }
            let _ = gone.lock().unwrap().recv_timeout(PATIENCE);
            reset_on_close(stream);
            return Ok(());
        }
        loop {
            let frame = frames::read(&mut stream)?;
            if frame.opcode == CLOSE {
                return stream.write_all(&frames::frame(FIN | CLOSE, &frame.payload));
            }
            let _ = sender.send((number, frame));
        }
    });
    (server.unwrap(), frames, gate)
}

fn soon(options: &mut ws_options) {
    options.reconnect_max = -1;
    options.reconnect_min_ms = 20;
    options.reconnect_max_ms = 20;
    options.send_queue_max = -1;
}

/// A message that contains its number and is hard to compress.
fn message(number: u32) -> Vec<u8> {
    let mut state = u64::from(number) + 1;
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend((0..20_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    }));
    bytes
}

fn number(payload: &[u8]) -> u32 {
    u32::from_be_bytes(*payload.first_chunk().unwrap())
}

fn is_lost(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::Reconnecting { .. }))
}

fn is_back(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::Reconnected(_)))
}

/// Sends numbered messages until many of them wait. Returns their number.
fn fill(client: &Client, flags: u32) -> u32 {
    let mut next = 0;
    while ws_buffered_amount(client.id) < 1 << 20 {
        assert_eq!(send_ex(client.id, &message(next), HOSTWS_BLOB, flags), HOSTWS_OK);
        next += 1;
    }
    next
}

fn check_sequence(set: fn(&mut ws_options), answers: [&'static str; 2]) {
    let (server, frames, gate) = dropping(3, answers);
    let client = Client::with(&url(&server, "/"), |options| {
        soon(options);
        set(options);
    });
    client.wait_open();
    let before = fill(&client, 0);
    assert_eq!(ping(client.id, b"is dropped"), HOSTWS_OK);
    gate.send(()).unwrap();
    client.poll_until("the loss", is_lost);
    // While there is no connection, and after there is one again.
    let mut next = before;
    let deadline = Instant::now() + PATIENCE;
    let mut after = 0;
    while after < 20 {
        assert_eq!(send(client.id, &message(next), HOSTWS_BLOB), HOSTWS_OK);
        next += 1;
        after += usize::from(is_back(&client.events()));
        ws_poll(0, 1, 0);
        assert!(Instant::now() < deadline);
    }
    client.terminate();
    client.finish().check_clean(1000, "");
    drop(server);
    let mut contexts = [Decompress::new(false), Decompress::new(false)];
    let mut numbers = [Vec::new(), Vec::new()];
    let mut was_compressed = [0, 0];
    for (connection, frame) in frames {
        assert_eq!((frame.opcode, frame.fin), (BINARY, true), "no ping");
        let mut payload = frame.payload;
        if frame.rsv1 {
            was_compressed[connection] += 1;
            let mut out = Vec::with_capacity(1 << 16);
            for piece in [&payload[..], &[0, 0, 0xFF, 0xFF]] {
                let context = &mut contexts[connection];
                context.decompress_vec(piece, &mut out, FlushDecompress::Sync).unwrap();
            }
            payload = out;
        }
        assert_eq!(payload, message(number(&payload)));
        numbers[connection].push(number(&payload));
    }
    let [first, second] = numbers;
    assert_eq!(first, [0, 1, 2]);
    // Messages that the operating system had taken are lost. After them, none is missing.
    assert!(second[0] > 2 && second[0] < before, "{} of {before}", second[0]);
    assert!(second.windows(2).all(|pair| pair[1] == pair[0] + 1));
    assert_eq!(second.last(), Some(&(next - 1)));
    for (connection, answer) in answers.into_iter().enumerate() {
        assert_eq!(was_compressed[connection] > 0, !answer.is_empty());
    }
}

#[test]
fn unsent_messages_leave_on_the_next_connection() {
    check_sequence(|_| {}, ["", ""]);
}

#[test]
fn so_do_compressed_ones_where_nothing_is_compressed() {
    check_sequence(|options| options.deflate = 1, [DEFLATE, ""]);
}

#[test]
fn and_where_others_terms_are_agreed() {
    const OTHER: &str = "Sec-WebSocket-Extensions: permessage-deflate; \
                         client_max_window_bits=9; client_no_context_takeover\r\n";
    check_sequence(|options| options.deflate = 1, [DEFLATE, OTHER]);
    check_sequence(|options| options.deflate = 1, ["", DEFLATE]);
}

#[test]
fn a_message_in_fragments_whose_beginning_left_cannot_go_on() {
    let (server, frames, gate) = dropping(1, ["", ""]);
    let client = Client::with(&url(&server, "/"), soon);
    client.wait_open();
    assert_eq!(send_ex(client.id, b"begin ", HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_OK);
    let (_, frame) = frames.recv_timeout(PATIENCE).unwrap();
    assert_eq!((frame.opcode, frame.fin), (TEXT, false));
    gate.send(()).unwrap();
    client.poll_until("the loss", is_lost);
    let lost = send_ex(client.id, b"go on ", HOSTWS_TEXT, HOSTWS_MORE);
    check_refused(lost, HOSTWS_E_LOST, "fragments");
    // Only once: the next fragment begins a new message, of another type, and other messages are
    // not blocked.
    client.send("whole");
    assert_eq!(send_ex(client.id, b"new ", HOSTWS_BLOB, HOSTWS_MORE), HOSTWS_OK);
    client.poll_until("the connection", is_back);
    assert_eq!(send_ex(client.id, b"message", HOSTWS_BLOB, 0), HOSTWS_OK);
    client.terminate();
    client.finish().check_clean(1000, "");
    drop(server);
    let got: Vec<_> = frames
        .iter()
        .map(|(_, f)| (f.opcode, f.fin, String::from_utf8(f.payload).unwrap()))
        .collect();
    let owned = |opcode, fin, text: &str| (opcode, fin, text.to_owned());
    let expected = [
        owned(TEXT, true, "whole"),
        owned(BINARY, false, "new "),
        owned(CONTINUATION, true, "message"),
    ];
    assert_eq!(got, expected);
}

fn check_fragments_that_never_left(set: fn(&mut ws_options), answers: [&'static str; 2]) {
    let (server, frames, gate) = dropping(0, answers);
    let client = Client::with(&url(&server, "/"), |options| {
        soon(options);
        set(options);
    });
    client.wait_open();
    fill(&client, HOSTWS_NO_COMPRESS);
    assert_eq!(send_ex(client.id, &b"one ".repeat(50), HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_OK);
    assert_eq!(send_ex(client.id, &b"two ".repeat(50), 0, HOSTWS_MORE), HOSTWS_OK);
    gate.send(()).unwrap();
    client.poll_until("the loss", is_lost);
    assert_eq!(send_ex(client.id, &b"three ".repeat(50), 0, HOSTWS_MORE), HOSTWS_OK);
    client.poll_until("the connection", is_back);
    assert_eq!(send_ex(client.id, &b"four".repeat(50), 0, 0), HOSTWS_OK);
    client.terminate();
    client.finish().check_clean(1000, "");
    drop(server);
    let fragments: Vec<_> = frames
        .iter()
        .filter(|(_, frame)| frame.opcode != BINARY)
        .map(|(_, frame)| {
            assert!(!frame.rsv1, "it began anew, uncompressed");
            (frame.opcode, frame.fin, frame.payload)
        })
        .collect();
    let expected = [
        (TEXT, false, b"one ".repeat(50)),
        (CONTINUATION, false, b"two ".repeat(50)),
        (CONTINUATION, false, b"three ".repeat(50)),
        (CONTINUATION, true, b"four".repeat(50)),
    ];
    assert_eq!(fragments, expected);
}

#[test]
fn a_message_in_fragments_that_never_left_goes_on() {
    check_fragments_that_never_left(|_| {}, ["", ""]);
    check_fragments_that_never_left(|options| options.deflate = 1, [DEFLATE, DEFLATE]);
    check_fragments_that_never_left(|options| options.deflate = 1, [DEFLATE, ""]);
}

#[test]
fn a_message_that_was_cut_although_the_host_had_ended_it_brings_a_warning() {
    let (server, frames, gate) = dropping(1, ["", ""]);
    let client = Client::with(&url(&server, "/"), soon);
    client.wait_open();
    assert_eq!(send_ex(client.id, b"begin", HOSTWS_BLOB, HOSTWS_MORE), HOSTWS_OK);
    frames.recv_timeout(PATIENCE).unwrap();
    // More than all buffers on the way can hold.
    assert_eq!(send_ex(client.id, &vec![0; 32 << 20], HOSTWS_BLOB, 0), HOSTWS_OK);
    client.send("after it");
    gate.send(()).unwrap();
    client.poll_until("the connection", is_back);
    let warning = client.events().into_iter().find_map(|event| match event {
        Event::Warning(errors) => Some(errors[0].clone()),
        _ => None,
    });
    let warning = warning.expect("a warning");
    assert_eq!(warning.code, HOSTWS_E_LOST);
    client.terminate();
    client.finish().check_clean(1000, "");
    drop(server);
    let got: Vec<_> = frames.iter().map(|(_, frame)| frame.payload).collect();
    assert_eq!(got, [b"after it"]);
}

#[test]
fn a_server_that_closes_for_a_restart_is_told_nothing_more() {
    let (sender, frames) = mpsc::channel();
    let count = AtomicUsize::new(0);
    let server = raw::scripted(move |mut stream: &TcpStream, request| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        stream.write_all(&request.accept(""))?;
        if number == 0 {
            stream.write_all(&frames::close(1012, b""))?;
        }
        loop {
            let frame = frames::read(&mut stream)?;
            let is_close = frame.opcode == CLOSE;
            if is_close && number > 0 {
                stream.write_all(&frames::frame(FIN | CLOSE, &frame.payload))?;
            }
            let _ = sender.send((number, frame));
            if is_close {
                return Ok(());
            }
        }
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), soon);
    client.wait_open();
    // After the server's close frame the status is Connecting, never Closing.
    let mut sent = 0;
    while !is_back(&client.events()) {
        assert!(ws_status(client.id) <= HOSTWS_CONNECTED);
        client.send(&sent.to_string());
        sent += 1;
        ws_poll(0, 1, 0);
    }
    client.terminate();
    client.finish().check_clean(1000, "");
    drop(server);
    let got: Vec<_> = frames.iter().map(|(number, frame)| (number, frame.opcode)).collect();
    let first: Vec<_> = got.iter().filter(|(number, _)| *number == 0).collect();
    assert_eq!(first.iter().filter(|(_, opcode)| *opcode == CLOSE).count(), 1);
    assert_eq!(
        got.iter().filter(|(_, opcode)| *opcode == TEXT).count(),
        sent,
        "none lost or twice"
    );
    assert!(got.iter().all(|(_, opcode)| *opcode != PING));
}
