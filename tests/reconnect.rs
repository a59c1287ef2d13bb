//! A connection with `reconnect_max` that is lost is opened again, under the same id.

mod support;

use std::ffi::CString;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use native_tls::TlsAcceptor;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::frames::{self, FIN};
use support::servers::listener::{close_gently, Listener};
use support::servers::raw::scripted;
use support::servers::script::{accept, numbered, say, serve_to_the_end};
use support::servers::{reset_on_close, websocket, ClosedPort};
use support::{url, ws_server};

fn soon(options: &mut ws_options) {
    options.reconnect_max = 5;
    options.reconnect_min_ms = 1;
    options.reconnect_max_ms = 20;
}

fn attempts(events: &[Event]) -> Vec<i32> {
    let attempt = |event: &Event| match event {
        Event::Reconnecting { attempt, .. } => Some(*attempt),
        _ => None,
    };
    events.iter().filter_map(attempt).collect()
}

/// The number of the last attempt. A slow host may get no events about earlier attempts.
fn last_attempt(events: &[Event]) -> i32 {
    let attempts = attempts(events);
    assert!(attempts.is_sorted(), "{attempts:?}");
    attempts.last().copied().unwrap_or(0)
}

fn why(events: &[Event]) -> Vec<Trouble> {
    let why = |event: &Event| match event {
        Event::Reconnecting { errors, .. } => Some(errors.clone()),
        _ => None,
    };
    events.iter().find_map(why).unwrap_or_default()
}

fn reconnected(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Reconnected(_))).count()
}

#[test]
fn a_lost_connection_is_opened_again_and_goes_on() {
    let server = numbered(|number, stream, request| {
        accept(stream, request)?;
        say(stream, &format!("this is {number}"))?;
        if number == 0 {
            return Ok(());
        }
        serve_to_the_end(stream)
    });
    let client = Client::with(&url(&server, "/"), soon);
    client.wait_messages(2);
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTED);
    assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTED, 0), HOSTWS_OK);
    assert_eq!(stats(client.id).reconnects, 1);
    client.terminate();
    let story = client.finish();
    story.check_clean(1000, "");
    assert_eq!(story.messages(), [b"this is 0", b"this is 1"]);
    let (events, errors) = (&story.0, why(&story.0));
    assert_eq!(errors[0].code, HOSTWS_E_LOST);
    assert!(matches!(
        &events[..],
        [
            Event::Open,
            Event::Message { .. },
            Event::Reconnecting { attempt: 1, delay_ms: 1..=10, .. },
            Event::Reconnected(1),
            Event::Message { .. },
            Event::Terminate(_)
        ]
    ));
}

#[test]
fn without_the_option_it_ends() {
    let server = ws_server();
    let story = Client::with(&url(&server, "/drop"), |options| {
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    })
    .finish();
    assert_eq!(attempts(&story.0), [] as [i32; 0]);
    story.check_failed(1006, &["ws"], "without a close frame");
}

#[test]
fn bad_options_are_refused() {
    for (max, min_ms, max_ms, words) in [
        (-2, 0, 0, "reconnect_max"),
        (0, -1, 0, "reconnect_min_ms"),
        (0, 0, -1, "reconnect_max_ms"),
        (0, 0, 499, "more than reconnect_max_ms"),
    ] {
        let mut options = options();
        options.reconnect_max = max;
        options.reconnect_min_ms = min_ms;
        options.reconnect_max_ms = max_ms;
        // SAFETY: all are valid during the call.
        let id = unsafe { ws_new(c"ws://127.0.0.1:1".as_ptr(), std::ptr::null(), &options) };
        check_refused(id, HOSTWS_E_OPTION, words);
    }
}

#[test]
fn close_codes_that_are_worth_another_attempt() {
    let server = numbered(|_, mut stream, request| {
        accept(stream, request)?;
        let code = request.path()[1..].parse().unwrap();
        stream.write_all(&frames::close(code, b"so it is"))?;
        // The answer carries the same code.
        let answer = frames::read(&mut stream)?;
        assert_eq!(answer.closing(), Some((code, String::new())));
        close_gently(stream);
        Ok(())
    });
    for (code, is_tried) in [
        (1000, false),
        (1001, true),
        (1002, false),
        (1003, false),
        (1007, false),
        (1008, false),
        (1009, false),
        (1010, false),
        (1011, true),
        (1012, true),
        (1013, true),
        (1014, true),
        (3000, false),
        (4000, false),
    ] {
        let client = Client::with(&url(&server, &format!("/{code}")), |options| {
            soon(options);
            options.reconnect_max = 1;
        });
        let story = client.finish();
        // The end is that of the last connection, without an error.
        story.check_clean(code, "so it is");
        assert_eq!(attempts(&story.0).len(), usize::from(is_tried), "{code}");
        if is_tried {
            let errors = why(&story.0);
            assert_eq!(errors.len(), 1);
            assert_eq!(errors[0].code, HOSTWS_E_LOST);
            assert!(errors[0].message.ends_with(&format!("with {code}: so it is")));
        }
    }
}

#[test]
fn a_breach_of_the_protocol_is_not_tried_again() {
    let server = numbered(|_, mut stream, request| {
        accept(stream, request)?;
        stream.write_all(&frames::frame(FIN | 3, b"reserved"))?;
        close_gently(stream);
        Ok(())
    });
    let story = Client::with(&url(&server, "/"), soon).finish();
    assert_eq!(attempts(&story.0), [] as [i32; 0]);
    assert_eq!(story.ending().code, 1002);
}

#[test]
fn answers_that_are_worth_another_attempt() {
    for (status, is_tried) in [
        (200, false),
        (301, false),
        (400, false),
        (401, false),
        (403, false),
        (404, false),
        (408, true),
        (421, true),
        (425, true),
        (429, true),
        (500, true),
        (501, false),
        (505, false),
        (502, true),
        (503, true),
    ] {
        let server = numbered(move |_, mut stream, _| {
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\nbody");
            stream.write_all(answer.as_bytes())?;
            close_gently(stream);
            Ok(())
        });
        let client = Client::with(&url(&server, "/"), |options| {
            soon(options);
            options.reconnect_max = 2;
        });
        let story = client.finish();
        assert_eq!(last_attempt(&story.0), if is_tried { 2 } else { 0 }, "{status}");
        // The final end is reported as without the option.
        story.check_failed(1006, &["ws", "http"], &status.to_string());
    }
}

#[test]
fn the_first_opening_is_tried_again_too() {
    let closed = ClosedPort::new().unwrap();
    let port = closed.port;
    let client = Client::with(&format!("ws://127.0.0.1:{port}/"), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 5;
    });
    client.send("early");
    client.poll_until("attempts", |events| last_attempt(events) >= 3);
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTING);
    let listener = closed.listen().unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        let early = socket.read().unwrap();
        // Until the close frame has been answered.
        while socket.read().is_ok() {}
        early.into_text().unwrap().to_string()
    });
    assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTED, 20_000), HOSTWS_OK);
    client.terminate();
    let story = client.finish();
    story.check_clean(1000, "");
    assert_eq!(reconnected(&story.0), 0, "OPEN it is");
    assert_eq!(why(&story.0)[1].component, "tcp");
    assert_eq!(server.join().unwrap(), "early");
}

#[test]
fn after_the_last_attempt_it_ends_with_the_last_error() {
    let closed = ClosedPort::new().unwrap();
    let story = Client::with(&format!("ws://127.0.0.1:{}/", closed.port), |options| {
        soon(options);
        options.reconnect_max = 3;
    })
    .finish();
    assert_eq!(last_attempt(&story.0), 3);
    story.check_failed(1006, &["ws", "tcp", "os"], "refused");
}

#[test]
fn a_server_that_closes_before_it_answers_is_tried_again() {
    let server = numbered(|number, stream, request| match number {
        0 => Ok(()),
        _ => {
            accept(stream, request)?;
            serve_to_the_end(stream)
        }
    });
    let client = Client::with(&url(&server, "/"), soon);
    client.wait_open();
    client.terminate();
    let story = client.finish();
    assert_eq!(attempts(&story.0), [1]);
}

#[test]
fn on_every_way_it_is_the_network_that_is_tried_again() {
    let closed = ClosedPort::new().unwrap();
    let silent = Listener::start(|_, _| {}).unwrap();
    let busy = numbered(|_, mut stream, _| {
        stream.write_all(b"HTTP/1.1 503 Busy\r\n\r\n")?;
        close_gently(stream);
        Ok(())
    });
    let strict = numbered(|_, mut stream, _| {
        stream.write_all(b"HTTP/1.1 407 Who?\r\n\r\n")?;
        close_gently(stream);
        Ok(())
    });
    let certificates = Certificates::new().unwrap();
    let acceptor = TlsAcceptor::builder(certificates.good.identity()).build().unwrap();
    let unknown = websocket::with_acceptor(acceptor).unwrap();
    let (closed, silent, unknown) = (closed.port, silent.port, unknown.port);
    for (url, proxy, is_tried) in [
        ("ws+unix:///nonexistent/x.sock:/".to_owned(), String::new(), true),
        (format!("wss://127.0.0.1:{silent}/"), String::new(), true),
        (format!("wss://localhost:{unknown}/echo"), String::new(), false),
        ("ws://h/".to_owned(), format!("http://127.0.0.1:{closed}"), true),
        ("ws://h/".to_owned(), format!("socks5h://127.0.0.1:{closed}"), true),
        ("ws://h/".to_owned(), format!("http://127.0.0.1:{silent}"), true),
        ("ws://h/".to_owned(), format!("http://127.0.0.1:{}", busy.port), true),
        ("ws://h/".to_owned(), format!("http://127.0.0.1:{}", strict.port), false),
    ] {
        let option = CString::new(proxy).unwrap();
        let client = Client::with(&url, |options| {
            soon(options);
            options.reconnect_max = 1;
            options.proxy = option.as_ptr();
        });
        let story = client.finish();
        let expected: &[i32] = if is_tried { &[1] } else { &[] };
        assert_eq!(attempts(&story.0), expected, "{url} {option:?} {story:?}");
    }
}

#[test]
fn a_server_may_ask_for_time() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let server = numbered(move |number, mut stream, request| match number {
        0 => {
            stream
                .write_all(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")?;
            close_gently(stream);
            Ok(())
        }
        _ => {
            // Until the host has seen the refusal.
            let _ = gate.lock().unwrap().recv_timeout(PATIENCE);
            accept(stream, request)?;
            serve_to_the_end(stream)
        }
    });
    let before = Instant::now();
    let client = Client::with(&url(&server, "/"), soon);
    client.poll_until("the attempt", |events| attempts(events) == [1]);
    assert!(client
        .events()
        .iter()
        .any(|event| matches!(event, Event::Reconnecting { delay_ms: 1000..=1500, .. })));
    assert_eq!(ws_response_status(client.id), 503);
    open.send(()).unwrap();
    client.wait_open();
    assert!(before.elapsed() >= Duration::from_secs(1));
    assert_eq!(ws_response_status(client.id), 101);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_host_header_that_is_taken_away_is_the_urls_again() {
    let server = numbered(|_, stream, request| {
        accept(stream, request)?;
        say(stream, &request.header_all("host").join("+"))?;
        // Until the client has said something.
        let mut reader = stream;
        frames::read(&mut reader).map(drop)
    });
    let pair = ws_header { name: c"Host".as_ptr(), value: c"elsewhere".as_ptr() };
    let client = Client::with(&url(&server, "/"), |options| {
        soon(options);
        options.headers = &pair;
        options.header_count = 1;
    });
    client.wait_messages(1);
    assert_eq!(set_header(client.id, "host", None), HOSTWS_OK, "{}", last_words());
    client.send("go");
    client.wait_messages(2);
    let own = format!("127.0.0.1:{}", server.port);
    assert_eq!(client.messages(), [b"elsewhere", own.as_bytes()]);
    ws_abort(client.id);
    client.finish();
}

#[test]
fn a_header_can_be_replaced_for_the_next_attempt() {
    let server = numbered(|number, stream, request| {
        accept(stream, request)?;
        let tokens = request.header_all("x-token").join("+");
        say(stream, &format!("{tokens} {}", request.header_all("x-other").len()))?;
        if number < 2 {
            // Until the client has said something.
            let mut reader = stream;
            frames::read(&mut reader)?;
            return Ok(());
        }
        serve_to_the_end(stream)
    });
    let pairs = [
        ws_header { name: c"X-Token".as_ptr(), value: c"one".as_ptr() },
        ws_header { name: c"X-Token".as_ptr(), value: c"two".as_ptr() },
        ws_header { name: c"X-Other".as_ptr(), value: c"o".as_ptr() },
    ];
    let client = Client::with(&url(&server, "/"), |options| {
        soon(options);
        options.headers = pairs.as_ptr();
        options.header_count = 3;
    });
    client.wait_messages(1);
    assert_eq!(set_header(client.id, "x-token", Some("fresh")), HOSTWS_OK);
    client.send("go");
    client.wait_messages(2);
    assert_eq!(set_header(client.id, "X-Other", None), HOSTWS_OK);
    client.send("go");
    client.wait_messages(3);
    assert_eq!(client.messages(), [&b"one+two 1"[..], b"fresh 1", b"fresh 0"]);
    for name in ["", "A B", "Upgrade"] {
        check_refused(set_header(client.id, name, None), HOSTWS_E_ARGUMENT, "header");
    }
    for (name, value) in
        [("", "x"), ("A B", "x"), ("Host", ""), ("Upgrade", "x"), ("X", "a\r\nB: c")]
    {
        check_refused(set_header(client.id, name, Some(value)), HOSTWS_E_ARGUMENT, "header");
    }
    client.terminate();
    check_refused(set_header(client.id, "X-Token", Some("late")), HOSTWS_E_CLOSED, "");
    client.finish().check_clean(1000, "");

    let server = ws_server();
    let plain = Client::new(&url(&server, "/echo"));
    check_refused(set_header(plain.id, "X", Some("y")), HOSTWS_E_ARGUMENT, "reconnect_max");
    plain.terminate();
    plain.finish();
}

#[test]
fn what_the_getters_tell_is_of_the_newest_connection() {
    let server = numbered(|number, mut stream, request| {
        let name = ["first", "second"][number.min(1)];
        stream.write_all(
            &request.accept(&format!("X-Which: {name}\r\nSec-WebSocket-Protocol: {name}\r\n")),
        )?;
        say(stream, name)?;
        if number == 0 {
            return frames::read(&mut stream).map(drop);
        }
        serve_to_the_end(stream)
    });
    let client = Client::with(&url(&server, "/"), |options| {
        soon(options);
        options.subprotocols = c"first,second".as_ptr();
    });
    for (number, name) in ["first", "second"].into_iter().enumerate() {
        client.wait_messages(number + 1);
        assert_eq!(response_header(client.id, "X-Which").as_deref(), Ok(name));
        assert_eq!(subprotocol(client.id).as_deref(), Ok(name));
        client.send("go");
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

/// A connection that waits very long for its next attempt.
fn waiting() -> Client {
    let closed = ClosedPort::new().unwrap();
    let client = Client::with(&format!("ws://127.0.0.1:{}/", closed.port), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 60_000;
        options.reconnect_max_ms = 600_000;
    });
    client.poll_until("the attempt", |events| attempts(events) == [1]);
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTING);
    client
}

#[test]
fn the_host_ends_the_wait_at_once() {
    let client = waiting();
    client.send("never leaves");
    client.terminate();
    client.finish().check_dropped(1006);
    let client = waiting();
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn the_end_of_the_thread_ends_the_wait() {
    let id = thread::spawn(|| waiting().id).join().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while ws_status(id) != HOSTWS_CLOSED {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn terminate_in_the_callback_of_the_loss_is_the_end() {
    let server = ws_server();
    let client = Client::full(
        &url(&server, "/drop"),
        0,
        |options| {
            options.reconnect_max = -1;
            options.reconnect_min_ms = 60_000;
            options.reconnect_max_ms = 60_000;
        },
        Some(Box::new(|ws, event| {
            if matches!(event, Event::Reconnecting { .. }) {
                assert_eq!(terminate(ws, 4000, None), HOSTWS_OK);
            }
        })),
    );
    client.finish().check_dropped(1006);
}

#[test]
fn terminate_at_any_moment_is_the_end() {
    let server = numbered(|_, stream, request| {
        accept(stream, request)?;
        reset_on_close(stream);
        Ok(())
    });
    for round in 0..60 {
        let client = Client::with(&url(&server, "/"), |options| {
            options.reconnect_max = -1;
            options.reconnect_min_ms = 1;
            options.reconnect_max_ms = 1;
        });
        let until = Instant::now() + Duration::from_micros(round * 150);
        while Instant::now() < until {
            ws_poll(0, 0, 0);
        }
        client.terminate();
        let story = client.finish();
        assert_eq!(story.errors(), []);
    }
}

/// Waits until the server has had that many connections.
fn wait_for(count: &AtomicUsize, wanted: usize) {
    let deadline = Instant::now() + PATIENCE;
    while count.load(Ordering::SeqCst) < wanted {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(5));
    }
}

/// A server that counts its connections, and drops each once it is open.
fn dropping() -> (Listener, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = scripted(move |stream, request| {
        accept(stream, request)?;
        reset_on_close(stream);
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    (server.unwrap(), count)
}

#[test]
fn a_host_that_does_not_poll_finds_the_newest_attempt_alone() {
    let closed = ClosedPort::new().unwrap();
    let client = Client::with(&format!("ws://127.0.0.1:{}/", closed.port), |options| {
        options.reconnect_max = 6;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    });
    let deadline = Instant::now() + PATIENCE;
    while ws_status(client.id) != HOSTWS_CLOSED {
        assert!(Instant::now() < deadline);
        assert!(ws_pending(0) <= 3, "{} events", ws_pending(0));
        thread::sleep(Duration::from_millis(1));
    }
    let story = client.finish();
    assert_eq!(attempts(&story.0), [6]);
    story.check_failed(1006, &["ws", "tcp", "os"], "refused");
}

#[test]
fn a_connection_that_is_lost_again_and_again_does_not_fill_the_queue() {
    let (server, count) = dropping();
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    });
    wait_for(&count, 20);
    // OPEN, RECONNECTING, and RECONNECTED at some moments.
    assert!(ws_pending(0) <= 3, "{} events", ws_pending(0));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}

#[test]
fn warnings_that_nobody_takes_are_bounded() {
    let (read, began) = mpsc::channel();
    let (gate, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let server = scripted(move |mut stream, request| {
        socket2::SockRef::from(stream).set_recv_buffer_size(4 << 10)?;
        stream.write_all(&request.accept(""))?;
        frames::read(&mut stream)?;
        let _ = read.send(());
        let _ = ended.lock().unwrap().recv_timeout(PATIENCE);
        reset_on_close(stream);
        Ok(())
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = -1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    });
    // More than all buffers on the way can hold, so that a message loses its beginning each time.
    let rest = vec![0; 12 << 20];
    for _ in 0..20 {
        assert_eq!(send_ex(client.id, b"begin", HOSTWS_BLOB, HOSTWS_MORE), HOSTWS_OK);
        began.recv_timeout(PATIENCE).unwrap();
        assert_eq!(send_ex(client.id, &rest, HOSTWS_BLOB, 0), HOSTWS_OK, "{}", last_words());
        gate.send(()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while ws_buffered_amount(client.id) > 0 {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(1));
        }
    }
    // OPEN, and RECONNECTING or RECONNECTED besides.
    client.poll_until("the warnings", |events| {
        events.iter().any(|event| matches!(event, Event::Reconnecting { .. }))
    });
    let is_warning = |event: &&Event| matches!(event, Event::Warning(_));
    assert_eq!(client.events().iter().filter(is_warning).count(), 16);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}
