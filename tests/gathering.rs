//! Messages in quick succession leave together, soon, whole and in order. A single message leaves
//! at once.

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{self, close, frame, Frame, CLOSE, FIN, TEXT};
use support::servers::listener::Listener;
use support::servers::raw;
use support::{url, ws_server};

/// Less than a wait that nobody ends, and much more than what leaves by itself needs.
const SOON: Duration = Duration::from_secs(10);

/// A server that sends `count` messages at once for each "go", and passes on the frames that it
/// receives.
fn prompting(count: usize) -> (Listener, mpsc::Receiver<Frame>) {
    let (sender, heard) = mpsc::channel();
    let server = raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        loop {
            let frame = frames::read(&mut stream)?;
            let (opcode, is_go) = (frame.opcode, frame.payload == b"go");
            let _ = sender.send(frame);
            match opcode {
                CLOSE => return stream.write_all(&close(1000, b"")),
                _ if is_go => stream.write_all(&texts(count))?,
                _ => {}
            }
        }
    });
    (server.expect("a port of the loopback"), heard)
}

fn texts(count: usize) -> Vec<u8> {
    (0..count).flat_map(|n| frame(FIN | TEXT, n.to_string().as_bytes())).collect()
}

#[track_caller]
fn hear(heard: &mpsc::Receiver<Frame>) -> String {
    let frame = heard.recv_timeout(PATIENCE).expect("a message in time");
    String::from_utf8(frame.payload).unwrap()
}

/// How many segments with data a connection has received.
#[cfg(target_os = "linux")]
fn segments(stream: &TcpStream) -> u32 {
    use std::os::fd::AsRawFd;
    /// The offset of tcpi_data_segs_in.
    const AT: usize = 152;
    let mut info = [0_u8; 256];
    let mut length = info.len() as libc::socklen_t;
    // SAFETY: the buffer is as long as `length` says.
    let got = unsafe {
        let place = info.as_mut_ptr().cast();
        libc::getsockopt(stream.as_raw_fd(), libc::SOL_TCP, libc::TCP_INFO, place, &mut length)
    };
    assert_eq!(got, 0);
    assert!(length as usize >= AT + 4, "this kernel does not count segments");
    u32::from_ne_bytes(info[AT..AT + 4].try_into().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn what_callbacks_send_during_a_poll_leaves_in_few_segments() {
    const ANSWERS: usize = 40;
    const ROUNDS: usize = 25;
    let (sender, counts) = mpsc::channel();
    let server = raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        for _ in 0..ROUNDS {
            let before = segments(stream);
            stream.write_all(&texts(ANSWERS))?;
            for number in 0..ANSWERS {
                let answer = frames::read(&mut stream)?;
                assert_eq!(answer.payload, format!("answer to {number}").as_bytes());
            }
            let _ = sender.send(segments(stream) - before);
        }
        stream.write_all(&close(1000, b""))?;
        frames::read(&mut stream).map(drop)
    });
    let server = server.unwrap();
    let client = Client::hooked(&url(&server, "/"), |id, event| {
        if let Event::Message { data, .. } = event {
            let answer = [b"answer to ", &data[..]].concat();
            assert_eq!(send(id, &answer, HOSTWS_TEXT), HOSTWS_OK);
        }
    });
    client.finish().check_clean(1000, "");
    let mut counts: Vec<u32> = counts.iter().take(ROUNDS).collect();
    counts.sort_unstable();
    // If a poll takes long, the worker sends the gathered messages. This does not happen in every
    // round.
    assert!(counts[0] as usize <= ANSWERS / 4, "segments of {ANSWERS} answers: {counts:?}");
    // The server gets the first 32 before the rest.
    assert!(counts[ROUNDS / 2] >= 2, "segments of {ANSWERS} answers: {counts:?}");
}

#[test]
fn answers_keep_their_order_among_other_threads_messages() {
    const EACH: usize = 2000;
    let (server, heard) = prompting(EACH);
    let client = Client::hooked(&url(&server, "/"), |id, event| {
        if let Event::Message { data, .. } = event {
            assert_eq!(send(id, &[b"callback ", &data[..]].concat(), HOSTWS_TEXT), HOSTWS_OK);
        }
    });
    client.wait_open();
    let id = client.id;
    client.send("go");
    thread::scope(|scope| {
        for name in ["one", "two"] {
            scope.spawn(move || {
                for number in 0..EACH {
                    let text = format!("{name} {number}");
                    assert_eq!(send(id, text.as_bytes(), HOSTWS_TEXT), HOSTWS_OK);
                }
            });
        }
        client.wait_messages(EACH);
    });
    assert_eq!(hear(&heard), "go");
    let mut next = std::collections::HashMap::new();
    for _ in 0..3 * EACH {
        let text = hear(&heard);
        let (name, number) = text.split_once(' ').unwrap();
        let next = next.entry(name.to_owned()).or_insert(0);
        assert_eq!(number.parse(), Ok(*next), "of {name}");
        *next += 1;
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn one_message_alone_leaves_before_the_call_returns() {
    let (server, heard) = prompting(0);
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    for number in 0..5 {
        client.send(&number.to_string());
        assert_eq!(ws_buffered_amount(client.id), 0);
        assert_eq!(hear(&heard), number.to_string());
        thread::sleep(Duration::from_millis(10));
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_burst_is_gathered_and_leaves_soon_although_nobody_polls() {
    const BURST: usize = 50;
    let (server, heard) = prompting(0);
    let client = Client::new(&url(&server, "/"));
    client.wait_open();
    let mut was_gathered = false;
    for _ in 0..20 {
        for number in 0..BURST {
            client.send(&number.to_string());
        }
        was_gathered |= ws_buffered_amount(client.id) > 0;
        let before = Instant::now();
        for number in 0..BURST {
            assert_eq!(hear(&heard), number.to_string());
        }
        assert!(before.elapsed() < SOON, "it took {:?}", before.elapsed());
        wait_all_left(&client);
    }
    assert!(was_gathered, "each message left by itself");
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_burst_of_another_thread_leaves_soon_although_a_message_trickles_in() {
    const BURST: usize = 50;
    let (sender, heard) = mpsc::channel();
    let trickle = raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        // First, traffic that makes the polling thread run the loop. Then a message that keeps it
        // there, without an event, until the burst arrives.
        for _ in 0..50 {
            stream.write_all(&texts(1))?;
            frames::read(&mut stream)?;
        }
        stream.write_all(&frames::header(FIN | TEXT, 1 << 20))?;
        let mut listener = stream.try_clone()?;
        let _ = sender.send(None);
        let sender = sender.clone();
        let listening = thread::spawn(move || {
            for _ in 0..BURST {
                let _ = sender.send(Some(frames::read(&mut listener).unwrap().payload));
            }
        });
        let mut rest = 1 << 20;
        let until = Instant::now() + PATIENCE;
        while !listening.is_finished() && Instant::now() < until {
            stream.write_all(b"x")?;
            rest -= 1;
            thread::sleep(Duration::from_micros(200));
        }
        stream.write_all(&vec![b'x'; rest])?;
        stream.write_all(&close(1000, b""))?;
        frames::read(&mut stream).map(drop)
    });
    let server = trickle.unwrap();
    let client = Client::hooked(&url(&server, "/"), |id, event| {
        if matches!(event, Event::Message { data, .. } if data.len() == 1) {
            assert_eq!(send(id, b"go on", HOSTWS_TEXT), HOSTWS_OK);
        }
    });
    let id = client.id;
    client.wait_open();
    let other = thread::spawn(move || {
        assert_eq!(heard.recv_timeout(PATIENCE), Ok(None));
        let before = Instant::now();
        for number in 0..BURST {
            assert_eq!(send(id, number.to_string().as_bytes(), HOSTWS_TEXT), HOSTWS_OK);
        }
        for number in 0..BURST {
            let heard = heard.recv_timeout(PATIENCE).expect("it leaves").unwrap();
            assert_eq!(heard, number.to_string().into_bytes());
        }
        before.elapsed()
    });
    // One long wait, during which nothing is delivered.
    while !client.messages().iter().any(|message| message.len() > 1) {
        assert!(ws_poll(0, 20_000, 0) > 0);
    }
    client.finish().check_clean(1000, "");
    let took = other.join().unwrap();
    assert!(took < SOON, "it took {took:?}");
}

#[test]
fn what_is_gathered_leaves_when_a_callback_is_left_by_a_panic() {
    let (server, heard) = prompting(10);
    let client = Client::hooked(&url(&server, "/"), |id, event| {
        if let Event::Message { data, .. } = event {
            assert_eq!(send(id, &[b"answer ", &data[..]].concat(), HOSTWS_TEXT), HOSTWS_OK);
            if data == b"5" {
                std::panic::resume_unwind(Box::new("out of the callback"));
            }
        }
    });
    client.wait_open();
    client.send("go");
    assert_eq!(hear(&heard), "go");
    wait_pending(6);
    assert!(catch_unwind(AssertUnwindSafe(|| ws_poll(0, 20_000, 0))).is_err());
    let before = Instant::now();
    for number in 0..=5 {
        assert_eq!(hear(&heard), format!("answer {number}"));
    }
    assert!(before.elapsed() < SOON);
    // The rest comes with the next poll.
    while client.messages().len() < 10 {
        assert!(ws_poll(0, 20_000, 0) > 0);
    }
    for number in 6..10 {
        assert_eq!(hear(&heard), format!("answer {number}"));
    }
}

/// Waits until nothing is left to send. The server may have heard it all a moment before.
#[track_caller]
fn wait_all_left(client: &Client) {
    let deadline = Instant::now() + PATIENCE;
    while ws_buffered_amount(client.id) > 0 {
        assert!(Instant::now() < deadline, "{} bytes are left", ws_buffered_amount(client.id));
        thread::yield_now();
    }
}

/// The length of a frame with that many payload bytes.
fn framed(payload: i64) -> i64 {
    payload + if payload < 126 { 6 } else { 8 }
}

#[test]
fn the_limit_holds_to_the_byte_while_messages_are_gathered() {
    const LIMIT: i64 = 10_000;
    let (release, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let server = raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        let _ = gate.lock().unwrap().recv();
        let mut total = 0_u64;
        loop {
            let heard = frames::read(&mut stream)?;
            if heard.opcode == CLOSE {
                let words = total.to_string();
                return stream.write_all(&close(4000, words.as_bytes()));
            }
            total += heard.payload.len() as u64;
        }
    });
    let server = server.unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.send_queue_max = LIMIT;
        options.ping_interval_ms = -1;
    });
    client.wait_open();
    let mut total = 0;
    let data = [b'x'; LIMIT as usize];
    let mut attempt = |length: i64| {
        let waiting = ws_buffered_amount(client.id);
        let sent = send(client.id, &data[..length as usize], HOSTWS_BLOB);
        if sent == HOSTWS_OK {
            total += length;
        } else {
            assert_eq!(sent, HOSTWS_E_AGAIN, "{}", last_words());
            // The socket may have taken bytes meanwhile.
            assert!(ws_buffered_amount(client.id) <= waiting, "nothing of it was queued");
            assert!(waiting + framed(length) > LIMIT, "{waiting} wait, {length} are refused");
        }
        sent == HOSTWS_OK
    };
    // Until the socket takes no more and the queue is exactly full.
    let deadline = Instant::now() + PATIENCE;
    loop {
        while attempt(1000) {}
        // Each room of 6 bytes or more can be filled to the byte, some in two steps.
        let room = LIMIT - ws_buffered_amount(client.id);
        let length = match room {
            6..=131 => Some(room - 6),
            132..=133 => Some(0),
            134.. => Some(room - 8),
            _ => None,
        };
        if length.is_some_and(&mut attempt) {
            assert!(ws_buffered_amount(client.id) <= LIMIT);
        }
        if ws_buffered_amount(client.id) == LIMIT {
            thread::sleep(Duration::from_millis(20));
            // No byte more, unless the socket has just taken some.
            if ws_buffered_amount(client.id) == LIMIT && !attempt(0) {
                break;
            }
        }
        assert!(Instant::now() < deadline);
    }
    drop(release);
    client.poll_until("drain", |events| events.contains(&Event::Drain));
    client.terminate();
    let ending = client.finish().ending();
    assert_eq!((ending.code, ending.reason), (4000, total.to_string()), "all of it arrived");
}

#[test]
fn what_is_only_gathered_is_no_reason_to_refuse_more() {
    const MESSAGES: usize = 500;
    let (server, heard) = prompting(0);
    let client = Client::with(&url(&server, "/"), |options| options.send_queue_max = 200);
    client.wait_open();
    for number in 0..MESSAGES {
        client.send(&number.to_string());
    }
    for number in 0..MESSAGES {
        assert_eq!(hear(&heard), number.to_string());
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn what_was_gathered_leaves_before_the_close_frame() {
    let (server, heard) = prompting(0);
    for _ in 0..10 {
        let client = Client::new(&url(&server, "/"));
        client.wait_open();
        for number in 0..20 {
            client.send(&number.to_string());
        }
        client.terminate();
        for number in 0..20 {
            assert_eq!(hear(&heard), number.to_string());
        }
        assert_eq!(heard.recv_timeout(PATIENCE).unwrap().opcode, CLOSE);
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn a_large_burst_arrives_whole() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    let wanted: Vec<Vec<u8>> = (0..20_000).map(|n| format!("{n:0>20}").into_bytes()).collect();
    for message in &wanted {
        assert_eq!(send(client.id, message, HOSTWS_TEXT), HOSTWS_OK);
    }
    client.wait_messages(wanted.len());
    assert!(client.messages() == wanted, "as they were sent");
    client.terminate();
    client.finish().check_clean(1000, "");
}
