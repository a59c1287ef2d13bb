//! A connection opens, answers questions about itself, and carries messages both ways.

mod support;

use std::ffi::CString;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::raw::scripted;
use support::servers::BlackHole;
use support::{raw_server, url, ws_server};

#[test]
fn events_come_in_order_and_terminate_is_last() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    client.send("one");
    client.send("two");
    client.wait_messages(2);
    client.terminate();
    let story = client.finish();
    assert_eq!(story.0[0], Event::Open);
    assert_eq!(story.messages(), [b"one", b"two"]);
    story.check_clean(1000, "");
}

#[test]
fn ws_new_returns_at_once_and_is_connecting() {
    let hole = BlackHole::new().unwrap();
    let before = Instant::now();
    let client = Client::new(&format!("ws://127.0.0.1:{}/", hole.port));
    // An opening that nobody answers takes 30 s.
    assert!(before.elapsed() < Duration::from_secs(10));
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTING);
    assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTING, -1), HOSTWS_OK, "it never waits");
    assert_eq!(ws_response_status(client.id), 0);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTING, -1), HOSTWS_E_CLOSED);
    client.finish().check_dropped(1006);
}

#[test]
fn what_is_sent_before_it_is_open_leaves_when_it_is() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    let wanted: Vec<Vec<u8>> = (0..100).map(|n| format!("early {n}").into_bytes()).collect();
    for message in &wanted {
        assert_eq!(send(client.id, message, HOSTWS_TEXT), HOSTWS_OK);
    }
    client.wait_messages(wanted.len());
    assert_eq!(client.messages(), wanted);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn the_upgrade_request_carries_the_headers_also_repeated_ones() {
    let server = ws_server();
    let texts = ["X-One", "1", "Cookie", "a=b", "x-one", "2"].map(|t| CString::new(t).unwrap());
    let header =
        |index: usize| ws_header { name: texts[index].as_ptr(), value: texts[index + 1].as_ptr() };
    let headers = [header(0), header(2), header(4)];
    let with_user = format!("ws://user:p%40ss@127.0.0.1:{}/headers", server.port);
    let client = Client::with(&with_user, |options| {
        options.headers = headers.as_ptr();
        options.header_count = 3;
    });
    client.wait_messages(1);
    let sent: serde_json::Value = serde_json::from_slice(&client.messages()[0]).unwrap();
    assert_eq!(sent["x-one"], serde_json::json!(["1", "2"]));
    assert_eq!(sent["cookie"], serde_json::json!(["a=b"]));
    assert_eq!(sent["host"], serde_json::json!([format!("127.0.0.1:{}", server.port)]));
    // Not sent, because everybody on the way could read it, and the server has not asked.
    assert_eq!(sent["authorization"], serde_json::Value::Null);
    let shown = url_of(client.id).unwrap();
    assert_eq!(shown, format!("ws://127.0.0.1:{}/headers", server.port));
    client.terminate();
    client.finish();
}

#[test]
fn the_headers_of_ws_open_keep_their_order() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&names);
    let server = scripted(move |mut stream, request| {
        let lines = request.head.lines().filter_map(|line| line.split_once(": "));
        let own = lines.filter(|(name, _)| name.starts_with("X-"));
        seen.lock().unwrap().extend(own.map(|(name, value)| format!("{name}={value}")));
        stream.write_all(&request.accept(""))
    })
    .unwrap();
    let options = r#"{"headers":{"X-Z":"1","X-B":["2","3"],"X-A":"4"}}"#;
    let ws = open_pull(&url(&server, "/"), Some(options));
    assert!(ws > 0, "{}", last_words());
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    ws_abort(ws);
    fetch_ends(1);
    assert_eq!(*names.lock().unwrap(), ["X-Z=1", "X-B=2", "X-B=3", "X-A=4"]);
}

#[test]
fn the_server_chooses_a_subprotocol_that_was_offered() {
    let server = ws_server();
    let offered = CString::new("chat, superchat").unwrap();
    let client = Client::with(&url(&server, "/sub?choose=superchat"), |options| {
        options.subprotocols = offered.as_ptr();
    });
    client.wait_open();
    assert_eq!(subprotocol(client.id).as_deref(), Ok("superchat"));
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_connection_tells_of_itself_until_on_terminate_has_returned() {
    let server = ws_server();
    let address = url(&server, "/echo?q=1");
    let expected = address.clone();
    let client = Client::full(
        &address,
        HOSTWS_BLOB,
        |_| {},
        Some(Box::new(move |ws, event| {
            if matches!(event, Event::Terminate(_)) {
                assert_eq!(ws_status(ws), HOSTWS_CLOSED);
                assert_eq!(url_of(ws).as_ref(), Ok(&expected));
                assert_eq!(ws_data_type(ws), HOSTWS_BLOB);
                assert_eq!(ws_response_status(ws), 101);
                assert_eq!(ws_buffered_amount(ws), 0);
            }
        })),
    );
    client.wait_open();
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTED);
    assert_eq!(ws_response_status(client.id), 101);
    assert_eq!(response_header(client.id, "UPGRADE").as_deref(), Ok("websocket"));
    assert_eq!(response_header(client.id, "x-none"), Err(HOSTWS_E_NOT_FOUND.into()));
    assert_eq!(response_body(client.id).as_deref(), Ok(""));
    assert_eq!(subprotocol(client.id).as_deref(), Ok(""));
    let mut copy = handler(&client.recorder, 0);
    copy.user_data = std::ptr::null_mut();
    // SAFETY: the struct is as large as it says.
    assert_eq!(unsafe { ws_get_handler(client.id, &mut copy) }, HOSTWS_OK);
    assert_eq!(copy.data_type, HOSTWS_BLOB);
    assert_eq!(copy.user_data, std::sync::Arc::as_ptr(&client.recorder).cast_mut().cast());
    client.terminate();
    client.finish().check_clean(1000, "");
    assert_eq!(url_of(client.id), Err(HOSTWS_E_CLOSED.into()));
    assert_eq!(ws_data_type(client.id), HOSTWS_E_CLOSED);
    assert_eq!(ws_response_status(client.id), HOSTWS_E_CLOSED);
}

#[test]
fn a_status_has_a_word() {
    let names: Vec<String> = (-1..5).map(|status| words(ws_status_name(status))).collect();
    assert_eq!(names, ["", "Connecting", "Connected", "Closing", "Closed", ""]);
}

#[test]
fn a_connection_or_none_by_waiting_for_connected() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTED, 20_000), HOSTWS_OK);
    assert_eq!(client.events(), [Event::Open], "on_open has returned");
    client.terminate();
    assert_eq!(ws_wait_status(client.id, HOSTWS_CLOSED, 20_000), HOSTWS_OK);
    client.finish().check_clean(1000, "");

    let raw = raw_server();
    let none = Client::new(&url(&raw, "/status/404"));
    assert_eq!(ws_wait_status(none.id, HOSTWS_CONNECTED, 20_000), HOSTWS_E_CLOSED);
    none.finish();
}

#[test]
fn waiting_for_connected_runs_out_of_time() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/silent"));
    assert_eq!(ws_wait_status(client.id, HOSTWS_CONNECTED, 50), HOSTWS_E_TIMEOUT);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn a_pull_connection_is_served_by_ws_next_and_waiting_consumes_nothing() {
    let server = ws_server();
    let ws = open_pull(&url(&server, "/text?say=hello"), None);
    assert!(ws > 0, "{}", last_words());
    assert_eq!(ws_wait_status(ws, HOSTWS_CONNECTED, 20_000), HOSTWS_OK);
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    let hello = Event::Message { data_type: HOSTWS_TEXT, data: b"hello".to_vec() };
    assert_eq!(next(0, 20_000), Ok((ws, hello)));
    assert_eq!(next(0, 0), Err(HOSTWS_E_TIMEOUT));
    assert_eq!(ws_poll(0, 0, 0), 0, "ws_poll does not serve it");
    assert_eq!(terminate(ws, 0, None), HOSTWS_OK);
    assert_eq!(ws_wait_status(ws, HOSTWS_CLOSED, 20_000), HOSTWS_OK);
    let ending = Ending { code: 1000, reason: String::new(), was_clean: true };
    assert_eq!(next(0, 20_000), Ok((ws, Event::Terminate(ending))));
    assert_eq!(next(0, 1000), Err(HOSTWS_E_IDLE));
}

#[test]
fn a_server_may_send_one_byte_at_a_time() {
    let raw = raw_server();
    let client = Client::new(&url(&raw, "/dribble"));
    client.wait_messages(1);
    assert_eq!(client.messages(), ["dribbled: Grüße".as_bytes()]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn statistics_count_what_was_done() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.send("12345");
    client.send("");
    client.wait_messages(2);
    let stats = stats(client.id);
    assert_eq!((stats.messages_sent, stats.payload_sent), (2, 5));
    assert_eq!((stats.messages_received, stats.payload_received), (2, 5));
    assert_eq!((stats.wire_sent, stats.wire_received), (6 + 5 + 6, 2 + 5 + 2));
    assert!(stats.upgrade_us > 0);
    client.terminate();
    client.finish().check_clean(1000, "");
}
