//! A connection that cannot be opened: one on_error that says why, then on_terminate.

mod support;

use std::io::Write;
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::listener::wait_until_gone;
use support::servers::{raw, BlackHole, ClosedPort};
use support::{raw_server, url};

/// Longer than any answer of the raw server.
const WHOLE_ANSWER: usize = 140;

#[test]
fn a_port_where_nothing_listens() {
    let closed = ClosedPort::new().unwrap();
    let client = Client::new(&format!("ws://127.0.0.1:{}/", closed.port));
    let story = client.finish();
    story.check_failed(1006, &["ws", "tcp", "os"], "refused");
    let errors = story.errors();
    assert_eq!(errors[0].code, HOSTWS_E_OPEN);
    assert_eq!(errors[1].code, HOSTWS_E_TCP);
    assert_eq!(errors[2].code, libc::ECONNREFUSED);
    assert!(!story.was_open());
}

#[test]
fn a_host_that_never_answers_meets_the_deadline() {
    let hole = BlackHole::new().unwrap();
    let before = Instant::now();
    let client = Client::with(&format!("ws://127.0.0.1:{}/", hole.port), |options| {
        options.open_timeout_ms = 1_000;
    });
    client.finish().check_failed(1006, &["ws", "tcp"], "1 s passed while connecting");
    assert!(before.elapsed() >= Duration::from_millis(990));
}

#[test]
fn a_server_that_does_not_answer_the_upgrade_meets_the_deadline() {
    let raw = raw_server();
    let client = Client::with(&url(&raw, "/silent"), |options| options.open_timeout_ms = 3_000);
    let story = client.finish();
    story.check_failed(1006, &["ws", "http"], "3 s passed while waiting for the answer");
    assert_eq!(story.errors()[1].code, HOSTWS_E_TIMEOUT);
}

#[test]
fn without_a_deadline_a_late_answer_is_good() {
    let late = || thread::sleep(Duration::from_millis(300));
    let (server, _heard) = raw::recording_after(late, "", Vec::new()).unwrap();
    let client = Client::with(&url(&server, "/"), |options| options.open_timeout_ms = -1);
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_name_that_does_not_exist() {
    let client = Client::with("ws://no-such-host.invalid/", |options| {
        options.open_timeout_ms = 8_000;
    });
    let story = client.finish();
    let errors = story.errors();
    assert_eq!((errors[0].component.as_str(), errors[1].component.as_str()), ("ws", "dns"));
    assert!(errors[1].message.contains("no-such-host.invalid"), "{errors:?}");
    assert_eq!(story.ending().code, 1006);
}

#[test]
fn a_status_other_than_101_is_told_with_headers_and_body() {
    let raw = raw_server();
    for (status, words, body) in [
        (200, "200 OK", "<html>a page</html>"),
        (301, "redirects are not followed", ""),
        (401, "401 Unauthorized", "go away"),
        (404, "404 Not Found", "there is nothing here"),
        (500, "500 Internal Server Error", "it broke"),
    ] {
        let client = Client::hooked(&url(&raw, &format!("/status/{status}")), move |ws, event| {
            if matches!(event, Event::Error(_) | Event::Terminate(_)) {
                assert_eq!(ws_response_status(ws), status);
                assert_eq!(response_body(ws).as_deref(), Ok(body));
                let length = body.len().to_string();
                assert_eq!(response_header(ws, "content-length").as_ref(), Ok(&length));
                if status == 401 {
                    let challenge = response_header(ws, "WWW-Authenticate");
                    assert_eq!(challenge.as_deref(), Ok("Basic realm=\"test\""));
                }
            }
        });
        let story = client.finish();
        story.check_failed(1006, &["ws", "http"], words);
        assert_eq!(story.errors()[1].code, status, "a cause of http has the status");
        let says = story.errors()[1].message.ends_with(&format!("; it says: {body}"));
        assert_eq!(says, !body.is_empty(), "{:?}", story.errors());
        assert!(!story.was_open());
    }
}

#[test]
fn of_a_long_body_the_first_64_kib_are_kept() {
    let raw = raw_server();
    let client = Client::hooked(&url(&raw, "/big-body"), |ws, event| {
        if matches!(event, Event::Terminate(_)) {
            assert_eq!(response_body(ws).unwrap(), "b".repeat(64 << 10));
        }
    });
    client.finish().check_failed(1006, &["ws", "http"], "403");
}

#[test]
fn an_answer_that_is_no_upgrade() {
    let raw = raw_server();
    for (path, words) in [
        ("/wrong-accept", "Sec-WebSocket-Accept"),
        ("/no-upgrade-header", "no Upgrade header"),
        ("/unasked-subprotocol", "subprotocol \"surprise\", which was not offered"),
        ("/unasked-extension", "extension \"permessage-surprise\", which was not offered"),
        ("/endless-headers", "longer than"),
        ("/long-header", "longer than"),
    ] {
        let story = Client::new(&url(&raw, path)).finish();
        story.check_failed(1006, &["ws", "http"], words);
        assert_eq!(story.errors()[1].code, HOSTWS_E_HTTP);
        assert!(!story.was_open());
    }
}

#[test]
fn a_server_that_does_not_speak_http() {
    let server = raw::scripted(|mut stream, _| stream.write_all(b"220 smtp.example\r\n")).unwrap();
    let story = Client::new(&url(&server, "/")).finish();
    story.check_failed(1006, &["ws", "http"], "does not speak HTTP");
}

/// One connection for each byte of the answer after which the server may close.
fn check_each_byte(path: &str, components: &[&[&str]]) {
    let raw = raw_server();
    let clients: Vec<Client> = (0..=WHOLE_ANSWER)
        .map(|count| Client::new(&url(&raw, &format!("{path}/{count}"))))
        .collect();
    let mut opened = 0;
    for client in &clients {
        let story = client.finish();
        let errors = story.errors();
        let chain: Vec<&str> = errors.iter().map(|error| error.component.as_str()).collect();
        assert!(components.contains(&chain.as_slice()), "{errors:?}");
        let code = if story.was_open() { HOSTWS_E_LOST } else { HOSTWS_E_OPEN };
        assert_eq!(errors[0].code, code);
        assert_eq!(story.ending().code, 1006);
        opened += usize::from(story.was_open());
    }
    assert!(opened > 0 && opened < 20, "the whole answer opens it, and nothing less: {opened}");
}

#[test]
fn a_close_at_each_byte_of_the_handshake() {
    check_each_byte("/close-after", &[&["ws", "http"], &["ws"]]);
}

#[test]
fn a_reset_at_each_byte_of_the_handshake() {
    check_each_byte("/rst-after", &[&["ws", "tcp", "os"]]);
}

#[test]
fn giving_up_while_connecting_is_no_error() {
    let raw = raw_server();
    let terminated = Client::new(&url(&raw, "/silent"));
    assert_eq!(terminate(terminated.id, 4000, Some("never mind")), HOSTWS_OK);
    assert_eq!(send(terminated.id, b"x", 0), HOSTWS_E_CLOSED);
    terminated.finish().check_dropped(1006);

    let aborted = Client::new(&url(&raw, "/silent"));
    assert_eq!(ws_abort(aborted.id), HOSTWS_OK);
    aborted.finish().check_dropped(1006);
    assert_eq!(ws_abort(aborted.id), HOSTWS_E_CLOSED);
}

#[test]
fn what_was_sent_before_a_refusal_counts_as_never_left() {
    let raw = raw_server();
    let client = Client::hooked(&url(&raw, "/status/500"), |ws, event| {
        if matches!(event, Event::Terminate(_)) {
            assert_eq!(ws_buffered_amount(ws), 6 + 5);
        }
    });
    client.send("hello");
    client.finish().check_failed(1006, &["ws", "http"], "500");
}

#[test]
fn a_refusal_that_does_not_say_where_it_ends_is_told_when_it_pauses() {
    let (begin, begun) = mpsc::channel();
    let begun = Mutex::new(begun);
    let server = raw::scripted(move |mut stream, request| {
        let is_known = request.path() == "/known";
        if is_known {
            // The time of the other one has begun.
            let _ = begun.lock().unwrap().recv_timeout(PATIENCE);
        }
        let length = if is_known { "Content-Length: 1000\r\n" } else { "" };
        write!(stream, "HTTP/1.1 403 Forbidden\r\n{length}\r\nno entry")?;
        if !is_known {
            let _ = begin.send(());
        }
        // The server keeps the connection open.
        wait_until_gone(stream);
        Ok(())
    })
    .unwrap();
    // Announced bytes are awaited longer than an unmarked end.
    let ends = Arc::new(Mutex::new(Vec::new()));
    let open = |path: &'static str| {
        let ends = Arc::clone(&ends);
        Client::hooked(&url(&server, path), move |ws, event| {
            if matches!(event, Event::Terminate(_)) {
                ends.lock().unwrap().push((path, response_body(ws).unwrap()));
            }
        })
    };
    let known = open("/known");
    open("/unknown").finish().check_failed(1006, &["ws", "http"], "403");
    known.finish().check_failed(1006, &["ws", "http"], "403");
    let body = || "no entry".to_owned();
    assert_eq!(*ends.lock().unwrap(), [("/unknown", body()), ("/known", body())]);
}
