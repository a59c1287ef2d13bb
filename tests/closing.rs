//! How open connections end.

mod support;

use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::listener::Ending as Seen;
use support::{raw_server, url, ws_server};

#[test]
fn a_server_closes_with_code_and_reason() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/close?code=4321&reason=good%20night%20%E2%98%BE"));
    client.finish().check_clean(4321, "good night ☾");
    let client = Client::new(&url(&server, "/close?code=1001&reason="));
    client.finish().check_clean(1001, "");
}

#[test]
fn a_close_frame_without_a_code_is_1005() {
    let server = ws_server();
    Client::new(&url(&server, "/close?code=0")).finish().check_clean(1005, "");
}

#[test]
fn the_servers_close_frame_is_answered_with_its_code() {
    let server = ws_server();
    Client::new(&url(&server, "/close?code=4000&reason=x")).finish().check_clean(4000, "x");
    assert!(server.wait_seen("/close", PATIENCE, |ending| *ending != Seen::Opened));
    assert_eq!(server.closes("/close"), [Some((4000, String::new()))]);
}

#[test]
fn a_server_that_drops_the_connection_is_an_error() {
    let server = ws_server();
    let story = Client::new(&url(&server, "/drop")).finish();
    story.check_failed(1006, &["ws"], "without a close frame");
    assert_eq!(story.errors()[0].code, HOSTWS_E_LOST);
}

#[test]
fn a_reset_is_an_error_with_its_cause() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/rst"));
    // It leaves with the opening: the server does not wait for a slow host.
    client.send("now");
    let story = client.finish();
    story.check_failed(1006, &["ws", "tcp", "os"], "reset");
    assert_eq!(story.errors()[2].code, libc::ECONNRESET);
}

#[test]
fn a_host_closes_with_code_and_reason() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    assert_eq!(terminate(client.id, 3999, Some("enough ☾")), HOSTWS_OK);
    assert!(ws_status(client.id) >= HOSTWS_CLOSING);
    assert_eq!(send(client.id, b"late", 0), HOSTWS_E_CLOSED);
    assert_eq!(ping(client.id, b""), HOSTWS_E_CLOSED);
    // The server returns the code and reason that it got.
    client.finish().check_clean(3999, "enough ☾");
    assert_eq!(server.closes("/echo"), [Some((3999, "enough ☾".to_owned()))]);
}

#[test]
fn a_host_closes_with_1000_unless_it_says_otherwise() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "");
    assert_eq!(server.closes("/echo"), [Some((1000, String::new()))]);
}

#[test]
fn what_was_sent_before_terminate_still_leaves() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/count"), |o| o.close_timeout_ms = 60_000);
    client.wait_open();
    let message = vec![b'm'; 10_000];
    for _ in 0..500 {
        assert_eq!(send(client.id, &message, HOSTWS_BLOB), HOSTWS_OK);
    }
    client.terminate();
    client.finish().check_clean(1000, "500");
}

#[test]
fn no_message_is_delivered_after_terminate() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/flood?n=20000&size=100"));
    client.wait_messages(1);
    client.terminate();
    let before = client.messages().len();
    let story = client.finish();
    assert_eq!(story.messages().len(), before);
    story.check_clean(1000, "");
}

#[test]
fn no_message_is_delivered_after_a_terminate_in_on_message() {
    let server = ws_server();
    let client = Client::hooked(&url(&server, "/flood?n=5000&size=20"), |ws, event| {
        if matches!(event, Event::Message { data, .. } if data.starts_with(b"7:")) {
            assert_eq!(terminate(ws, 0, None), HOSTWS_OK);
        }
    });
    let story = client.finish();
    assert_eq!(story.messages().len(), 8);
    story.check_clean(1000, "");
}

#[test]
fn a_second_terminate_changes_nothing() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/no-close-reply"));
    client.wait_open();
    assert_eq!(terminate(client.id, 4000, Some("first")), HOSTWS_OK);
    assert_eq!(ws_status(client.id), HOSTWS_CLOSING);
    assert_eq!(terminate(client.id, 4001, Some("second")), HOSTWS_OK);
    assert!(raw.wait_seen("/no-close-reply", PATIENCE, |end| matches!(end, Seen::Close(_))));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
    assert_eq!(raw.closes("/no-close-reply"), [Some((4000, "first".to_owned()))]);
}

#[test]
fn a_server_that_does_not_answer_the_close_frame_meets_the_deadline() {
    let raw = raw_server();
    let open = |limit| {
        let client = Client::with(&url(&raw, "/no-close-reply"), |o| o.close_timeout_ms = limit);
        client.wait_open();
        client
    };
    let (patient, client) = (open(60_000), open(150));
    let before = Instant::now();
    patient.terminate();
    client.terminate();
    client.finish().check_dropped(1006);
    assert!(before.elapsed() >= Duration::from_millis(140));
    // With one limit for both, it would have ended before.
    assert_eq!(ws_status(patient.id), HOSTWS_CLOSING);
    assert_eq!(ws_abort(patient.id), HOSTWS_OK);
    patient.finish().check_dropped(1006);
}

#[test]
fn a_server_that_reads_nothing_at_all_meets_the_close_deadline() {
    let server = ws_server();
    let client = Client::hooked(&url(&server, "/silent"), |ws, event| {
        if matches!(event, Event::Terminate(_)) {
            assert!(ws_buffered_amount(ws) > 0, "some of it never left");
        }
    });
    let id = client.id;
    client.wait_open();
    while send(id, &[0; 1 << 20], HOSTWS_BLOB) == HOSTWS_OK {}
    assert_eq!(ws_abort(id), HOSTWS_OK);
    client.finish().check_dropped(1006);

    let client = Client::with(&url(&server, "/silent"), |o| o.close_timeout_ms = 150);
    client.wait_open();
    while send(client.id, &[0; 1 << 20], HOSTWS_BLOB) == HOSTWS_OK {}
    client.terminate();
    client.finish().check_dropped(1006);
}

#[test]
fn abort_drops_the_connection_without_a_close_frame() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/sink"));
    client.wait_open();
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
    assert!(server.wait_seen("/sink", PATIENCE, |ending| *ending == Seen::Lost));
}

#[test]
fn both_sides_may_close_at_once() {
    let server = ws_server();
    for _ in 0..50 {
        let client = Client::new(&url(&server, "/late-close"));
        client.send("close!");
        client.wait_open();
        let terminated = terminate(client.id, 0, None);
        assert!(terminated == HOSTWS_OK || terminated == HOSTWS_E_CLOSED);
        let ending = client.finish().ending();
        assert!(ending.was_clean && [1000, 4001].contains(&ending.code), "{ending:?}");
    }
}

#[test]
fn terminate_works_in_every_callback() {
    let server = ws_server();
    let in_open = Client::hooked(&url(&server, "/text?say=x"), |ws, event| {
        if *event == Event::Open {
            assert_eq!(terminate(ws, 0, None), HOSTWS_OK);
        }
    });
    let story = in_open.finish();
    assert_eq!(story.messages(), Vec::<Vec<u8>>::new());
    story.check_clean(1000, "");

    let at_end = Client::hooked(&url(&server, "/close?code=1000"), |ws, event| {
        if matches!(event, Event::Terminate(_)) {
            assert_eq!(terminate(ws, 0, None), HOSTWS_E_CLOSED);
            assert_eq!(ws_abort(ws), HOSTWS_E_CLOSED);
        }
    });
    at_end.finish().check_clean(1000, "");
}

#[test]
fn an_id_is_closed_for_ever_and_never_used_again() {
    let server = ws_server();
    let mut last = 0;
    for _ in 0..3 {
        let client = Client::new(&url(&server, "/close?code=1000"));
        assert!(client.id > last);
        last = client.id;
        client.finish();
        assert_eq!(ws_wait_status(last, HOSTWS_CLOSED, 0), HOSTWS_OK);
        assert_eq!(ws_wait_status(last, HOSTWS_CONNECTED, 0), HOSTWS_E_CLOSED);
        assert_eq!(terminate(last, 0, None), HOSTWS_E_CLOSED);
    }
}
