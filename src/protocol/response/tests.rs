use super::parse::has_blank_line;
use super::*;
use crate::error::{Code, Component, Error};
use crate::protocol::DeflateOffer;

/// The RFC's own example: the answer to `KEY`.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

fn parse(text: &str) -> Response {
    let head = parse_response(text.as_bytes()).unwrap().unwrap();
    assert_eq!((head.size, &head.dropped[..]), (text.len(), &[][..]));
    head.response
}

fn good_with(more: &str) -> Response {
    parse(&format!("{GOOD}{more}\r\n"))
}

fn offered(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn refusal(error: Error) -> String {
    assert_eq!(error.code, Code::Http as i32);
    assert_eq!(error.component, Component::Http);
    error.message
}

const NOTHING: Agreed = Agreed { subprotocol: None, deflate: None };

/// Why a 101 with these headers instead of the good ones is refused.
fn refused(replace: &str, with: &str) -> String {
    assert!(GOOD.contains(replace));
    let response = parse(&format!("{}\r\n", GOOD.replace(replace, with)));
    refusal(verify_upgrade(&response, KEY, &[], None).unwrap_err())
}

#[test]
fn head_and_what_follows_it() {
    let text = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nX: 1\r\nx: 2\r\n\r\nbody";
    let Head { response, size, .. } = parse_response(text.as_bytes()).unwrap().unwrap();
    assert_eq!(&text[size..], "body");
    assert_eq!((response.status, response.reason()), (401, "Unauthorized"));
    assert_eq!(response.header("www-authenticate"), Some(&b"Basic"[..]));
    assert_eq!(response.text_all("X").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(response.header("Y"), None);
    assert!(!response.is_interim());
}

#[test]
fn a_byte_at_a_time() {
    let text = format!("{GOOD}\r\n");
    for end in 0..text.len() {
        assert_eq!(parse_response(&text.as_bytes()[..end]), Ok(None), "{end}");
    }
    parse(&text);
}

#[test]
fn bare_line_feeds_and_no_reason() {
    let response = parse("HTTP/1.1 200\nA: b\n\n");
    assert_eq!((response.status, response.reason()), (200, ""));
    assert_eq!(response.text("a"), Some("b".into()));
}

#[test]
fn a_blank_line_is_found_wherever_it_is() {
    for before in 0..600 {
        for end in ["\n\n", "\n\r\n"] {
            let mut head = vec![b'x'; before];
            assert!(!has_blank_line(&head));
            head.extend(end.bytes());
            assert!(!has_blank_line(&head[..head.len() - 1]));
            assert!(has_blank_line(&head));
            head.extend(b"more");
            assert!(has_blank_line(&head));
        }
    }
}

#[test]
fn obs_text_is_kept() {
    let bytes = b"HTTP/1.1 200 OK\r\nA: gr\xfcn\r\nB: gr\xc3\xbcn\r\n\r\n";
    let response = parse_response(bytes).unwrap().unwrap().response;
    assert_eq!(response.header("A"), Some(&b"gr\xfcn"[..]));
    assert_eq!(response.text("A"), Some("gr\u{fffd}n".into()));
    assert_eq!(response.text("B"), Some("grün".into()));
}

#[test]
fn a_head_that_is_too_long() {
    let mut text = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(MAX_HEAD));
    text.truncate(MAX_HEAD - 1);
    assert_eq!(parse_response(text.as_bytes()), Ok(None));
    text.push('x');
    let words = refusal(parse_response(text.as_bytes()).unwrap_err());
    assert!(words.contains("65536"), "{words}");
    text.push_str("\r\n\r\n");
    assert!(parse_response(text.as_bytes()).is_err());
    text.replace_range(MAX_HEAD - 4.., "\r\n\r\n");
    parse(&text);
}

#[test]
fn a_body_may_be_longer_than_a_head() {
    let text = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MAX_HEAD));
    assert_eq!(parse_response(text.as_bytes()).unwrap().unwrap().size, 19);
}

#[test]
fn too_many_headers() {
    let with = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(count));
    assert_eq!(parse(&with(MAX_HEADERS)).headers().count(), MAX_HEADERS);
    let words = refusal(parse_response(with(MAX_HEADERS + 1).as_bytes()).unwrap_err());
    assert!(words.contains("128"), "{words}");
}

#[test]
fn what_is_not_http_is_refused_at_once() {
    for (bytes, word) in [
        (&b"\x15\x03\x03\x00\x02\x02\x28"[..], "TLS"),
        (b"\x16", "TLS"),
        (b"\x00\x00\x12\x04\x00", "HTTP/2"),
        (b"PRI * HTTP/2.0\r\n", "HTTP/2"),
        (b"HTTP/2 200", "HTTP/2"),
        (b"HTTP/0.9 200", "HTTP/0"),
        (b"SSH-2.0-OpenSSH\r\n", "SSH-2.0"),
        (b"x", "begins with \"x\""),
        (b"\xff\n", "\\xff\\n"),
        (b"HTTQ", "HTTQ"),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", "does not speak HTTP"),
    ] {
        let words = refusal(parse_response(bytes).unwrap_err());
        assert!(words.contains(word), "{words}");
    }
    assert_eq!(parse_response(b""), Ok(None));
    assert_eq!(parse_response(b"HTT"), Ok(None));
}

#[test]
fn malformed_heads() {
    for text in [
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.\r\n\r\n",
    ] {
        let words = refusal(parse_response(text.as_bytes()).unwrap_err());
        assert!(words.contains("not HTTP"), "{words}");
    }
}

#[test]
fn a_header_over_several_lines_is_one() {
    for (lines, value) in [
        ("A: b\r\n folded", "b folded"),
        ("A: b  \r\n\t  folded  ", "b folded"),
        ("A: b\r\n c\r\n d", "b c d"),
        ("A:\r\n b", "b"),
        ("A : b", "b"),
        ("A\t: b\n c", "b c"),
        ("A: b\r\n : c", "b : c"),
        ("A: b\r\n ", "b"),
        ("A: \rb\r", "b"),
    ] {
        let response = parse(&format!("HTTP/1.1 401 No\r\n{lines}\r\nB: c\r\n\r\n"));
        assert_eq!(response.text("A"), Some(value.into()), "{lines:?}");
        assert_eq!((response.headers().count(), response.reason()), (2, "No"), "{lines:?}");
    }
}

#[test]
fn a_line_that_is_no_header_is_left_out_and_told() {
    let long = format!("{}: b", "x".repeat(256));
    for (line, words) in [
        ("a secret", "line 3, which is no header, has no colon"),
        ("a secret\r\n more", "line 3, which is no header, has no colon"),
        ("X secret: y", "line 3, \"X\", has a malformed name"),
        ("X\x1bThing: secret", "line 3, \"X\", has a malformed name"),
        (": secret", "line 3, \"\", has no name"),
        ("A: secret\0", "line 3, \"A\", has a control character in it"),
        ("A: secret\x0c", "line 3, \"A\", has a control character in it"),
        ("A:\x0csecret", "line 3, \"A\", has a control character in it"),
        ("A: b\r\n \x0csecret", "line 3, \"A\", has a control character in it"),
        ("A: b\rC: secret", "line 3, \"A\", has a control character in it"),
        (&long, "has a name that is too long"),
    ] {
        let text =
            format!("{GOOD}X: y\r\n\r\n").replacen("\r\n", &format!("\r\nV: w\r\n{line}\r\n"), 1);
        let head = parse_response(text.as_bytes()).unwrap().unwrap();
        assert_eq!(head.size, text.len());
        assert_eq!((head.response.headers().count(), head.dropped.len()), (5, 1), "{line:?}");
        assert!(head.dropped[0].contains(words), "{:?}", head.dropped);
        assert!(!head.dropped[0].contains("secret"), "{:?}", head.dropped);
        assert_eq!(verify_upgrade(&head.response, KEY, &[], None), Ok(NOTHING));
    }
}

#[test]
fn what_the_handshake_depends_on_is_not_put_in_order() {
    for (replace, with) in [
        ("Upgrade: websocket", "Upgrade : websocket"),
        ("Upgrade: websocket", "Upgrade websocket"),
        ("Connection: Upgrade", "connection\t: Upgrade"),
        ("Connection: Upgrade", "Connection: Upgrade\0"),
        ("Connection: Upgrade", "Connection: Upgrade\x0c"),
        ("Sec-WebSocket-Accept: s3pP", "Sec-WebSocket-Accept : s3pP"),
        ("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Extensions : x"),
        ("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Protocol chat"),
    ] {
        let text = format!("{}\r\n", GOOD.replace(replace, with));
        let words = refusal(parse_response(text.as_bytes()).unwrap_err());
        assert!(words.contains("not HTTP"), "{with}: {words}");
    }
    // A folded header is allowed, but this one has another value.
    let words = refused("Accept: s3pP", "Accept: s3pP\r\n ");
    assert!(words.contains("does not match"), "{words}");
}

#[test]
fn http_1_0_refuses_but_does_not_upgrade() {
    assert_eq!(parse("HTTP/1.0 404 Not Found\r\n\r\n").status, 404);
    let upgrade = GOOD.replace("1.1", "1.0") + "\r\n";
    let words = refusal(parse_response(upgrade.as_bytes()).unwrap_err());
    assert!(words.contains("HTTP/1.0"), "{words}");
}

#[test]
fn a_good_upgrade() {
    assert_eq!(verify_upgrade(&good_with(""), KEY, &[], None), Ok(NOTHING));
    // Offered, but the server chooses none.
    assert_eq!(verify_upgrade(&good_with(""), KEY, &offered(&["chat"]), None), Ok(NOTHING));
}

#[test]
fn a_good_upgrade_in_other_words() {
    let text = GOOD
        .replace("Upgrade: websocket", "uPGRADE:   WebSocket ")
        .replace("Connection: Upgrade", "connection: keep-alive , UPGRADE");
    let response = parse(&format!("{text}\r\n"));
    assert_eq!(verify_upgrade(&response, KEY, &[], None), Ok(NOTHING));
    let text = GOOD.replace("Connection:", "Connection: keep-alive\r\nConnection:");
    let response = parse(&format!("{text}\r\n"));
    assert_eq!(verify_upgrade(&response, KEY, &[], None), Ok(NOTHING));
}

#[test]
fn a_status_that_is_not_101() {
    let words = refused("101 Switching Protocols", "200 OK");
    assert!(words.contains("200"), "{words}");
}

#[test]
fn upgrade_header() {
    assert!(refused("Upgrade: websocket\r\n", "").contains("no Upgrade"));
    assert!(refused("Upgrade: websocket", "Upgrade: h2c").contains("\"h2c\""));
    let twice = refused("Upgrade: w", "Upgrade: websocket\r\nUpgrade: w");
    assert!(twice.contains("more than one Upgrade"), "{twice}");
}

#[test]
fn connection_header() {
    assert!(refused("Connection: Upgrade\r\n", "").contains("no Connection"));
    assert!(refused("Connection: Upgrade", "Connection: close").contains("\"close\""));
    assert!(refused("Connection: Upgrade", "Connection: xupgrade").contains("xupgrade"));
}

#[test]
fn accept_header() {
    let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    assert!(refused(accept, "").contains("no Sec-WebSocket-Accept"));
    assert!(refused("s3pP", "S3pP").contains("does not match"));
    assert!(refused(accept, &accept.repeat(2)).contains("more than one"));
    assert!(verify_upgrade(&good_with(""), "another key", &[], None).is_err());
}

#[test]
fn extensions_were_not_offered() {
    let response = good_with("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    let words = refusal(verify_upgrade(&response, KEY, &[], None).unwrap_err());
    assert!(words.contains("permessage-deflate"), "{words}");
}

#[test]
fn an_empty_list_of_extensions_names_none() {
    let offer = DeflateOffer::default();
    for more in ["", " ,", ",, ,", "\r\nSec-WebSocket-Extensions: ,"] {
        let response = good_with(&format!("Sec-WebSocket-Extensions:{more}\r\n"));
        for offer in [None, Some(&offer)] {
            assert_eq!(verify_upgrade(&response, KEY, &[], offer), Ok(NOTHING), "{more:?}");
        }
    }
}

#[test]
fn an_extension_that_was_offered() {
    let offer = DeflateOffer::default();
    let verdict = |more: &str| verify_upgrade(&good_with(more), KEY, &[], Some(&offer));
    assert_eq!(verdict(""), Ok(NOTHING));
    let agreed =
        verdict("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n")
            .unwrap();
    assert_eq!(agreed.deflate.unwrap().server_max_window_bits, 10);
    let words = refusal(verdict("Sec-WebSocket-Extensions: x-other\r\n").unwrap_err());
    assert!(words.contains("x-other"), "{words}");
}

#[test]
fn subprotocol() {
    let names = offered(&["chat", "v2"]);
    let verdict = |more: &str| verify_upgrade(&good_with(more), KEY, &names, None);
    assert_eq!(
        verdict("Sec-WebSocket-Protocol: v2\r\n"),
        Ok(Agreed { subprotocol: Some("v2".to_owned()), ..NOTHING })
    );
    for more in [
        "Sec-WebSocket-Protocol: V2\r\n",
        "Sec-WebSocket-Protocol: chat, v2\r\n",
        "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: v2\r\n",
    ] {
        let words = refusal(verdict(more).unwrap_err());
        assert!(words.contains("subprotocol") || words.contains("more than one"));
    }
    assert_eq!(verdict("Sec-WebSocket-Protocol: \r\n"), Ok(NOTHING));
    assert_eq!(
        verify_upgrade(&good_with("Sec-WebSocket-Protocol:\r\n"), KEY, &[], None),
        Ok(NOTHING)
    );
    let uninvited = good_with("Sec-WebSocket-Protocol: chat\r\n");
    assert!(verify_upgrade(&uninvited, KEY, &[], None).is_err());
}

/// Pieces of heads, good and bad.
const PIECES: &[&[u8]] = &[
    b"A: b",
    b"\r\n",
    b"\n",
    b" ",
    b"\t",
    b":",
    b"\r",
    b"\0",
    b"\xe9",
    b"X Y",
    b"Upgrade: websocket",
    b"upgrade",
    b"Connection : Upgrade",
    b"Sec-WebSocket-Accept: x",
    b"Set-Cookie: secret",
    b"secret",
];

proptest::proptest! {
    #[test]
    fn whatever_a_head_is_made_of_what_is_told_of_it_is_in_order(
        pieces in proptest::collection::vec(0..PIECES.len(), 0..24),
        end in 0..2_usize,
    ) {
        let mut bytes = b"HTTP/1.1 401 No\r\n".to_vec();
        pieces.iter().for_each(|&piece| bytes.extend_from_slice(PIECES[piece]));
        bytes.extend_from_slice([b"\r\n\r\n", &b"\n\n"[..]][end]);
        let whole = parse_response(&bytes);
        match &whole {
            Ok(None) => panic!("the blank line was not seen"),
            Ok(Some(head)) => {
                let rest = parse_response(&[&bytes[..head.size], b"more\r\n\r\n"].concat());
                assert_eq!(rest, whole, "what follows changes nothing");
                assert_eq!(head.response.status, 401);
                for (name, value) in head.response.headers() {
                    assert!(!name.is_empty() && name.bytes().all(super::super::request::is_token));
                    assert!(!value.iter().any(|&b| b.is_ascii_control() && b != b'\t'), "{value:?}");
                    assert_eq!(value, value.trim_ascii());
                }
                for words in &head.dropped {
                    assert!(!words.contains(char::is_control), "{words:?}");
                }
            }
            Err(error) => assert!(error.message.contains("not HTTP"), "{error}"),
        }
    }
}

#[test]
fn what_may_be_followed_by_another_request() {
    for (head, keeps_alive) in [
        ("HTTP/1.1 401 No\r\n\r\n", true),
        ("HTTP/1.1 401 No\r\nConnection: Upgrade, Close\r\n\r\n", false),
        ("HTTP/1.1 407 No\r\nProxy-Connection: close\r\n\r\n", false),
        ("HTTP/1.0 401 No\r\n\r\n", false),
        ("HTTP/1.0 407 No\r\nProxy-Connection: keep-alive\r\n\r\n", true),
        ("HTTP/1.0 407 No\r\nX: \x01\r\nConnection: Keep-Alive\r\n\r\n", true),
    ] {
        let response = parse_response(head.as_bytes()).unwrap().unwrap().response;
        assert_eq!(response.keeps_alive(), keeps_alive, "{head}");
    }
}

#[test]
fn usual_lines_and_a_body_take_little_and_come_back_as_they_were() {
    let headers = [
        ("Upgrade", "websocket"),
        ("upgrade", "WebSocket"),
        ("Connection", "Upgrade"),
        ("CONNECTION", "upgrade"),
        ("Connection", "keep-alive, Upgrade"),
        ("Server", "websocket"),
        ("X-Own", ""),
    ];
    let response = Response::new(403, "No", headers);
    let refused = response.clone().with_body(b"so\nit:is");
    for (response, body) in [(&response, &b""[..]), (&refused, b"so\nit:is")] {
        assert_eq!((response.reason(), response.body()), ("No", body));
        let back: Vec<_> = response.headers().collect();
        assert_eq!(back.len(), headers.len());
        for ((name, value), (wanted_name, wanted)) in back.into_iter().zip(headers) {
            assert!(name.eq_ignore_ascii_case(wanted_name), "{name}");
            assert_eq!(value, wanted.as_bytes(), "{name}");
        }
    }
    let usual = [("Upgrade", "websocket"), ("Connection", "Upgrade")];
    assert_eq!(Response::new(101, "Switching Protocols", usual).bytes.len(), 4);
}
