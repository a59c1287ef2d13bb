//! ws_explain: what happened to a connection, during its life and after its end.

mod support;

use std::ffi::CString;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hostws::capi::*;
use serde_json::Value;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::listener::close_gently;
use support::servers::proxies::{Kind, Setup};
use support::servers::{raw, websocket, BlackHole, ClosedPort};
use support::{url, ws_server};

fn explain(ws: ws_id) -> Value {
    // One call: from one to the next, its times grow longer.
    let mut buffer = vec![0_u8; 1 << 20];
    // SAFETY: the buffer is as large as it says.
    let length = unsafe { ws_explain(ws, buffer.as_mut_ptr().cast(), buffer.len() as i64) };
    assert!((0..1 << 20).contains(&length), "{length}: {}", last_words());
    let text = String::from_utf8(buffer[..length as usize].to_vec()).unwrap();
    let explained = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    check_keys(&explained);
    explained
}

/// Checks that the documentation names every key.
fn check_keys(explained: &Value) {
    match explained {
        Value::Object(members) => {
            for (key, value) in members {
                let described =
                    include_str!("../docs/guide/explain.md").contains(&format!("`{key}`"));
                assert!(described, "docs/guide/explain.md says nothing of {key}");
                check_keys(value);
            }
        }
        Value::Array(elements) => elements.iter().for_each(check_keys),
        _ => {}
    }
}

/// Tests that need the last ended connections take turns, because the library keeps only a few.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
fn check(explained: &Value, expected: &[(&str, Value)]) {
    for (pointer, value) in expected {
        let got = explained.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(got, value, "{pointer} of {explained:#}");
    }
}

#[track_caller]
fn check_has(explained: &Value, pointer: &str, words: &str) {
    let got = explained.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    assert!(got.contains(words), "{pointer} is {got:?} in {explained:#}");
}

#[test]
fn an_open_connection_and_its_end() {
    let _turn = turn();
    let server = ws_server();
    let secret = format!("ws://me:hunter2@127.0.0.1:{}/echo?token=hunter2", server.port);
    let token = ws_header { name: c"Authorization".as_ptr(), value: c"Bearer hunter2".as_ptr() };
    let client = Client::with(&secret, |options| {
        options.headers = &token;
        options.header_count = 1;
    });
    client.wait_open();
    client.send("hello");
    client.wait_messages(1);
    let peer = format!("127.0.0.1:{}", server.port);
    let open = explain(client.id);
    check(
        &open,
        &[
            ("/id", client.id.into()),
            ("/url", format!("ws://{peer}/***").into()),
            ("/status", "Connected".into()),
            ("/data_type", "text".into()),
            ("/error", Value::Null),
            ("/errors", Value::Array(Vec::new())),
            ("/close", Value::Null),
            ("/peer", peer.clone().into()),
            ("/http_status", 101.into()),
            ("/stats/messages_sent", 1.into()),
            ("/stats/payload_received", 5.into()),
            ("/stats/buffered", 0.into()),
            ("/reconnects", 0.into()),
            ("/attempts/0/server", format!("ws://{peer}").into()),
            ("/attempts/0/result", "open".into()),
            ("/attempts/0/addresses/0/address", peer.into()),
            ("/attempts/0/addresses/0/result", "connected".into()),
            ("/attempts/0/heads/0/from", "client".into()),
            ("/attempts/0/heads/0/lines/0", "GET /*** HTTP/1.1".into()),
            ("/attempts/0/heads/1/from", "server".into()),
            ("/attempts/1", Value::Null),
        ],
    );
    assert_eq!(open["local"], open["attempts"][0]["local"]);
    assert_ne!(open["local"], Value::Null);
    check_has(&open, "/answer/0", "HTTP/1.1 101");
    assert!(open.to_string().contains("Authorization: ***"));
    assert!(!open.to_string().contains("hunter2"), "{open:#}");
    assert_eq!(open["timings"]["upgrade_us"], stats(client.id).upgrade_us);

    client.terminate();
    client.finish().check_clean(1000, "");
    let ended = explain(client.id);
    check(
        &ended,
        &[
            ("/status", "Closed".into()),
            ("/close/code", 1000.into()),
            ("/close/was_clean", true.into()),
            ("/error", Value::Null),
            ("/attempts", open["attempts"].clone()),
            ("/answer", open["answer"].clone()),
            ("/local", open["local"].clone()),
            ("/peer", open["peer"].clone()),
        ],
    );
}

#[test]
fn inside_on_terminate_it_is_complete() {
    let _turn = turn();
    let closed = ClosedPort::new().unwrap();
    let (sender, explained) = std::sync::mpsc::channel();
    let client = Client::hooked(&format!("ws://127.0.0.1:{}/", closed.port), move |ws, event| {
        if matches!(event, Event::Terminate(_)) {
            sender.send(explain(ws)).unwrap();
        }
    });
    client.finish();
    let explained = explained.recv().unwrap();
    check(
        &explained,
        &[
            ("/status", "Closed".into()),
            ("/close/code", 1006.into()),
            ("/close/was_clean", false.into()),
            ("/errors/0/code", HOSTWS_E_OPEN.into()),
            ("/errors/2/component", "os".into()),
            ("/errors/2/code", libc::ECONNREFUSED.into()),
            ("/http_status", 0.into()),
            ("/peer", Value::Null),
            ("/attempts/0/result", "failed".into()),
            ("/attempts/0/phase", "tcp".into()),
            ("/attempts/0/addresses/0/result", "failed".into()),
        ],
    );
    check_has(&explained, "/error", "refused");
    check_has(&explained, "/attempts/0/error", "refused");
    check_has(&explained, "/attempts/0/addresses/0/error", "refused");
    assert_eq!(explain(client.id), explained);
}

#[test]
fn while_it_is_opening_the_phase_is_known() {
    let _turn = turn();
    let hole = BlackHole::new().unwrap();
    let client = Client::new(&format!("ws://127.0.0.1:{}/", hole.port));
    let until = Instant::now() + Duration::from_secs(20);
    while explain(client.id)["attempts"][0]["phase"] != "tcp" {
        assert!(Instant::now() < until, "{:#}", explain(client.id));
        std::thread::sleep(Duration::from_millis(1));
    }
    check(
        &explain(client.id),
        &[
            ("/status", "Connecting".into()),
            ("/attempts/0/result", "pending".into()),
            ("/attempts/0/addresses/0/result", "pending".into()),
            ("/attempts/0/addresses/0/took_us", Value::Null),
        ],
    );
    client.terminate();
    client.finish();
    check(
        &explain(client.id),
        &[
            ("/attempts/0/result", "abandoned".into()),
            ("/attempts/0/addresses/0/result", "abandoned".into()),
        ],
    );
}

#[test]
fn a_refusal_is_shown_without_secrets() {
    let _turn = turn();
    let server = raw::scripted(move |mut stream, _| {
        stream.write_all(
            b"HTTP/1.1 401 Unauthorized\r\nSet-Cookie: hunter2\r\nServer: s\r\n\
              WWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n",
        )?;
        close_gently(stream);
        Ok(())
    })
    .unwrap();
    let client = Client::new(&url(&server, "/"));
    client.finish();
    let explained = explain(client.id);
    let lines = serde_json::json!([
        "HTTP/1.1 401 Unauthorized",
        "Set-Cookie: ***",
        "Server: s",
        "WWW-Authenticate: Basic realm=\"r\"",
        "Content-Length: 0"
    ]);
    check(
        &explained,
        &[
            ("/url", format!("ws://127.0.0.1:{}/", server.port).into()),
            ("/http_status", 401.into()),
            ("/errors/1/code", 401.into()),
            ("/attempts/0/phase", "upgrade".into()),
            ("/attempts/0/heads/1/lines", lines.clone()),
            ("/answer", lines),
        ],
    );
}

#[test]
fn a_redirect_is_an_attempt_of_its_own() {
    let _turn = turn();
    let server = ws_server();
    let target = format!("http://127.0.0.1:{}/echo", server.port);
    let first = raw::scripted(move |mut stream, _| {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        close_gently(stream);
        Ok(())
    })
    .unwrap();
    let client = Client::with(&url(&first, "/"), |options| options.max_redirects = 1);
    client.wait_open();
    check(
        &explain(client.id),
        &[
            ("/attempts/0/server", format!("ws://127.0.0.1:{}", first.port).into()),
            ("/attempts/0/result", "redirected".into()),
            ("/attempts/1/server", format!("ws://127.0.0.1:{}", server.port).into()),
            ("/attempts/1/result", "open".into()),
            ("/attempts/2", Value::Null),
        ],
    );
    client.terminate();
    client.finish();
}

#[test]
fn a_proxy_and_its_answer() {
    let _turn = turn();
    let server = ws_server();
    let proxy = Setup::new(Kind::Http).password("me", "hunter2").start();
    for (user, result) in [("me:hunter2@", "open"), ("", "failed")] {
        let through = CString::new(format!("http://{user}127.0.0.1:{}", proxy.port())).unwrap();
        let client =
            Client::with(&url(&server, "/echo"), |options| options.proxy = through.as_ptr());
        client.poll_until("open or ended", |events| !events.is_empty());
        let explained = explain(client.id);
        check(
            &explained,
            &[
                ("/attempts/0/result", result.into()),
                ("/attempts/0/proxy", format!("http://127.0.0.1:{}", proxy.port()).into()),
                ("/attempts/0/addresses/0/address", format!("127.0.0.1:{}", proxy.port()).into()),
                ("/attempts/0/heads/1/from", "proxy".into()),
            ],
        );
        check_has(&explained, "/attempts/0/heads/0/lines/0", "CONNECT 127.0.0.1:");
        match result {
            "open" => {
                let heads = explained["attempts"][0]["heads"].as_array().unwrap();
                assert_eq!(heads.last().unwrap()["from"], "server");
                client.terminate();
            }
            _ => check(&explained, &[("/attempts/0/phase", "proxy".into())]),
        }
        assert!(!explained.to_string().contains("hunter2"), "{explained:#}");
        client.finish();
    }
}

#[test]
fn losses_and_reconnects() {
    let _turn = turn();
    let closed = ClosedPort::new().unwrap();
    let client = Client::with(&format!("ws://127.0.0.1:{}/", closed.port), |options| {
        options.reconnect_max = 2;
        options.reconnect_min_ms = 1;
    });
    client.finish();
    let explained = explain(client.id);
    check(
        &explained,
        &[
            ("/losses/0/attempt", 1.into()),
            ("/losses/1/attempt", 2.into()),
            ("/losses/2", Value::Null),
        ],
    );
    assert_eq!(explained["attempts"].as_array().unwrap().len(), 3, "{explained:#}");
    assert_ne!(explained["losses"][0]["error"], Value::Null);
}

/// native-tls neither lets us resume sessions nor read certificates.
#[cfg(tls_openssl)]
#[test]
fn tls_and_its_certificates() {
    let _turn = turn();
    let certificates = Certificates::new().unwrap();
    let server = websocket::with_openssl(&certificates.good, |acceptor| {
        acceptor.set_session_id_context(b"hostws")
    })
    .unwrap();
    let ca = CString::new(certificates.ca_pem).unwrap();
    for is_resumed in [false, true] {
        let url = format!("wss://localhost:{}/echo", server.port);
        let client = Client::with(&url, |options| options.tls_ca = ca.as_ptr());
        client.wait_open();
        client.send("hello");
        client.wait_messages(1);
        let open = explain(client.id);
        client.terminate();
        client.finish();
        let ended = explain(client.id);
        for explained in [&open, &ended] {
            check(
                explained,
                &[
                    ("/tls/resumed", is_resumed.into()),
                    ("/tls/certificates/0/names/0", "localhost".into()),
                ],
            );
            check_has(explained, "/tls/version", "TLS 1.");
            check_has(explained, "/tls/cipher", "TLS_");
            check_has(explained, "/tls/certificates/0/issuer", "CN=");
            assert!(explained["tls"]["certificates"][0]["not_after"].as_i64() > Some(0));
        }
    }
    let text = copied_out(|buffer, size| {
        // SAFETY: the buffer is as large as it says.
        unsafe { ws_metrics(buffer, size) }
    })
    .unwrap();
    for (is_resumed, count) in [(false, 1), (true, 1)] {
        let line = format!("\nhostws_tls_handshakes_total{{resumed=\"{is_resumed}\"}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let _turn = turn();
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let client = Client::new(&format!("wss://localhost:{}/", server.port));
    client.finish();
    let explained = explain(client.id);
    check(
        &explained,
        &[
            ("/close/code", 1015.into()),
            ("/attempts/0/phase", "tls".into()),
            ("/errors/1/component", "tls".into()),
        ],
    );
}

#[test]
fn the_last_sixteen_and_no_more() {
    let _turn = turn();
    let closed = ClosedPort::new().unwrap();
    let url = format!("ws://127.0.0.1:{}/", closed.port);
    let ids: Vec<ws_id> = (0..17)
        .map(|_| {
            let client = Client::new(&url);
            client.finish();
            client.id
        })
        .collect();
    // SAFETY: there is no buffer.
    let code = unsafe { ws_explain(ids[0], std::ptr::null_mut(), 0) };
    check_refused(code, HOSTWS_E_CLOSED, "is closed");
    // SAFETY: as above.
    let code = unsafe { ws_explain(0, std::ptr::null_mut(), 0) };
    check_refused(code, HOSTWS_E_NO_SUCH_ID, "null id");
}
