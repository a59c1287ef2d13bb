//! Bad input gets a clear error, and nothing else happens.

mod support;

use std::ffi::{c_char, CStr, CString};
use std::mem::offset_of;
use std::ptr::null;

use hostws::capi::*;
use support::host::*;
use support::servers::ClosedPort;
use support::{url, ws_server};

/// ws_new() with a handler that must never be called.
fn attempt(url: *const c_char, set: impl FnOnce(&mut ws_options)) -> i32 {
    let recorder = Recorder::new(None, None);
    let handler = handler(&recorder, 0);
    let mut options = options();
    set(&mut options);
    // SAFETY: all is valid during the call.
    let result = unsafe { ws_new(url, &handler, &options) };
    if result < 0 {
        ws_poll(0, 0, 0);
        assert_eq!(recorder.events(), []);
    }
    result
}

#[track_caller]
fn check_url(url: &str, words: &str) {
    let url = CString::new(url).unwrap();
    check_refused(attempt(url.as_ptr(), |_| {}), HOSTWS_E_URL, words);
}

#[track_caller]
fn check_option(words: &str, set: impl FnOnce(&mut ws_options)) {
    check_refused(attempt(c"ws://127.0.0.1:1".as_ptr(), set), HOSTWS_E_OPTION, words);
}

#[test]
fn urls_to_which_no_websocket_can_be_opened() {
    check_refused(attempt(null(), |_| {}), HOSTWS_E_ARGUMENT, "url is NULL");
    check_refused(attempt(c"ws://h/\xff".as_ptr(), |_| {}), HOSTWS_E_UTF8, "offset 7");
    check_url("", "empty");
    check_url("http://host/", "ws");
    check_url("ftp://host/", "ws");
    check_url("host:80", "ws");
    check_url("ws:host", "ws");
    check_url("ws://", "host");
    check_url("ws:///path", "host");
    check_url("ws://:80/", "host");
    check_url("ws://host:0/", "port");
    check_url("ws://host:65536/", "port");
    check_url("ws://host:port/", "port");
    check_url("ws://host/#fragment", "fragment");
    check_url("ws://host/#", "fragment");
    check_url("ws://ho st/", "white space");
    check_url("ws://host/\r\nX: y", "control");
    check_url("ws://[::1", "");
    check_url(&format!("ws://host/{}", "a".repeat(8192)), "8192");
}

#[test]
fn the_words_never_contain_a_password() {
    for bad in ["ws://user:secret@host:port/", "ws://user:secret@/", "wss://user:secret@h/#f"] {
        let bad = CString::new(bad).unwrap();
        assert_eq!(attempt(bad.as_ptr(), |_| {}), HOSTWS_E_URL);
        assert!(!last_words().contains("secret"), "{}", last_words());
    }
}

#[test]
fn a_url_of_8192_bytes_is_the_longest() {
    let server = ws_server();
    let start = url(&server, "/echo?");
    let long = format!("{start}{}", "a".repeat(8192 - start.len()));
    let client = Client::new(&long);
    client.wait_open();
    client.terminate();
    client.finish();
}

fn check_header(name: &CStr, value: &CStr, words: &str) {
    let header = ws_header { name: name.as_ptr(), value: value.as_ptr() };
    check_option(words, |options| {
        options.headers = &header;
        options.header_count = 1;
    });
}

#[test]
fn headers_that_cannot_be_sent() {
    check_header(c"", c"v", "no name");
    check_header(c"Na me", c"v", "a space");
    check_header(c"Name:", c"v", "");
    check_header(c"Na\r\nme", c"v", "");
    check_header(c"N\xc3\xa4me", c"v", "");
    check_header(c"Name", c"a\r\nInjected: b", "");
    check_header(c"Name", c"a\nb", "");
    check_header(c"Name", c"a\x01b", "");
    for own in [c"upgrade", c"Connection", c"Sec-WebSocket-Key", c"sec-websocket-foo"] {
        check_header(own, c"v", "belongs to the handshake");
    }
    check_header(c"Host", c"", "HOST:PORT");
    check_header(c"Host", c"user@host", "HOST:PORT");
    let host = ws_header { name: c"Host".as_ptr(), value: c"h".as_ptr() };
    let hosts = [host, host];
    check_option("only one Host", |options| {
        options.headers = hosts.as_ptr();
        options.header_count = 2;
    });
    let null_name = ws_header { name: null(), value: c"v".as_ptr() };
    let null_value = ws_header { name: c"n".as_ptr(), value: null() };
    for header in [null_name, null_value] {
        let result = attempt(c"ws://h".as_ptr(), |options| {
            options.headers = &header;
            options.header_count = 1;
        });
        check_refused(result, HOSTWS_E_ARGUMENT, "NULL");
    }
    let result = attempt(c"ws://h".as_ptr(), |options| options.header_count = 1);
    check_refused(result, HOSTWS_E_ARGUMENT, "NULL");
    let result = attempt(c"ws://h".as_ptr(), |options| options.header_count = -1);
    check_refused(result, HOSTWS_E_ARGUMENT, "-1");
}

#[test]
fn options_out_of_range_are_named() {
    check_option("open_timeout_ms", |o| o.open_timeout_ms = -2);
    check_option("close_timeout_ms", |o| o.close_timeout_ms = -1);
    check_option("ping_interval_ms", |o| o.ping_interval_ms = -2);
    check_option("ping_timeout_ms", |o| o.ping_timeout_ms = i32::MIN);
    check_option("max_message", |o| o.max_message = -2);
    check_option("send_queue_max", |o| o.send_queue_max = -2);
    check_option("receive_queue_max", |o| o.receive_queue_max = i64::MIN);
    check_option("tls_verify", |o| o.tls_verify = 2);
    check_option("tls_verify", |o| o.tls_verify = -2);
    for version in [-1, 1, 9, 14] {
        check_option("tls_min_version", |o| o.tls_min_version = version);
    }
    for name in [c"h:443", c"wss://h", c"a b", c"@"] {
        check_option("tls_server_name", |o| o.tls_server_name = name.as_ptr());
    }
    for ca in [c"ca.pem", c"@", c"-----BEGIN CERTIFICATE-----"] {
        check_option("tls_ca", |o| o.tls_ca = ca.as_ptr());
    }
    check_option("ip_family", |o| o.ip_family = 5);
    check_option("ip_family", |o| o.ip_family = -1);
    check_option("max_redirects", |o| o.max_redirects = -1);
    check_option("tls_ca_only", |o| o.tls_ca_only = 1);
    check_option("tls_ca_only", |o| o.tls_ca_only = -1);
    check_option("tls_key_log", |o| o.tls_key_log = 2);
    check_option("tls_resume", |o| o.tls_resume = 1);
    check_option("tls_cert", |o| o.tls_cert = c"@c.pem".as_ptr());
    check_option("tls_key", |o| o.tls_key = c"@k.pem".as_ptr());
    check_option("tls_key_password", |o| o.tls_key_password = c"p".as_ptr());
    check_option("tls_pins", |o| o.tls_pins = c"sha256/x".as_ptr());
    check_option("write_timeout_ms", |o| o.write_timeout_ms = -2);
    check_option("reconnect_max", |o| o.reconnect_max = -2);
    check_option("reconnect_min_ms", |o| o.reconnect_min_ms = 30_001);
    check_option("reconnect_max_ms", |o| o.reconnect_max_ms = -1);
    check_option("reconnect_on", |o| o.reconnect_on = 2);
    check_option("reconnect_on", |o| o.reconnect_on = -1);
    for codes in [c"401,", c"lost", c"600", c"5000", c"401,-401"] {
        check_option("reconnect_codes", |o| o.reconnect_codes = codes.as_ptr());
    }
    for list in [c"a,,b", c",", c"a b", c"a,a"] {
        check_option("subprotocols", |o| o.subprotocols = list.as_ptr());
    }
    let result = attempt(c"ws://h".as_ptr(), |o| o.queue = 1 << 30);
    check_refused(result, HOSTWS_E_NO_SUCH_ID, "no queue");
    let result = attempt(c"ws://h".as_ptr(), |o| o.queue = -1);
    check_refused(result, HOSTWS_E_ARGUMENT, "queue");
}

#[test]
fn the_size_of_a_struct_is_checked() {
    // The sizes of the first version. Programs that were built with it pass them for ever.
    for size in [0, 8, 191, 4097, u32::MAX] {
        let result = attempt(c"ws://h".as_ptr(), |options| options.struct_size = size);
        check_refused(result, HOSTWS_E_STRUCT, "options->struct_size");
    }
    for size in [0, 55, 4097] {
        let mut handler = handler(&Recorder::new(None, None), 0);
        handler.struct_size = size;
        // SAFETY: all is valid during the call.
        let result = unsafe { ws_new(c"ws://h".as_ptr(), &handler, null()) };
        check_refused(result, HOSTWS_E_STRUCT, "handler->struct_size");
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn programs_of_the_first_version_are_served() {
    // Exactly as large as it says, with its last field set.
    let mut old = [0_u64; 192 / 8];
    old[0] = 192;
    let max_ms = offset_of!(ws_options, reconnect_max_ms);
    assert_eq!(max_ms, 188);
    old[23] = 400 << 32;
    // SAFETY: the struct is as large as it says.
    let result = unsafe { ws_new(c"ws://h".as_ptr(), null(), old.as_ptr().cast()) };
    check_refused(result, HOSTWS_E_OPTION, "more than reconnect_max_ms, which is 400 ms");

    let server = ws_server();
    let client = Client::new(&url(&server, "/text?say=hello"));
    client.wait_messages(1);
    let mut stats = [u64::MAX; 128 / 8];
    stats[0] = 128;
    // SAFETY: the struct is as large as it says.
    assert_eq!(unsafe { ws_get_stats(client.id, stats.as_mut_ptr().cast()) }, HOSTWS_OK);
    assert_eq!((stats[0], stats[3], stats[4], stats[15]), (128, 1, 5, 0));
    client.terminate();
    client.finish();
}

#[test]
fn of_a_larger_struct_the_rest_is_zeroed_and_its_size_is_what_both_know() {
    #[repr(C)]
    struct Newer<T> {
        known: T,
        unknown: [u64; 2],
    }
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    let mut newer = Newer { known: stats(client.id), unknown: [7, 7] };
    newer.known.struct_size = size_of_val(&newer) as u32;
    // SAFETY: the struct is as large as it says.
    let result = unsafe { ws_get_stats(client.id, (&raw mut newer).cast()) };
    assert_eq!(result, HOSTWS_OK);
    assert_eq!(newer.known.struct_size as usize, size_of::<ws_stats>());
    assert_eq!(newer.unknown, [0, 0]);

    let mut newer = Newer { known: handler(&client.recorder, 0), unknown: [7, 7] };
    newer.known.struct_size = size_of_val(&newer) as u32;
    // SAFETY: as above.
    let result = unsafe { ws_get_handler(client.id, (&raw mut newer).cast()) };
    assert_eq!(result, HOSTWS_OK);
    assert_eq!(newer.known.struct_size as usize, size_of::<ws_handler>());
    assert_eq!(newer.unknown, [0, 0]);
    client.terminate();
    client.finish();

    let ws = open_pull(&url(&server, "/text?say=hello"), None);
    assert_eq!(ws_wait_status(ws, HOSTWS_CONNECTED, 20_000), HOSTWS_OK);
    // SAFETY: zero is a value of each field.
    let mut events: [Newer<ws_event>; 3] = unsafe { std::mem::zeroed() };
    for event in &mut events {
        event.unknown = [7, 7];
    }
    events[0].known.struct_size = size_of::<Newer<ws_event>>() as u32;
    // SAFETY: there are three that are as large as the first one says.
    let fetched = unsafe { ws_next_batch(0, (&raw mut events).cast(), 3, 20_000) };
    assert!(fetched >= 1);
    for event in &events[..fetched as usize] {
        assert_eq!(event.known.struct_size as usize, size_of::<ws_event>());
        assert_eq!((event.known.ws, event.unknown), (ws, [0, 0]));
    }
    ws_abort(ws);
    fetch_ends(1);
}

#[test]
fn a_larger_struct_is_read_when_what_is_unknown_is_zero() {
    #[repr(C)]
    struct Newer {
        known: ws_options,
        unknown: [u64; 2],
    }
    let closed = ClosedPort::new().unwrap();
    let address = CString::new(format!("ws://127.0.0.1:{}/", closed.port)).unwrap();
    let mut newer = Newer { known: options(), unknown: [0, 1] };
    newer.known.struct_size = size_of::<Newer>() as u32;
    let pointer: *const Newer = &newer;
    // SAFETY: the struct is as large as it says.
    let result = unsafe { ws_new(address.as_ptr(), null(), pointer.cast()) };
    check_refused(result, HOSTWS_E_STRUCT, "does not have");
    newer.unknown = [0, 0];
    let pointer: *const Newer = &newer;
    // SAFETY: the struct is as large as it says.
    let ws = unsafe { ws_new(address.as_ptr(), null(), pointer.cast()) };
    assert!(ws > 0, "{}", last_words());
    ws_abort(ws);
}

#[test]
fn data_types_out_of_range() {
    for data_type in [-1, 4, i32::MAX] {
        let handler = handler(&Recorder::new(None, None), data_type);
        // SAFETY: all is valid during the call.
        let result = unsafe { ws_new(c"ws://h".as_ptr(), &handler, null()) };
        check_refused(result, HOSTWS_E_ARGUMENT, "not a data type");
    }
    let server = ws_server();
    let client = Client::new(&url(&server, "/count"));
    check_refused(send(client.id, b"x", 4), HOSTWS_E_ARGUMENT, "not a data type");
    check_refused(send(client.id, b"x", -1), HOSTWS_E_ARGUMENT, "not a data type");
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "0");
}

#[test]
fn lengths_and_pointers_of_ws_send_and_ws_ping() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/count"));
    let id = client.id;
    // SAFETY: nothing is read through these.
    unsafe {
        check_refused(ws_send(id, null(), 1, 0), HOSTWS_E_ARGUMENT, "data is NULL");
        check_refused(ws_send(id, null(), -1, 0), HOSTWS_E_ARGUMENT, "data is NULL");
        check_refused(ws_send(id, c"x".as_ptr().cast(), -2, 0), HOSTWS_E_ARGUMENT, "-2");
        check_refused(ws_send(id, c"x".as_ptr().cast(), i64::MIN, 0), HOSTWS_E_ARGUMENT, "length");
        check_refused(ws_ping(id, null(), 1), HOSTWS_E_ARGUMENT, "data is NULL");
        check_refused(ws_ping(id, c"x".as_ptr().cast(), -2), HOSTWS_E_ARGUMENT, "-2");
        assert_eq!(ws_send(id, null(), 0, 0), HOSTWS_OK, "an empty message");
        assert_eq!(ws_ping(id, null(), 0), HOSTWS_OK);
    }
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "1");
}

#[test]
fn codes_and_reasons_of_ws_terminate() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    for code in [-1, 1, 999, 1001, 1005, 1006, 2999, 5000, 65_536 + 1000, i32::MAX] {
        check_refused(terminate(client.id, code, None), HOSTWS_E_ARGUMENT, "close code");
    }
    let long = "r".repeat(124);
    check_refused(terminate(client.id, 0, Some(&long)), HOSTWS_E_ARGUMENT, "123");
    // SAFETY: the string ends in a NUL.
    let result = unsafe { ws_terminate(client.id, 0, c"\xff".as_ptr()) };
    check_refused(result, HOSTWS_E_UTF8, "reason");
    // None of this was sent.
    client.send("still here");
    client.wait_messages(1);
    assert_eq!(terminate(client.id, 4999, Some(&long[..123])), HOSTWS_OK);
    client.finish().check_clean(4999, &long[..123]);
}

#[test]
fn ids_that_name_no_connection() {
    for id in [0, -1, i32::MIN, i32::MAX] {
        check_refused(send(id, b"x", 0), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(terminate(id, 0, None), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(ping(id, b""), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(ws_abort(id), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(ws_status(id), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(ws_data_type(id), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(ws_buffered_amount(id), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(ws_response_status(id), HOSTWS_E_NO_SUCH_ID, "");
        check_refused(ws_wait_status(id, HOSTWS_CLOSED, 0), HOSTWS_E_NO_SUCH_ID, "");
        assert_eq!(url_of(id), Err(HOSTWS_E_NO_SUCH_ID.into()));
        assert_eq!(subprotocol(id), Err(HOSTWS_E_NO_SUCH_ID.into()));
        assert_eq!(response_body(id), Err(HOSTWS_E_NO_SUCH_ID.into()));
        assert_eq!(response_header(id, "x"), Err(HOSTWS_E_NO_SUCH_ID.into()));
        if id != 0 {
            check_refused(ws_queue_of(id), HOSTWS_E_NO_SUCH_ID, "");
        }
    }
}

#[test]
fn statuses_queues_and_times_out_of_range() {
    let closed = ClosedPort::new().unwrap();
    let client = Client::new(&format!("ws://127.0.0.1:{}/", closed.port));
    for status in [-1, 4] {
        check_refused(ws_wait_status(client.id, status, 0), HOSTWS_E_ARGUMENT, "status");
    }
    check_refused(ws_wait_status(client.id, HOSTWS_CLOSED, -2), HOSTWS_E_ARGUMENT, "timeout_ms");
    check_refused(ws_poll(0, -2, 0), HOSTWS_E_ARGUMENT, "timeout_ms");
    check_refused(ws_poll(0, 0, -1), HOSTWS_E_ARGUMENT, "max_events");
    check_refused(ws_wait(0, -2), HOSTWS_E_ARGUMENT, "timeout_ms");
    assert_eq!(next(0, -2), Err(HOSTWS_E_ARGUMENT));
    for queue in [-1, i32::MAX] {
        let code = if queue < 0 { HOSTWS_E_ARGUMENT } else { HOSTWS_E_NO_SUCH_ID };
        check_refused(ws_poll(queue, 0, 0), code, "queue");
        check_refused(ws_wait(queue, 0), code, "queue");
        check_refused(ws_wake(queue), code, "queue");
        check_refused(ws_pending(queue), code, "queue");
        check_refused(ws_queue_free(queue), code, "queue");
        check_refused(ws_queue_fd(queue) as i64, code, "queue");
        check_refused(ws_queue_on_wakeup(queue, None, std::ptr::null_mut()), code, "queue");
        assert_eq!(next(queue, 0), Err(code));
    }
    check_refused(ws_queue_free(0), HOSTWS_E_ARGUMENT, "own");
    check_refused(ws_shutdown(-2), HOSTWS_E_ARGUMENT, "timeout_ms");
    check_refused(ws_set_log_level(6), HOSTWS_E_ARGUMENT, "level");
    check_refused(ws_set_log_level(-1), HOSTWS_E_ARGUMENT, "level");
    client.finish();
}

fn ws_set_log_level(level: i32) -> i32 {
    ws_set_log(level, None, std::ptr::null_mut())
}

#[test]
fn buffers_of_the_functions_that_copy_out() {
    let closed = ClosedPort::new().unwrap();
    let address = format!("ws://127.0.0.1:{}/", closed.port);
    let client = Client::new(&address);
    let whole = address.len() as i64;
    let mut buffer = [0x7f_i8 as c_char; 8];
    // SAFETY: the buffer is as large as it says.
    unsafe {
        let null_buffer = std::ptr::null_mut();
        check_refused(ws_url(client.id, null_buffer, 8), HOSTWS_E_ARGUMENT, "buffer is NULL");
        check_refused(ws_url(client.id, buffer.as_mut_ptr(), -1), HOSTWS_E_ARGUMENT, "size");
        assert_eq!(ws_url(client.id, null_buffer, 0), whole);
        assert_eq!(ws_url(client.id, buffer.as_mut_ptr(), 5), whole);
        assert_eq!(words(buffer.as_ptr()), "ws:/");
        assert_eq!(buffer[5], 0x7f, "nothing beyond the size is written");
        let result = ws_response_header(client.id, null(), buffer.as_mut_ptr(), 8);
        check_refused(result, HOSTWS_E_ARGUMENT, "name is NULL");
        let result = ws_get_stats(client.id, std::ptr::null_mut());
        check_refused(result, HOSTWS_E_ARGUMENT, "stats is NULL");
        let mut stats = stats(client.id);
        stats.struct_size = 4;
        check_refused(ws_get_stats(client.id, &mut stats), HOSTWS_E_STRUCT, "struct_size");
        let result = ws_get_handler(client.id, std::ptr::null_mut());
        check_refused(result, HOSTWS_E_ARGUMENT, "handler is NULL");
    }
    client.finish();
}

#[test]
fn options_json_names_what_is_wrong() {
    let refused = |json: &str, code: i32, words: &str| {
        check_refused(open_pull("ws://127.0.0.1:1", Some(json)), code, words);
    };
    refused("{", HOSTWS_E_JSON, "column 1");
    refused("[]", HOSTWS_E_JSON, "object");
    refused("42", HOSTWS_E_JSON, "object");
    refused(r#"{"max_mesage":1}"#, HOSTWS_E_OPTION, "max_mesage");
    refused(r#"{"max_message":"1"}"#, HOSTWS_E_OPTION, "max_message");
    refused(r#"{"max_message":1.5}"#, HOSTWS_E_OPTION, "max_message");
    refused(r#"{"open_timeout_ms":99999999999}"#, HOSTWS_E_OPTION, "open_timeout_ms");
    refused(r#"{"open_timeout_ms":-5}"#, HOSTWS_E_OPTION, "open_timeout_ms");
    refused(r#"{"headers":["a"]}"#, HOSTWS_E_OPTION, "headers");
    refused(r#"{"headers":{"A":1}}"#, HOSTWS_E_OPTION, "headers");
    refused(r#"{"headers":{"A":"x\ny"}}"#, HOSTWS_E_OPTION, "header");
    refused(r#"{"headers":{"A":"x\u0000y"}}"#, HOSTWS_E_OPTION, "header");
    refused(r#"{"data_type":"txt"}"#, HOSTWS_E_OPTION, "data_type");
    refused(r#"{"tls_ca":5}"#, HOSTWS_E_OPTION, "tls_ca");
    check_refused(open_pull("http://h", None), HOSTWS_E_URL, "ws");
}

#[test]
fn options_json_is_read_as_the_struct_is() {
    let server = ws_server();
    let json = r#"{"headers":{"X-A":["1","2"],"X-B":"3"},"data_type":"object","max_message":900}"#;
    let ws = open_pull(&url(&server, "/headers"), Some(json));
    assert!(ws > 0, "{}", last_words());
    assert_eq!(ws_data_type(ws), HOSTWS_OBJECT);
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    let Ok((_, Event::Message { data, .. })) = next(0, 20_000) else { panic!("no message") };
    let headers: serde_json::Value = serde_json::from_slice(&data).unwrap();
    assert_eq!(headers["x-a"], serde_json::json!(["1", "2"]));
    assert_eq!(headers["x-b"], serde_json::json!(["3"]));
    assert_eq!(ws_abort(ws), HOSTWS_OK);
}

#[test]
fn the_last_error_is_each_threads_own_and_success_leaves_it() {
    std::thread::spawn(|| {
        assert_eq!((ws_last_error(), last_words().as_str()), (HOSTWS_OK, ""));
        check_refused(ws_status(0), HOSTWS_E_NO_SUCH_ID, "");
        assert_eq!(ws_pending(0), 0);
        assert_eq!(ws_last_error(), HOSTWS_E_NO_SUCH_ID);
        std::thread::spawn(|| assert_eq!(ws_last_error(), HOSTWS_OK)).join().unwrap();
    })
    .join()
    .unwrap();
}

#[test]
fn every_code_has_words_and_the_version_is_told() {
    for code in HOSTWS_E_PROXY..=HOSTWS_OK {
        assert!(!words(ws_strerror(code)).is_empty(), "{code}");
    }
    assert!(!words(ws_strerror(-1000)).is_empty());
    let [major, minor, patch] = [16, 8, 0].map(|shift| (ws_version_number() >> shift) & 0xff);
    assert_eq!(words(ws_version()), format!("{major}.{minor}.{patch}"));
}
