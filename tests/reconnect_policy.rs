//! The host decides which ends lead to another attempt, and to which URL. The delay is random, so
//! that clients do not all return together.

mod support;

use std::ffi::{CStr, CString};
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use native_tls::TlsAcceptor;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::frames::{self, FIN};
use support::servers::listener::close_gently;
use support::servers::raw::{scripted, Request};
use support::servers::script::{accept, numbered, say, serve_to_the_end};
use support::servers::{websocket, ClosedPort};
use support::{url, ws_server};

const DEADLINE: Duration = Duration::from_secs(30);

fn soon(options: &mut ws_options) {
    options.reconnect_max = 1;
    options.reconnect_min_ms = 1;
    options.reconnect_max_ms = 20;
}

/// The path with its query.
fn target(request: &Request) -> &str {
    request.head.split(' ').nth(1).unwrap()
}

fn refuse(mut stream: &TcpStream, status: &str) -> io::Result<()> {
    stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
    close_gently(stream);
    Ok(())
}

fn delays(events: &[Event]) -> Vec<i64> {
    let delay = |event: &Event| match event {
        Event::Reconnecting { delay_ms, .. } => Some(*delay_ms),
        _ => None,
    };
    events.iter().filter_map(delay).collect()
}

fn policy(on: i32, codes: &CStr) -> impl Fn(&mut ws_options) + '_ {
    move |options| {
        soon(options);
        options.reconnect_on = on;
        options.reconnect_codes = codes.as_ptr();
    }
}

#[test]
fn close_codes_are_added_and_left_out() {
    // Path 0: a close frame without a code.
    let server = numbered(|_, mut stream, request| {
        accept(stream, request)?;
        let answer = match request.path()[1..].parse().unwrap() {
            0 => {
                stream.write_all(&frames::frame(FIN | frames::CLOSE, b""))?;
                (frames::read(&mut stream)?.payload, Vec::new())
            }
            code => {
                stream.write_all(&frames::close(code, b""))?;
                (frames::read(&mut stream)?.payload, u16::to_be_bytes(code).to_vec())
            }
        };
        assert_eq!(answer.0, answer.1, "the answer carries the same code");
        close_gently(stream);
        Ok(())
    });
    let (lost, any) = (HOSTWS_RECONNECT_LOST, HOSTWS_RECONNECT_ANY);
    for (on, codes, code, is_tried) in [
        (lost, c"", 0, false),
        (lost, c"1005", 0, true),
        (lost, c"1000, 4000,-1012", 1000, true),
        (lost, c"1000, 4000,-1012", 4000, true),
        (lost, c"1000, 4000,-1012", 4001, false),
        (lost, c"1000, 4000,-1012", 1012, false),
        (lost, c"1000, 4000,-1012", 1001, true),
        (any, c"", 0, true),
        (any, c"", 1000, true),
        (any, c"", 4000, true),
        (any, c"-4000", 4000, false),
    ] {
        let address = url(&server, &format!("/{code}"));
        let story = Client::with(&address, policy(on, codes)).finish();
        let expected = if code == 0 { 1005 } else { code };
        story.check_clean(expected, "");
        assert_eq!(delays(&story.0).len(), usize::from(is_tried), "{on} {codes:?} {code}");
    }
}

#[test]
fn a_loss_without_a_close_frame_can_be_left_out() {
    let server = ws_server();
    let story = Client::with(&url(&server, "/drop"), policy(0, c"-1006")).finish();
    assert!(delays(&story.0).is_empty());
    story.check_failed(1006, &["ws"], "without a close frame");
}

#[test]
fn statuses_are_added_and_left_out() {
    let (lost, any) = (HOSTWS_RECONNECT_LOST, HOSTWS_RECONNECT_ANY);
    for (on, codes, status, is_tried) in [
        (lost, c"401,-503", "401 X", true),
        (lost, c"401,-503", "403 X", false),
        (lost, c"401,-503", "503 X", false),
        (lost, c"-1006", "503 X", true),
        (any, c"-404", "403 X", true),
        (any, c"-404", "404 X", false),
    ] {
        let server = numbered(move |_, stream, _| refuse(stream, status));
        let story = Client::with(&url(&server, "/"), policy(on, codes)).finish();
        assert_eq!(delays(&story.0).len(), usize::from(is_tried), "{on} {codes:?} {status}");
        story.check_failed(1006, &["ws", "http"], &status[..3]);
    }
}

#[test]
fn a_breach_of_the_protocol_can_be_tried_again() {
    let closes = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&closes);
    let server = numbered(move |number, mut stream, request| {
        accept(stream, request)?;
        say(stream, &format!("this is {}", number % 2))?;
        if number % 2 > 0 {
            return serve_to_the_end(stream);
        }
        stream.write_all(&frames::frame(FIN | 3, b"reserved"))?;
        let frame = frames::read(&mut stream)?;
        heard.lock().unwrap().push(frame.closing().unwrap().0);
        close_gently(stream);
        Ok(())
    });
    for (on, codes) in [(HOSTWS_RECONNECT_ANY, c""), (HOSTWS_RECONNECT_LOST, c"1002")] {
        let client = Client::with(&url(&server, "/"), policy(on, codes));
        client.wait_messages(2);
        client.terminate();
        let story = client.finish();
        story.check_clean(1000, "");
        assert_eq!(story.messages(), [b"this is 0", b"this is 1"]);
        let why = story.0.iter().find_map(|event| match event {
            Event::Reconnecting { errors, .. } => Some(errors[0].code),
            _ => None,
        });
        assert_eq!(why, Some(HOSTWS_E_PROTOCOL));
    }
    // A slow server hears of it after the next connection has ended.
    let start = Instant::now();
    while closes.lock().unwrap().len() < 2 && start.elapsed() < DEADLINE {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(*closes.lock().unwrap(), [1002, 1002]);
}

#[test]
fn a_breach_after_the_last_attempt_is_told_as_without_the_option() {
    let server = numbered(|_, mut stream, request| {
        accept(stream, request)?;
        stream.write_all(&frames::frame(FIN | 3, b"reserved"))?;
        frames::read(&mut stream)?;
        close_gently(stream);
        Ok(())
    });
    let story = Client::with(&url(&server, "/"), policy(HOSTWS_RECONNECT_ANY, c"")).finish();
    assert_eq!(delays(&story.0).len(), 1);
    let errors = story.0.iter().filter(|event| matches!(event, Event::Error(_))).count();
    assert_eq!((errors, story.ending().code), (1, 1002));
}

#[test]
fn a_token_that_is_refused_is_replaced_by_a_header_or_a_url() {
    for by_url in [false, true] {
        let server = scripted(|stream, request| {
            let is_fresh =
                request.header_all("x-token") == ["fresh"] || target(request) == "/?token=fresh";
            if !is_fresh {
                return refuse(stream, "401 Who");
            }
            accept(stream, request)?;
            serve_to_the_end(stream)
        })
        .unwrap();
        let fresh = url(&server, "/?token=fresh");
        let react: Hook = Box::new(move |ws, event| {
            if matches!(event, Event::Reconnecting { .. }) {
                let done = match by_url {
                    true => set_url(ws, &fresh),
                    false => set_header(ws, "X-Token", Some("fresh")),
                };
                assert_eq!(done, HOSTWS_OK);
            }
        });
        // Before a slow host reacts, some attempts may leave as they were.
        let set = |options: &mut ws_options| {
            policy(0, c"401")(options);
            options.reconnect_max = -1;
        };
        let client = Client::full(&url(&server, "/"), 0, set, Some(react));
        client.wait_open();
        client.terminate();
        let story = client.finish();
        story.check_clean(1000, "");
        assert!(!delays(&story.0).is_empty());
    }
}

#[test]
fn the_next_attempt_goes_to_the_url_that_was_set() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let server = || {
        let seen = Arc::clone(&seen);
        numbered(move |_, stream, request| {
            let one = |name: &str| request.header_all(name).join("+");
            let line = format!("{} {} {}", target(request), one("x-key"), one("authorization"));
            seen.lock().unwrap().push(line);
            accept(stream, request)?;
            say(stream, "hello")?;
            let mut reader = stream;
            let frame = frames::read(&mut reader)?;
            if frame.opcode == frames::CLOSE {
                reader.write_all(&frames::frame(FIN | frames::CLOSE, &frame.payload))?;
            }
            close_gently(stream);
            Ok(())
        })
    };
    let (first, second) = (server(), server());
    let header = ws_header { name: c"X-Key".as_ptr(), value: c"k".as_ptr() };
    let client = Client::with(&format!("ws://u:p@127.0.0.1:{}/one", first.port), |options| {
        soon(options);
        options.reconnect_max = -1;
        options.headers = &header;
        options.header_count = 1;
    });
    client.wait_messages(1);
    let next = format!("ws://127.0.0.1:{}/two?resume=7", second.port);
    assert_eq!(set_url(client.id, &next), HOSTWS_OK);
    assert_eq!(url_of(client.id).as_ref(), Ok(&next));
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTED, "it stays open until it is lost");
    // A refused call changes nothing.
    for bad in ["", "http://h/", "ws://h/#f", "ws://h:0/"] {
        check_refused(set_url(client.id, bad), HOSTWS_E_URL, "");
    }
    // SAFETY: nothing is read through NULL.
    check_refused(unsafe { ws_set_url(client.id, std::ptr::null()) }, HOSTWS_E_ARGUMENT, "url");
    // SAFETY: it ends in a NUL.
    let result = unsafe { ws_set_url(client.id, c"ws://h/\xff".as_ptr()) };
    check_refused(result, HOSTWS_E_UTF8, "url");
    assert_eq!(url_of(client.id).as_ref(), Ok(&next));
    client.send("go");
    client.wait_messages(2);
    let with_user = format!("ws://me:secret@127.0.0.1:{}/three", first.port);
    assert_eq!(set_url(client.id, &with_user), HOSTWS_OK);
    assert_eq!(url_of(client.id), Ok(format!("ws://127.0.0.1:{}/three", first.port)));
    client.send("go");
    client.wait_messages(3);
    client.terminate();
    check_refused(set_url(client.id, "ws://h/"), HOSTWS_E_CLOSED, "");
    client.finish().check_clean(1000, "");
    // Without TLS, no password is sent before a server asks for it.
    let expected = ["/one k ", "/two?resume=7 k ", "/three k "];
    assert_eq!(*seen.lock().unwrap(), expected);

    let server = ws_server();
    let plain = Client::new(&url(&server, "/echo"));
    check_refused(set_url(plain.id, "ws://h/"), HOSTWS_E_ARGUMENT, "reconnect_max");
    plain.terminate();
    plain.finish();
}

#[test]
fn a_url_that_leads_to_a_server_which_is_not_verified_brings_the_warning() {
    let plain = scripted(|mut stream, request| {
        accept(stream, request)?;
        frames::read(&mut stream).map(drop)
    })
    .unwrap();
    let certificates = Certificates::new().unwrap();
    let acceptor = TlsAcceptor::builder(certificates.good.identity()).build().unwrap();
    let secure = websocket::with_acceptor(acceptor).unwrap();
    let client = Client::with(&url(&plain, "/"), |options| {
        soon(options);
        options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
    });
    client.wait_open();
    let next = format!("wss://127.0.0.1:{}/echo", secure.port);
    assert_eq!(set_url(client.id, &next), HOSTWS_OK);
    client.send("go");
    client.poll_until("RECONNECTED", |events| {
        events.iter().any(|event| matches!(event, Event::Reconnected(_)))
    });
    client.terminate();
    let story = client.finish();
    let shape: Vec<char> = story
        .0
        .iter()
        .filter_map(|event| match event {
            Event::Open => Some('o'),
            Event::Reconnecting { .. } => Some('r'),
            Event::Warning(_) => Some('w'),
            Event::Reconnected(_) => Some('R'),
            _ => None,
        })
        .collect();
    assert_eq!(shape, ['o', 'r', 'w', 'R']);
}

/// The delays before the first attempt of that many clients.
fn first_delays(count: usize, url: &str, set: impl Fn(&mut ws_options)) -> Vec<i64> {
    let clients: Vec<Client> = (0..count)
        .map(|_| {
            Client::with(url, |options| {
                // One only: a slow host would find the newest attempt in place of the first.
                options.reconnect_max = 1;
                set(options);
            })
        })
        .collect();
    let first = clients.iter().map(|client| {
        client.poll_until("an attempt", |events| !delays(events).is_empty());
        ws_abort(client.id);
        delays(&client.events())[0]
    });
    let first = first.collect();
    clients.into_iter().for_each(|client| drop(client.finish()));
    first
}

#[test]
fn what_hits_all_clients_brings_them_back_over_five_seconds() {
    let closed = ClosedPort::new().unwrap();
    let server = ws_server();
    let refused = format!("ws://127.0.0.1:{}/", closed.port);
    for address in [refused, url(&server, "/drop"), url(&server, "/close?code=1012")] {
        let first = first_delays(40, &address, |_| {});
        assert!(first.iter().all(|delay| (0..=5000).contains(delay)), "{first:?}");
        // The probability that all are below is less than 10 to the -27.
        assert!(first.iter().any(|&delay| delay > 1000), "{first:?}");
    }
    // An end that affects only this client is tried again soon.
    let first = first_delays(10, &url(&server, "/close?code=1011"), |_| {});
    assert!(first.iter().all(|delay| (500..=1000).contains(delay)), "{first:?}");
    // The host's limits apply.
    let first = first_delays(10, &url(&server, "/drop"), |options| options.reconnect_max_ms = 600);
    assert!(first.iter().all(|delay| (0..=600).contains(delay)), "{first:?}");
    let first = first_delays(10, &url(&server, "/drop"), |options| options.reconnect_min_ms = 100);
    assert!(first.iter().all(|delay| (100..=1000).contains(delay)), "{first:?}");
}

#[test]
fn clients_that_were_told_the_same_time_do_not_come_together() {
    for (value, least) in [("10", 10_000), ("9.5", 10_000), ("99999999999999999999", 300_000)] {
        let server = numbered(move |_, mut stream, _| {
            let answer =
                format!("HTTP/1.1 503 X\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes())?;
            close_gently(stream);
            Ok(())
        });
        let first = first_delays(20, &url(&server, "/"), |_| {});
        let (min, max) = (*first.iter().min().unwrap(), *first.iter().max().unwrap());
        assert!(min >= least && max <= least + least / 2, "{value}: {first:?}");
        assert!(max - min > least / 20, "{value}: {first:?}");
    }
}

#[test]
fn clients_that_hear_a_message_together_do_not_ping_together() {
    const CLIENTS: usize = 30;
    let pings = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&pings);
    let open = AtomicUsize::new(0);
    let server = scripted(move |mut stream, request| {
        accept(stream, request)?;
        open.fetch_add(1, Ordering::SeqCst);
        let start = Instant::now();
        while open.load(Ordering::SeqCst) < CLIENTS && start.elapsed() < DEADLINE {
            thread::sleep(Duration::from_millis(1));
        }
        say(stream, "broadcast")?;
        let frame = frames::read(&mut stream)?;
        if frame.opcode == frames::PING {
            heard.lock().unwrap().push(Instant::now());
            stream.write_all(&frames::frame(FIN | frames::PONG, &frame.payload))?;
        }
        serve_to_the_end(stream)
    })
    .unwrap();
    let address = url(&server, "/");
    let clients: Vec<Client> = (0..CLIENTS)
        .map(|_| Client::with(&address, |options| options.ping_interval_ms = 2000))
        .collect();
    let start = Instant::now();
    while pings.lock().unwrap().len() < CLIENTS && start.elapsed() < DEADLINE {
        ws_poll(0, 50, 0);
    }
    for client in clients {
        client.terminate();
        client.finish();
    }
    let mut pings = pings.lock().unwrap().clone();
    pings.sort();
    assert_eq!(pings.len(), CLIENTS);
    let spread = pings[CLIENTS - 1].duration_since(pings[0]);
    assert!(spread >= Duration::from_millis(100), "all within {spread:?}");
}

#[test]
fn the_same_from_json() {
    let server = numbered(|_, stream, _| refuse(stream, "401 Who"));
    let text = CString::new(url(&server, "/")).unwrap();
    let options = c"{\"reconnect_max\":1,\"reconnect_min_ms\":1,\"reconnect_max_ms\":5,\
        \"reconnect_on\":0,\"reconnect_codes\":\"401\"}";
    // SAFETY: the strings are valid during the call.
    let ws = unsafe { ws_open(text.as_ptr(), options.as_ptr(), std::ptr::null_mut()) };
    assert!(ws > 0, "{}", last_words());
    let mut attempts = 0;
    while let Ok((_, event)) = next(0, 20_000) {
        attempts += usize::from(matches!(event, Event::Reconnecting { .. }));
        if matches!(event, Event::Terminate(_)) {
            break;
        }
    }
    assert_eq!(attempts, 1);
}
