//! The log: what its levels show, that a server cannot forge lines, that neither the log nor errors
//! contain secrets, and that it comes line by line.

mod support;

use std::env;
use std::ffi::{c_char, c_void, CString};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::{mpsc, Mutex, MutexGuard, PoisonError};
use std::thread;

use hostws::capi::*;
use socket2::{Domain, Socket, Type};
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::proxies::{Kind, Setup};
use support::servers::{frames, raw, websocket, ClosedPort};
use support::{url, ws_server};

/// Collects all lines with their levels, while a test has the log to itself.
struct Lines(#[allow(dead_code)] MutexGuard<'static, ()>);

static LINES: Mutex<Vec<(i32, String)>> = Mutex::new(Vec::new());

unsafe extern "C-unwind" fn note(level: i32, line: *const c_char, user_data: *mut c_void) {
    assert!(user_data.is_null());
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push((level, words(line)));
}

impl Lines {
    fn at(level: i32) -> Lines {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        LINES.lock().unwrap_or_else(PoisonError::into_inner).clear();
        assert_eq!(ws_set_log(level, Some(note), std::ptr::null_mut()), HOSTWS_OK);
        Lines(alone)
    }

    /// Ends the log, and returns the lines so far.
    fn end(self) -> Vec<(i32, String)> {
        assert_eq!(ws_set_log(HOSTWS_LOG_OFF, None, std::ptr::null_mut()), HOSTWS_OK);
        std::mem::take(&mut LINES.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Checks that the lines contain these parts, in this order.
#[track_caller]
fn check_order(lines: &[(i32, String)], parts: &[&str]) {
    let mut rest = lines.iter();
    for part in parts {
        assert!(rest.any(|(_, line)| line.contains(part)), "no {part:?} in its place: {lines:#?}");
    }
}

/// A conversation over TLS with a secret header.
fn converse() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let header = ws_header { name: c"Authorization".as_ptr(), value: c"Bearer s3cret".as_ptr() };
    let client = Client::with(&format!("wss://localhost:{}/echo", server.port), |options| {
        options.tls_ca = ca.as_ptr();
        options.headers = &header;
        options.header_count = 1;
    });
    client.wait_open();
    client.send("hello");
    client.wait_messages(1);
    assert_eq!(ping(client.id, b"\x01\x02"), HOSTWS_OK);
    client.poll_until("pong", |events| events.iter().any(|e| matches!(e, Event::Pong(_))));
    assert_eq!(terminate(client.id, 3001, Some("enough")), HOSTWS_OK);
    client.finish().check_clean(3001, "enough");
}

/// A log function that waits for another thread, like one that needs an interpreter's lock.
unsafe extern "C-unwind" fn wait_for_another(_: i32, line: *const c_char, _: *mut c_void) {
    let line = words(line);
    let id = line.strip_prefix("connection ").and_then(|rest| rest.split(':').next()?.parse().ok());
    let Some(id) = id else { return };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        ws_buffered_amount(id);
        sender.send(())
    });
    let level = i32::from(receiver.recv_timeout(PATIENCE).is_err());
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push((level, line));
}

#[test]
fn no_line_is_told_under_a_lock_that_other_calls_need() {
    let lines = Lines::at(HOSTWS_LOG_TRACE);
    let level = ws_set_log(HOSTWS_LOG_TRACE, Some(wait_for_another), std::ptr::null_mut());
    assert_eq!(level, HOSTWS_OK);
    converse();
    let lines = lines.end();
    check_order(&lines, &[": open", ": > text", ": > ping", ": > close"]);
    let stuck: Vec<_> = lines.iter().filter(|(stuck, _)| *stuck != 0).collect();
    assert!(stuck.is_empty(), "{stuck:#?}");
}

#[test]
fn trace_shows_what_is_said() {
    let lines = Lines::at(HOSTWS_LOG_TRACE);
    converse();
    let lines = lines.end();
    check_order(
        &lines,
        &[
            ": opening wss://localhost:",
            ": connecting to ",
            ": connected to ",
            ": TLS 1.2, TLS_ECDHE_ECDSA_WITH_",
            ": certificate: subject CN=localhost, for localhost, 127.0.0.1, ::1",
            ": certificate: issued by ",
            ": certificate: valid from ",
            ": > GET /*** HTTP/1.1",
            ": > Host: localhost:",
            ": > Authorization: ***",
            ": < HTTP/1.1 101 Switching Protocols",
            ": open",
            ": < text, 5 bytes, fin: \"hello\"",
            ": < pong, 2 bytes, fin: 0102",
            ": < close, ",
            ": closed with 3001",
        ],
    );
    // A thread logs a frame after writing it. By then the answer may have arrived.
    check_order(
        &lines,
        &[
            ": open",
            ": > text, 5 bytes, fin, masked: \"hello\"",
            ": > ping, 2 bytes, fin, masked: 0102",
            ": > close, 8 bytes, fin, masked: 3001 \"enough\"",
        ],
    );
    assert!(lines.iter().all(|(level, _)| (1..=HOSTWS_LOG_TRACE).contains(level)));
}

#[test]
fn debug_shows_the_steps_and_info_the_ends() {
    let lines = Lines::at(HOSTWS_LOG_DEBUG);
    converse();
    let lines = lines.end();
    check_order(&lines, &[": opening", ": connected to", ": TLS 1.2", ": open", ": closed with"]);
    for (level, line) in &lines {
        assert!(*level <= HOSTWS_LOG_DEBUG && !line.contains(": > "), "{line}");
    }
    let lines = Lines::at(HOSTWS_LOG_INFO);
    converse();
    let lines = lines.end();
    assert_eq!(lines.len(), 3, "{lines:?}");
    check_order(&lines, &[": opening", ": open", ": closed with 3001"]);
}

#[test]
fn why_it_is_opened_again_or_not() {
    let lines = Lines::at(HOSTWS_LOG_DEBUG);
    let closed = ClosedPort::new().unwrap();
    let again = |options: &mut ws_options| {
        options.reconnect_max = 1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    };
    let client = Client::with(&format!("ws://127.0.0.1:{}/", closed.port), again);
    client.finish();
    let server = raw::scripted(|mut stream, _| {
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    });
    let server = server.unwrap();
    let client = Client::with(&url(&server, "/"), again);
    client.finish();
    check_order(
        &lines.end(),
        &[
            "Connection refused (os error 111); attempt 1 in ",
            ": trying again",
            ": no other attempt",
            "404 Not",
        ],
    );
}

#[test]
fn a_server_cannot_forge_a_line() {
    const REASON: &str = "bye\nhostws error: forged \u{1b}[31m\u{202e}";
    let server = raw::scripted(|mut stream, request| {
        stream.write_all(&request.accept("Server: \u{9b}31m\r\n"))?;
        stream.write_all(&frames::close(1012, REASON.as_bytes()))
    });
    let server = server.unwrap();
    let lines = Lines::at(HOSTWS_LOG_TRACE);
    let client = Client::with(&url(&server, "/"), |options| {
        options.reconnect_max = 1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    });
    let story = client.finish();
    let lines = lines.end();
    for (_, line) in &lines {
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
    check_order(&lines, &["bye\\nhostws error: forged \\u{1b}[31m\\u{202e}"]);
    // The event has the reason as received; error messages do not.
    assert_eq!(story.ending().reason, REASON);
    let errors: Vec<Trouble> = story
        .0
        .iter()
        .flat_map(|event| match event {
            Event::Reconnecting { errors, .. } | Event::Error(errors) => errors.clone(),
            _ => Vec::new(),
        })
        .collect();
    assert!(errors.iter().any(|error| error.message.contains("bye\\nhostws")), "{errors:?}");
}

/// The secret that no line and no error may contain.
const SECRET: &str = "s3cret";

#[track_caller]
fn check_hidden(lines: &[(i32, String)], errors: &[String]) {
    for line in lines.iter().map(|(_, line)| line).chain(errors) {
        assert!(!line.contains(SECRET), "{line}");
    }
}

fn header_options(name: &str, value: &str) -> (ws_header, [CString; 2]) {
    let texts = [CString::new(name).unwrap(), CString::new(value).unwrap()];
    (ws_header { name: texts[0].as_ptr(), value: texts[1].as_ptr() }, texts)
}

#[test]
fn refused_options_are_not_quoted() {
    let lines = Lines::at(HOSTWS_LOG_TRACE);
    let mut refused = Vec::new();
    let mut refuse = |result: i32| {
        assert!(result < 0, "accepted");
        refused.push(last_words());
    };
    let new = |url: &str, set: &dyn Fn(&mut ws_options)| {
        let (url, mut options) = (CString::new(url).unwrap(), options());
        set(&mut options);
        // SAFETY: all is valid during the call.
        unsafe { ws_new(url.as_ptr(), std::ptr::null(), &options) }
    };
    for url in [
        "ws://user:s3cret@host:99999/",
        "ws://s3cret@/",
        "ws://host/s3cret#",
        "ws://host/?token=s3cret#f",
        "ws://user:s3cret@ho st/",
        "http://user:s3cret@host/?s3cret",
        "user:s3cret@host",
        "ws+unix://s3cret/\u{1}",
        "wss://[s3cret/",
    ] {
        refuse(new(url, &|_| {}));
    }
    for (name, value) in [
        ("Authorization: Bearer s3cret", "x"),
        ("s3cret=1", "x"),
        ("Bearer s3cret", "Authorization"),
        ("Authorization", "Bearer s3cret\r\nX: y"),
        ("Cookie", " s3cret"),
        ("Host", "s3cret@h"),
    ] {
        let (header, _texts) = header_options(name, value);
        refuse(new("ws://h", &|options| {
            options.headers = &header;
            options.header_count = 1;
        }));
    }
    type Field = fn(&mut ws_options) -> &mut *const c_char;
    let texts: [(Field, &[&str]); 7] = [
        (|o| &mut o.subprotocols, &["s3cret,", "a,s3cret=", "s3cret,s3cret"]),
        (|o| &mut o.proxy, &["ftp://me:s3cret@h", "http://me:s3cret@h:99999", "http://h/s3cret"]),
        (|o| &mut o.tls_key, &["-----BEGIN PRIVATE KEY-----\ns3cret", "s3cret", "@s3cret"]),
        (|o| &mut o.tls_key_password, &["s3cret"]),
        (|o| &mut o.tls_cert, &["s3cret", "-----BEGIN CERTIFICATE-----\ns3cret"]),
        (|o| &mut o.tls_ca, &["s3cret", "-----BEGIN CERTIFICATE-----\ns3cret"]),
        (|o| &mut o.tls_pins, &["sha256/s3cret", "s3cret"]),
    ];
    for (field, bad) in texts {
        for text in bad {
            let text = CString::new(*text).unwrap();
            refuse(new("wss://h", &|options| *field(options) = text.as_ptr()));
        }
    }
    for json in [
        r#""{\"headers\":{\"Authorization\":\"Bearer s3cret\"}}""#,
        r#"["s3cret"]"#,
        r#"{"headers":"Authorization: s3cret"}"#,
        r#"{"headers":{"Authorization":{"Bearer":"s3cret"}}}"#,
        r#"{"headers":{"Authorization":"s3cret\n"}}"#,
        r#"{"tls_key_password":["s3cret"]}"#,
        r#"{"tls_key":"s3cret"}"#,
        r#"{"proxy":"ftp://me:s3cret@h"}"#,
        r#"{"subprotocols":"s3cret,"}"#,
        r#"{"tls_key_password":"s3cret" x}"#,
        r#"{"data_type":"s3cret"}"#,
    ] {
        refuse(open_pull("ws://h", Some(json)));
    }
    check_hidden(&lines.end(), &refused);
}

#[test]
fn what_a_connection_is_opened_with_is_not_shown() {
    let lines = Lines::at(HOSTWS_LOG_TRACE);
    let server = ws_server();
    let echoes = raw::scripted(|mut stream, request| {
        // As broken servers do: it chooses the whole list that was offered.
        let offered = request.header_all("sec-websocket-protocol").join(", ");
        let more = format!("Sec-WebSocket-Protocol: {offered}\r\nSet-Cookie: s3cret\r\n");
        stream.write_all(&request.accept(&more))
    })
    .unwrap();
    let moved = raw::scripted(|mut stream, _| {
        stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /s3cret?s3cret\r\n\r\n")
    })
    .unwrap();
    let mut told = Vec::new();
    for (scheme, kind) in [("http", Kind::Http), ("socks5", Kind::Socks)] {
        let proxy = Setup::new(kind).password("me", SECRET).start();
        for user in ["me", "you"] {
            let proxy_url =
                CString::new(format!("{scheme}://{user}:s3cret@127.0.0.1:{}", proxy.port()));
            let proxy_url = proxy_url.unwrap();
            for server in [&server, &echoes, &moved] {
                let address = format!("ws://user:s3cret@127.0.0.1:{}", server.port);
                let headers = [
                    header_options("Authorization", "Bearer s3cret"),
                    header_options("Cookie", "a=s3cret"),
                    header_options("X-Api-Key", "s3cret"),
                ];
                let given: Vec<ws_header> = headers.iter().map(|(header, _)| *header).collect();
                let client = Client::with(&format!("{address}/drop?token=s3cret"), |options| {
                    options.proxy = proxy_url.as_ptr();
                    options.headers = given.as_ptr();
                    options.header_count = given.len() as i32;
                    options.subprotocols = c"chat,s3cret".as_ptr();
                    options.max_redirects = 2;
                });
                told.extend(client.finish().errors().into_iter().map(|error| error.message));
            }
        }
    }
    let lines = lines.end();
    check_order(&lines, &[": > Proxy-Authorization: ***", ": > X-Api-Key: ***", ": redirected to"]);
    check_hidden(&lines, &told);
}

/// Run by the tests below in a separate process.
#[test]
#[ignore = "a part of other tests"]
fn a_connection_that_fails() {
    let closed = ClosedPort::new().unwrap();
    Client::new(&format!("ws://127.0.0.1:{}/", closed.port)).finish();
    Client::new(&format!("ws://127.0.0.1:{}/", closed.port)).finish();
}

/// What a process with that HOSTWS_LOG writes to stderr, one entry for each write(2).
fn written(level: &str) -> Vec<String> {
    let (ours, theirs) = Socket::pair(Domain::UNIX, Type::SEQPACKET, None).unwrap();
    ours.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_connection_that_fails", "--ignored", "--test-threads=1"])
        .env("HOSTWS_LOG", level)
        .stdout(Stdio::null())
        .stderr(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .unwrap();
    let mut pieces = Vec::new();
    let mut buffer = [0; 4096];
    // To its end, which is that of the process: only a few writes fit in between.
    while let length @ 1.. = (&ours).read(&mut buffer).unwrap() {
        pieces.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    assert!(child.wait().unwrap().success());
    pieces
}

#[test]
fn a_line_is_one_write() {
    for level in ["trace", "DEBUG"] {
        let pieces = written(level);
        assert!(pieces.len() > 6, "{pieces:?}");
        for piece in &pieces {
            assert!(piece.starts_with("hostws ") && piece.ends_with('\n'), "{pieces:?}");
            assert_eq!(piece.matches('\n').count(), 1, "{pieces:?}");
        }
    }
}

#[test]
fn a_level_that_does_not_exist_is_told_once() {
    let pieces = written("verbose\n");
    assert_eq!(pieces.len(), 1, "{pieces:?}");
    assert!(pieces[0].contains("HOSTWS_LOG is \"verbose\\n\""), "{pieces:?}");
    assert!(pieces[0].contains("off, error, warning, info, debug, trace"), "{pieces:?}");
    assert_eq!(written("").len(), 0);
    assert_eq!(written("off").len(), 0);
}
