//! However a connection ends, it leaves no thread and no descriptor behind. One test, because it
//! counts those of the whole process.

mod support;

use std::ffi::CString;
use std::thread;

use hostws::capi::*;
use support::host::*;
use support::process::{check_nothing_left_behind, holdings};
use support::servers::proxies::{Kind, Manner, Setup};
use support::servers::{BlackHole, ClosedPort};
use support::{raw_server, url, ws_server};

/// Connections that end by themselves, or are closed after a moment.
fn every_ending() {
    let server = ws_server();
    let raw = raw_server();
    let closed = ClosedPort::new().unwrap();
    let hole = BlackHole::new().unwrap();
    let mut clients = Vec::new();
    for path in ["/close?code=1000", "/close?code=0", "/drop", "/rst", "/text?say=x"] {
        clients.push(Client::new(&url(&server, path)));
    }
    for path in [
        "/status/401",
        "/big-body",
        "/wrong-accept",
        "/endless-headers",
        "/close-after/0",
        "/close-after/50",
        "/rst-after/0",
        "/rst-after/50",
        "/frame/masked",
        "/frame/over-limit?size=99999999999",
        "/frame/half",
        "/silent",
        "/no-close-reply",
    ] {
        clients.push(Client::with(&url(&raw, path), |options| {
            options.open_timeout_ms = 200;
            options.close_timeout_ms = 200;
        }));
    }
    for port in [closed.port, hole.port] {
        clients.push(Client::with(&format!("ws://127.0.0.1:{port}/"), |options| {
            options.open_timeout_ms = 200;
        }));
    }
    let proxies = [
        (Setup::new(Kind::Http), "http"),
        (Setup::new(Kind::Http).password("me", "pw"), "http"),
        (Setup::new(Kind::Http).manner(Manner::Silent), "http"),
        (Setup::new(Kind::Socks), "socks5"),
        (Setup::new(Kind::Socks).manner(Manner::Silent), "socks5h"),
        (Setup::new(Kind::Http).manner(Manner::Silent), "https"),
    ]
    .map(|(setup, scheme)| (setup.start(), scheme));
    for (proxy, scheme) in &proxies {
        let option = CString::new(format!("{scheme}://127.0.0.1:{}", proxy.port())).unwrap();
        clients.push(Client::with(&url(&server, "/drop"), |options| {
            options.proxy = option.as_ptr();
            options.open_timeout_ms = 1_000;
        }));
    }
    clients.push(Client::with(&url(&raw, "/status/301"), |options| options.max_redirects = 1));
    clients.push(Client::new("ws+unix:///nonexistent/hostws.sock:/"));
    // The name must be looked up.
    clients.push(Client::new(&format!("ws://localhost:{}/drop", server.port)));
    let tls = format!("wss://127.0.0.1:{}/", server.port);
    clients.push(Client::with(&tls, |options| options.open_timeout_ms = 5_000));
    // Connections that nobody polls, and a server that never reads.
    clients.push(Client::with(&url(&server, "/flood?n=5000&size=1000"), |options| {
        options.receive_queue_max = 1000;
    }));
    let stalled = Client::with(&url(&server, "/silent"), |o| o.close_timeout_ms = 200);
    stalled.wait_open();
    while send(stalled.id, &[0; 100_000], HOSTWS_BLOB) == HOSTWS_OK {}
    clients.push(stalled);
    for client in &clients {
        if ws_wait_status(client.id, HOSTWS_CONNECTED, 20_000) == HOSTWS_OK {
            // This fails if the server has closed first.
            terminate(client.id, 0, None);
        }
    }
    for client in &clients {
        client.finish();
    }
}

#[test]
fn no_thread_and_no_descriptor_is_left_behind() {
    // Once before counting, because some things are made once and stay: for the resolver, TLS and
    // so on.
    every_ending();
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    let before = holdings();

    every_ending();
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    check_nothing_left_behind(before);

    // Without a shutdown, a little time after the thread has ended.
    thread::spawn(every_ending).join().unwrap();
    check_nothing_left_behind(before);

    // With a queue of ws_queue_new() and its descriptor.
    let server = ws_server();
    let within = holdings();
    let queue = ws_queue_new();
    assert!(ws_queue_fd(queue) >= 0 && ws_queue_loop_fd(queue) >= 0);
    let client = Client::with(&url(&server, "/echo"), |options| options.queue = queue);
    client.wait_open();
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
    check_nothing_left_behind(within);
    drop(server);
    check_nothing_left_behind(before);
}
