//! The request of the opening handshake (RFC 6455 4.1), and the checks of what a host may add to
//! it.

use data_encoding::BASE64;
use rand::rngs::SysRng;
use rand::TryRng;

use super::mask::no_randomness;
use super::DeflateOffer;
use crate::error::Error;

/// The headers that only the handshake may set, besides `Sec-WebSocket-*`, and the headers that
/// would give the request a body.
const RESERVED: [&str; 4] = ["connection", "upgrade", "content-length", "transfer-encoding"];

/// A request whose parts have been checked: none contains CR or LF.
#[derive(Clone, Copy)]
pub struct UpgradeRequest<'a> {
    /// The value of the Host header.
    pub host: &'a str,
    /// Path and query.
    pub resource: &'a str,
    pub headers: &'a [(String, String)],
    pub subprotocols: &'a [String],
    /// The compression to offer, if any.
    pub deflate: Option<&'a DeflateOffer>,
    pub key: &'a str,
}

impl UpgradeRequest<'_> {
    /// The bytes of the request. The host's headers come last, in their order. Its User-Agent
    /// replaces ours.
    pub fn encode(&self) -> Vec<u8> {
        let mut request = String::with_capacity(512);
        let mut line = |parts: [&str; 4]| {
            request.extend(parts);
            request.push_str("\r\n");
        };
        line(["GET ", self.resource, " HTTP/1.1", ""]);
        line(["Host: ", self.host, "", ""]);
        line(["Upgrade: websocket", "", "", ""]);
        line(["Connection: Upgrade", "", "", ""]);
        line(["Sec-WebSocket-Key: ", self.key, "", ""]);
        line(["Sec-WebSocket-Version: 13", "", "", ""]);
        if !self.subprotocols.is_empty() {
            let list = self.subprotocols.join(", ");
            line(["Sec-WebSocket-Protocol: ", &list, "", ""]);
        }
        if let Some(offer) = self.deflate {
            line(["Sec-WebSocket-Extensions: ", &offer.header_value(), "", ""]);
        }
        let mut names = self.headers.iter().map(|(name, _)| name);
        if !names.any(|name| name.eq_ignore_ascii_case("user-agent")) {
            line(["User-Agent: hostws/", env!("CARGO_PKG_VERSION"), "", ""]);
        }
        for (name, value) in self.headers {
            line([name, ": ", value, ""]);
        }
        request.push_str("\r\n");
        request.into_bytes()
    }
}

/// A new value for Sec-WebSocket-Key. Fails if the operating system has no random bytes;
/// tungstenite's function would panic.
pub fn new_key() -> Result<String, Error> {
    let mut nonce = [0; 16];
    match SysRng.try_fill_bytes(&mut nonce) {
        Ok(()) => Ok(BASE64.encode(&nonce)),
        Err(error) => Err(no_randomness(error)),
    }
}

/// Checks that a host may add this header. The error names the header, but never its value, which
/// may be a credential.
pub fn check_header(name: &str, value: &str) -> Result<(), String> {
    check_header_name(name)?;
    if value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']) {
        return Err(format!("the value of the header {name} begins or ends with whitespace"));
    }
    if name.eq_ignore_ascii_case("host")
        && (value.is_empty() || value.contains([' ', '\t', '/', '@', ',', '?', '#']))
    {
        return Err("the value of the header Host is not HOST or HOST:PORT".to_owned());
    }
    match value.chars().find(|&c| c.is_ascii_control() && c != '\t') {
        None => Ok(()),
        Some(bad) => Err(format!("the value of the header {name} has {} in it", describe(bad))),
    }
}

/// Checks that the host may set or remove a header with this name.
pub fn check_header_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a header has no name".to_owned());
    }
    if let Some(at) = name.bytes().position(|byte| !is_token(byte)) {
        // Not the whole name, because it may be a secret if the host confused name and value.
        let bad = name[at..].chars().next().unwrap_or_default();
        return Err(format!(
            "a header name has {} in it, at offset {at}, which no header name may",
            describe(bad)
        ));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || lower.starts_with("sec-websocket-") {
        return Err(format!("the header {name} belongs to the handshake and cannot be set"));
    }
    Ok(())
}

/// Splits a list of subprotocols "a,b"; "" has none. Spaces around the commas are allowed. The
/// error never quotes the list, because it may contain tokens.
pub fn check_subprotocols(list: &str) -> Result<Vec<String>, String> {
    let mut tokens: Vec<String> = Vec::new();
    if list.is_empty() {
        return Ok(tokens);
    }
    for (number, token) in (1..).zip(list.split(',')) {
        let token = token.trim_matches([' ', '\t']);
        if token.is_empty() {
            return Err(format!("subprotocol {number} of the list is empty"));
        }
        if let Some(bad) = token.chars().find(|&c| !c.is_ascii() || !is_token(c as u8)) {
            return Err(format!("subprotocol {number} of the list has {} in it", describe(bad)));
        }
        if tokens.iter().any(|earlier| earlier == token) {
            return Err(format!("subprotocol {number} of the list is there already"));
        }
        tokens.push(token.to_owned());
    }
    Ok(tokens)
}

/// Whether a header's name or a subprotocol may contain this byte (RFC 9110 5.6.2).
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn describe(c: char) -> String {
    match c {
        '\r' => "a carriage return".to_owned(),
        '\n' => "a line feed".to_owned(),
        '\0' => "a NUL".to_owned(),
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        c if c.is_control() => format!("the control character {:#04x}", c as u32),
        c => format!("'{c}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        headers.iter().map(own).collect()
    }

    #[test]
    fn plain_request() {
        let request = UpgradeRequest {
            host: "example.com:8080",
            resource: "/chat?room=1",
            headers: &[],
            subprotocols: &[],
            deflate: None,
            key: "dGhlIHNhbXBsZSBub25jZQ==",
        };
        let agent = concat!("User-Agent: hostws/", env!("CARGO_PKG_VERSION"));
        let expected = [
            "GET /chat?room=1 HTTP/1.1",
            "Host: example.com:8080",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            agent,
            "",
            "",
        ];
        assert_eq!(request.encode(), expected.join("\r\n").into_bytes());
    }

    #[test]
    fn headers_in_order_with_repeats() {
        let headers = pairs(&[("Cookie", "a=1"), ("user-agent", "mine"), ("Cookie", "b=2")]);
        let offer = DeflateOffer::default();
        let request = UpgradeRequest {
            host: "h",
            resource: "/",
            headers: &headers,
            subprotocols: &["chat".to_owned(), "superchat".to_owned()],
            deflate: Some(&offer),
            key: "k",
        };
        let text = String::from_utf8(request.encode()).unwrap();
        assert!(text.contains("Sec-WebSocket-Protocol: chat, superchat\r\n"));
        let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
        assert!(text.contains(offer));
        assert!(text.ends_with("Cookie: a=1\r\nuser-agent: mine\r\nCookie: b=2\r\n\r\n"));
        assert!(!text.contains("hostws/"));
    }

    #[test]
    fn keys_are_sixteen_random_bytes() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        assert_ne!(one, other);
        for key in [one, other] {
            assert_eq!(BASE64.decode(key.as_bytes()).unwrap().len(), 16);
        }
    }

    #[test]
    fn good_headers() {
        for (name, value) in [
            ("Authorization", "Bearer abc.def"),
            ("X-Empty", ""),
            ("x-tab", "a\tb"),
            ("X-Umlaut", "grün"),
            ("Origin", "https://example.com"),
            ("Host", "example.com:8080"),
            ("host", "[::1]:80"),
        ] {
            assert_eq!(check_header(name, value), Ok(()));
        }
    }

    #[test]
    fn bad_header_names() {
        for name in ["", "a b", "a:", "a\r\nb", "a\0", "ü", " a", "a ", "a(b)"] {
            assert!(check_header(name, "v").is_err(), "{name:?}");
        }
    }

    #[test]
    fn bad_header_values() {
        for value in ["", "a b", "http://h", "u@h", "h/x"] {
            assert!(check_header("Host", value).is_err(), "{value:?}");
        }
        for value in ["a\r\nb", "a\nb", "a\rb", "a\0b", "a\x01", "\x7f", " a", "a ", "a\t"] {
            let words = check_header("X-Name", value).unwrap_err();
            assert!(words.contains("X-Name"), "{words}");
        }
    }

    #[test]
    fn reserved_headers() {
        for name in [
            "CONNECTION",
            "upgrade",
            "Content-Length",
            "Transfer-Encoding",
            "Sec-WebSocket-Key",
            "sec-websocket-anything",
        ] {
            let words = check_header(name, "v").unwrap_err();
            assert!(words.contains(name), "{words}");
        }
    }

    #[test]
    fn words_never_hold_the_value() {
        for (name, value) in [
            ("Authorization", "Bearer s3cret\r\n"),
            ("Cookie", "s3cret\0"),
            ("Authorization: Bearer s3cret", ""),
            ("Cookie=s3cret", "s3cret"),
            ("s3cret Bearer", "Authorization"),
            ("s3cret=", ""),
            ("Host", "s3cret@host"),
            ("X", " s3cret"),
        ] {
            let words = check_header(name, value).unwrap_err();
            assert!(!words.contains("s3cret"), "{words}");
        }
    }

    #[test]
    fn words_never_hold_a_subprotocol() {
        for list in ["s3cret,", "s3cret=", "s3cret,s3cret", "a,Bearer s3cret", ",s3cret"] {
            let words = check_subprotocols(list).unwrap_err();
            assert!(!words.contains("s3cret"), "{words}");
        }
        assert!(check_subprotocols("a,b c").unwrap_err().contains("subprotocol 2"));
    }

    #[test]
    fn subprotocols() {
        assert_eq!(check_subprotocols(""), Ok(vec![]));
        let two = vec!["chat".to_owned(), "v2.chat".to_owned()];
        assert_eq!(check_subprotocols("chat,v2.chat"), Ok(two.clone()));
        assert_eq!(check_subprotocols(" chat , v2.chat"), Ok(two));
        for bad in [",", "a,", ",a", "a,,b", " ", "a b", "a,a", "a;b", "ü", "a\r\nb"] {
            assert!(check_subprotocols(bad).is_err(), "{bad:?}");
        }
    }
}
