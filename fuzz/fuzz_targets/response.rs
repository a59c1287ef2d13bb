//! The answer to the opening handshake: the verdict does not depend on how it
//! arrives, what is accepted is a 101 that keeps RFC 6455 4.1, and the words of
//! a refusal are one line.

#![no_main]

use hostws::protocol::{
    parse_response, verify_upgrade, DeflateOffer, Head, Response, MAX_HEAD, MAX_HEADERS,
};
use hostws_fuzz::input::Input;
use libfuzzer_sys::fuzz_target;

/// The RFC's own example, and the answer that belongs to it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// White space around a value. A CR in a line counts as a space (RFC 9112 2.2).
const SPACE: [char; 3] = [' ', '\t', '\r'];

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let offered: &[&str] = input.choose(&[&[][..], &["chat"], &["chat", "v2.chat"]]);
    let offered: Vec<String> = offered.iter().map(|name| name.to_string()).collect();
    let head = input.rest();

    let whole = parse_response(head);
    let complete = match &whole {
        Ok(Some(Head { response, size, dropped })) => {
            dropped.iter().for_each(|words| one_line(words));
            let head = &head[..*size];
            sound(response, head);
            // The rules here are for heads that keep those of HTTP.
            if dropped.is_empty() && !is_folded(head) {
                line_by_line(response, head);
                upgrade(response, head, &offered);
            }
            *size
        }
        Ok(None) => {
            assert!(head.len() < MAX_HEAD);
            head.len() + 1
        }
        Err(error) => {
            one_line(&error.message);
            0
        }
    };
    for end in prefixes(head, complete) {
        match (parse_response(&head[..end]), &whole) {
            (Ok(None), Ok(_)) => assert!(end < complete, "the head was complete before"),
            (earlier @ Ok(Some(_)), _) => assert_eq!(earlier, whole, "after {end} bytes"),
            (Err(earlier), Ok(_)) => panic!("{earlier} after {end} bytes, but then it is good"),
            (Err(_) | Ok(None), Err(_)) => {}
        }
    }
    // What follows the head changes nothing.
    if complete > 0 && complete <= head.len() {
        let longer = [&head[..complete], b"\r\n\r\nmore\n\n"].concat();
        assert_eq!(parse_response(&longer), whole);
    }
});

/// Lengths after which to look: where something can happen, and some others.
fn prefixes(head: &[u8], complete: usize) -> impl Iterator<Item = usize> + '_ {
    let end = complete.min(head.len());
    let stride = 1 + head.len() / 16;
    let interesting = move |at: &usize| {
        *at < 10
            || (end.saturating_sub(3)..end + 3).contains(at)
            || at.is_multiple_of(stride)
            || head[..*at].ends_with(b"\n\n")
    };
    (0..head.len()).filter(interesting).take(60)
}

fn one_line(words: &str) {
    assert!(!words.is_empty() && words.len() < 1500, "{} bytes of words", words.len());
    assert!(!words.contains(char::is_control), "{words:?}");
}

fn sound(response: &Response, head: &[u8]) {
    assert!(head.len() <= MAX_HEAD && response.headers().count() <= MAX_HEADERS);
    assert!(head.ends_with(b"\n"));
    assert!(!response.reason().contains(['\r', '\n', '\0']));
    for (name, value) in response.headers() {
        assert!(!name.is_empty() && !name.contains(|c: char| c.is_control() || ": \t".contains(c)));
        assert!(!value.iter().any(|byte| b"\r\n\0".contains(byte)));
        assert!(response.header_all(name).any(|other| other == value));
    }
}

fn is_folded(head: &[u8]) -> bool {
    head.windows(2).any(|pair| pair == b"\n " || pair == b"\n\t")
}

/// As a person would read it.
fn line_by_line(response: &Response, head: &[u8]) {
    let lines = lines(head);
    assert!(lines[0].starts_with("HTTP/1."));
    let status = lines[0].get(9..12).expect("a status");
    assert_eq!(status.parse(), Ok(response.status));
    assert_eq!(lines.len() - 1, response.headers().count());
    for (line, (name, value)) in lines[1..].iter().zip(response.headers()) {
        let (left, right) = line.split_once(':').expect("a colon");
        assert!(left.trim_end().eq_ignore_ascii_case(name), "{left:?} {name:?}");
        assert_eq!(right.trim_matches(SPACE), String::from_utf8_lossy(value));
    }
}

/// The lines of a head, without the blank one that ends it.
fn lines(head: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(head);
    let own = |line: &str| line.strip_suffix('\r').unwrap_or(line).to_owned();
    let mut lines: Vec<String> = text.split('\n').map(own).collect();
    assert_eq!(lines.pop().as_deref(), Some(""));
    assert_eq!(lines.pop().as_deref(), Some(""));
    lines
}

fn upgrade(response: &Response, head: &[u8], offered: &[String]) {
    // The target `extensions` looks at the negotiation; here only whether it is asked.
    let offer = DeflateOffer::default();
    let chosen: Vec<_> = response.text_all("Sec-WebSocket-Extensions").collect();
    let agreed = offer.accept(&chosen.join(","));
    for (deflate, allowed) in [(None, None), (Some(&offer), Some(agreed))] {
        let verdict = verify_upgrade(response, KEY, offered, deflate);
        let expected = keeps_the_rules(head, offered, allowed.is_some());
        let (is_good, protocol) = expected;
        let is_good = is_good && !matches!(allowed, Some(Err(_)));
        match verdict {
            Ok(agreed) => {
                assert!(is_good, "accepted");
                assert_eq!(agreed.subprotocol, protocol);
                assert_eq!(agreed.deflate, allowed.and_then(Result::ok).flatten());
            }
            Err(error) => {
                assert!(!is_good, "refused: {}", error.message);
                one_line(&error.message);
            }
        }
    }
}

/// RFC 6455 4.1, and the subprotocol that was chosen. `may_extend`: an extension
/// was offered.
fn keeps_the_rules(head: &[u8], offered: &[String], may_extend: bool) -> (bool, Option<String>) {
    let lines = lines(head);
    let all = |wanted: &str| -> Vec<&str> {
        let fields = lines[1..].iter().filter_map(|line| line.split_once(':'));
        fields
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim_matches(SPACE))
            .collect()
    };
    let protocols = all("sec-websocket-protocol");
    let is_good = lines[0].starts_with("HTTP/1.1 101")
        && matches!(all("upgrade")[..], [value] if value.eq_ignore_ascii_case("websocket"))
        && all("connection")
            .iter()
            .flat_map(|value| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
        && all("sec-websocket-accept") == [ACCEPT]
        && (may_extend
            || all("sec-websocket-extensions").join(",").split(',').all(|e| e.trim().is_empty()))
        && match protocols[..] {
            [] => true,
            [chosen] => chosen.is_empty() || offered.iter().any(|name| name == chosen),
            _ => false,
        };
    let chosen = protocols.first().filter(|chosen| !chosen.is_empty());
    (is_good, chosen.map(|chosen| chosen.to_string()))
}
