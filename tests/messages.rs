//! Messages arrive as they were sent, with the data type that the host chose.

mod support;

use std::ffi::CString;

use hostws::capi::*;
use support::host::*;
use support::{url, ws_server};

fn message(data_type: i32, data: &[u8]) -> Event {
    Event::Message { data_type, data: data.to_vec() }
}

fn of_type(url: &str, data_type: i32) -> Client {
    Client::full(url, data_type, |_| {}, None)
}

#[test]
fn every_size_comes_back_whole_as_text_and_as_blob() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    let mut wanted = Vec::new();
    for size in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20] {
        let text: Vec<u8> = (0..size).map(|n| b'a' + (n % 26) as u8).collect();
        let blob: Vec<u8> = (0..size).map(|n| (n * 7) as u8).collect();
        assert_eq!(send(client.id, &text, HOSTWS_TEXT), HOSTWS_OK);
        assert_eq!(send(client.id, &blob, HOSTWS_BLOB), HOSTWS_OK);
        wanted.push(message(HOSTWS_TEXT, &text));
        wanted.push(message(HOSTWS_BLOB, &blob));
    }
    client.wait_messages(wanted.len());
    assert!(client.events()[1..] == wanted[..], "they differ");
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn sixteen_mebibytes_go_out_and_come_back() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/echo"), |options| {
        options.send_queue_max = 32 << 20;
        options.receive_queue_max = 32 << 20;
    });
    let blob: Vec<u8> = (0..16_usize << 20).map(|n| (n ^ (n >> 8)) as u8).collect();
    assert_eq!(send(client.id, &blob, HOSTWS_BLOB), HOSTWS_OK);
    client.wait_messages(1);
    assert!(client.messages()[0] == blob, "it differs");
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn text_may_hold_a_nul() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    assert_eq!(send(client.id, b"a\0b", HOSTWS_TEXT), HOSTWS_OK);
    client.wait_messages(1);
    assert_eq!(client.messages(), [b"a\0b"]);
}

#[test]
fn length_minus_one_ends_at_the_nul() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    // SAFETY: the string ends in a NUL.
    assert_eq!(unsafe { ws_send(client.id, c"until here".as_ptr().cast(), -1, 0) }, HOSTWS_OK);
    client.wait_messages(1);
    assert_eq!(client.messages(), [b"until here"]);
}

#[test]
fn a_text_connection_gets_binary_messages_as_blobs() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/binary"));
    client.wait_messages(1);
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(client.events()[1], message(HOSTWS_BLOB, &bytes));
}

#[test]
fn a_blob_connection_gets_and_sends_blobs() {
    let server = ws_server();
    let client = of_type(&url(&server, "/text?say=text"), HOSTWS_BLOB);
    client.wait_messages(1);
    assert_eq!(client.events()[1], message(HOSTWS_BLOB, b"text"));

    let echo = of_type(&url(&server, "/echo"), HOSTWS_BLOB);
    assert_eq!(send(echo.id, b"\xff\xfe", 0), HOSTWS_OK);
    echo.wait_messages(1);
    assert_eq!(echo.events()[1], message(HOSTWS_BLOB, b"\xff\xfe"));
}

#[test]
fn an_object_connection_gets_json_unchanged() {
    let server = ws_server();
    let client = of_type(&url(&server, "/object"), HOSTWS_OBJECT);
    client.wait_messages(1);
    let text = br#"{"n":1,"price":1.10}"#;
    assert_eq!(client.events()[1], message(HOSTWS_OBJECT, text));
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn an_object_connection_fails_with_1007_on_what_is_no_object() {
    let server = ws_server();
    let story = of_type(&url(&server, "/bad-object"), HOSTWS_OBJECT).finish();
    story.check_failed(1007, &["ws", "json"], "at offset 5");
    assert!(story.messages().is_empty());
    let closed = server.wait_seen("/bad-object", PATIENCE, |ending| {
        use support::servers::listener::Ending;
        matches!(ending, Ending::Close(Some((1007, _))))
    });
    assert!(closed);
    for bare in ["42", "%22text%22", "null", ""] {
        let story = of_type(&url(&server, &format!("/text?say={bare}")), HOSTWS_OBJECT).finish();
        let errors = story.errors();
        assert_eq!(errors.last().unwrap().component, "json", "{errors:?}");
        assert_eq!(story.ending().code, 1007);
    }
}

#[test]
fn objects_before_a_bad_one_are_delivered() {
    let server = ws_server();
    let client = of_type(&url(&server, "/echo"), HOSTWS_OBJECT);
    for text in ["{}", "[1,2]"] {
        assert_eq!(send(client.id, text.as_bytes(), 0), HOSTWS_OK);
    }
    client.send("not json");
    let story = client.finish();
    assert_eq!(story.messages(), [&b"{}"[..], b"[1,2]"]);
    assert_eq!(story.ending().code, 1007);
}

#[test]
fn what_is_no_object_is_not_sent_as_one_and_the_words_give_the_position() {
    let server = ws_server();
    let client = of_type(&url(&server, "/count"), HOSTWS_OBJECT);
    client.wait_open();
    check_refused(send(client.id, b"{\"a\":tru}", 0), HOSTWS_E_JSON, "at offset 8");
    check_refused(send(client.id, b"42", 0), HOSTWS_E_JSON, "");
    check_refused(send(client.id, b"", 0), HOSTWS_E_JSON, "");
    check_refused(send(client.id, b"{\"a\":\"\xff\"}", 0), HOSTWS_E_JSON, "");
    client.terminate();
    client.finish().check_clean(1000, "0");
}

#[test]
fn text_that_is_not_utf8_is_not_sent() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/count"));
    check_refused(send(client.id, b"abc\xff", HOSTWS_TEXT), HOSTWS_E_UTF8, "3");
    client.wait_open();
    check_refused(send(client.id, b"\xed\xa0\x80", HOSTWS_TEXT), HOSTWS_E_UTF8, "");
    client.terminate();
    client.finish().check_clean(1000, "0");
}

#[test]
fn fragments_become_one_message_and_a_ping_between_is_answered() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/fragments"));
    client.wait_messages(1);
    assert_eq!(client.messages(), ["Grüß Gott".as_bytes()]);
}

#[test]
fn pings_of_the_server_are_answered_with_their_payload() {
    let server = ws_server();
    let client = Client::new(&url(&server, "/ping"));
    client.wait_messages(3);
    assert_eq!(client.messages(), [&b""[..], b"hello", &[b'p'; 125]]);
}

#[test]
fn a_flood_arrives_in_order_and_whole() {
    let server = ws_server();
    for path in ["/flood?n=20000&size=50", "/flood-binary?n=20000&size=50"] {
        let client = Client::new(&url(&server, path));
        client.wait_messages(20_000);
        for (number, message) in client.messages().iter().enumerate() {
            assert_eq!(message.len(), 50);
            assert!(message.starts_with(format!("{number}:").as_bytes()));
        }
        client.terminate();
        client.finish().check_clean(1000, "");
    }
}

fn json_get(json: &str, pointer: &str) -> Result<String, i64> {
    let pointer = CString::new(pointer).unwrap();
    let (text, length) = (json.as_ptr().cast(), json.len() as i64);
    // SAFETY: all is valid during the call.
    copied_out(|buffer, size| unsafe { ws_json_get(text, length, pointer.as_ptr(), buffer, size) })
}

#[test]
fn ws_json_get_reads_one_value_by_its_pointer() {
    let json = r#"{"quotes":[{"price":1.10,"name":"G\u00fc\n"}],"a/b":{"~":true},"":null}"#;
    assert_eq!(json_get(json, "/quotes/0/price").as_deref(), Ok("1.10"));
    assert_eq!(json_get(json, "/quotes/0/name").as_deref(), Ok("Gü\n"));
    assert_eq!(json_get(json, "/a~1b/~0").as_deref(), Ok("true"));
    assert_eq!(json_get(json, "/").as_deref(), Ok("null"));
    assert_eq!(json_get(json, "").as_deref(), Ok(json));
    for nothing in ["/quotes/1", "/quotes/00", "/quotes/-", "/other", "/quotes/0/price/x"] {
        assert_eq!(json_get(json, nothing), Err(HOSTWS_E_NOT_FOUND.into()), "{nothing}");
    }
    assert_eq!(json_get("{\"a\":", "/a"), Err(HOSTWS_E_JSON.into()));
    assert_eq!(json_get("{}", "no-slash"), Err(HOSTWS_E_ARGUMENT.into()));
}
