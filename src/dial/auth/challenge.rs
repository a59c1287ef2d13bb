//! The challenges of a WWW-Authenticate or Proxy-Authenticate header (RFC 9110 11.6.1). Parsing is
//! lenient: it skips the rest of a line after an error.

use std::borrow::Cow;

use crate::protocol::{is_token, Response};

/// A challenge: a scheme that the server offers, with its parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    pub scheme: String,
    params: Vec<(String, String)>,
}

impl Challenge {
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The first parameter with that name, in upper or lower case, without quotes.
    pub fn get(&self, name: &str) -> Option<&str> {
        let known = self.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, value)| value.as_str())
    }
}

/// All challenges in the headers with that name, in order.
pub fn challenges(response: &Response, header: &str) -> Vec<Challenge> {
    response.header_all(header).flat_map(|line| parse(&text(line))).collect()
}

/// The nonce for the next request, if the server gives one (RFC 7616 3.5).
pub fn next_nonce(response: &Response) -> Option<String> {
    let information = response.header("Authentication-Info")?;
    // The header has the syntax of a challenge's parameters.
    let parsed = parse(&format!("Digest {}", text(information)));
    parsed.first()?.get("nextnonce").map(str::to_owned)
}

/// Decodes a header value: UTF-8, or else Latin-1, as in old HTTP.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

fn parse(line: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    let mut rest = Rest(line);
    loop {
        rest.skip_separators();
        if rest.0.is_empty() {
            return found;
        }
        let scheme = rest.token();
        if scheme.is_empty() {
            rest.skip_to_comma();
            continue;
        }
        let mut challenge = Challenge { scheme: scheme.to_owned(), params: Vec::new() };
        rest.skip_blanks();
        if !rest.skip_token68() {
            rest.params(&mut challenge.params);
        }
        found.push(challenge);
    }
}

/// The unparsed rest of a line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        // `wanted` accepts only ASCII, so this never cuts a character.
        let end = self.0.bytes().position(|byte| !byte.is_ascii() || !wanted(byte));
        let (taken, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    fn token(&mut self) -> &'a str {
        self.take_while(is_token)
    }

    fn skip_blanks(&mut self) {
        self.take_while(|byte| b" \t".contains(&byte));
    }

    fn skip_separators(&mut self) {
        self.take_while(|byte| b" \t,;".contains(&byte));
    }

    fn skip_to_comma(&mut self) {
        self.0 = self.0.find(',').map_or("", |at| &self.0[at..]);
    }

    fn skip_quote(&mut self) -> bool {
        match self.0.strip_prefix('"') {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Skips the token68 that NTLM and Negotiate have instead of parameters.
    fn skip_token68(&mut self) -> bool {
        let mut rest = Rest(self.0);
        let token =
            rest.take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        rest.take_while(|byte| byte == b'=');
        rest.skip_blanks();
        let is_alone = rest.0.is_empty() || rest.0.starts_with(',');
        // A lone word is the next scheme only after a comma.
        let is_token68 = is_alone && !token.is_empty();
        if is_token68 {
            self.0 = rest.0;
        }
        is_token68
    }

    /// Reads `name=value` pairs, up to a word without a value, which is the next scheme.
    fn params(&mut self, params: &mut Vec<(String, String)>) {
        loop {
            self.skip_separators();
            let start = self.0;
            let name = self.token();
            self.skip_blanks();
            if let (false, Some(rest)) = (name.is_empty(), self.0.strip_prefix('=')) {
                self.0 = rest;
                self.skip_blanks();
                let value = self.value();
                params.push((name.to_owned(), value));
                continue;
            }
            // Some devices write `qop=auth,auth-int` without quotes.
            let is_qop = ["auth", "auth-int"].iter().any(|qop| name.eq_ignore_ascii_case(qop));
            match params.last_mut() {
                Some((last, value)) if is_qop && last.eq_ignore_ascii_case("qop") => {
                    value.push(',');
                    value.push_str(name);
                }
                _ => {
                    self.0 = start;
                    return;
                }
            }
        }
    }

    fn value(&mut self) -> String {
        if !self.skip_quote() {
            let end = self.0.find([',', ' ', '\t', ';']).unwrap_or(self.0.len());
            let (value, rest) = self.0.split_at(end);
            self.0 = rest;
            return value.to_owned();
        }
        let mut value = String::new();
        let mut chars = self.0.chars();
        loop {
            match chars.next() {
                Some('\\') => value.extend(chars.next()),
                Some('"') | None => break,
                Some(other) => value.push(other),
            }
        }
        self.0 = chars.as_str();
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(line: &str) -> Vec<String> {
        let one = |challenge: Challenge| {
            let params: Vec<String> =
                challenge.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{}[{}]", challenge.scheme, params.join("|"))
        };
        parse(line).into_iter().map(one).collect()
    }

    #[test]
    fn as_the_standard_has_it() {
        for (line, expected) in [
            ("Basic realm=\"simple\"", &["Basic[realm=simple]"][..]),
            ("Negotiate", &["Negotiate[]"]),
            ("NTLM, Basic realm=x", &["NTLM[]", "Basic[realm=x]"]),
            ("NTLM TlRMTVNTUAAC+/==, Basic realm=x", &["NTLM[]", "Basic[realm=x]"]),
            (
                "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"a, b\"",
                &["Newauth[realm=apps|type=1|title=Login to \"apps\"]", "Basic[realm=a, b]"],
            ),
            (
                "Digest realm = \"r\" ,, nonce=\"n\",qop=\"auth,auth-int\"",
                &["Digest[realm=r|nonce=n|qop=auth,auth-int]"],
            ),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }

    #[test]
    fn as_devices_write_it() {
        for (line, expected) in [
            (
                "Digest realm=cam, nonce=1a:2b, qop=auth",
                &["Digest[realm=cam|nonce=1a:2b|qop=auth]"][..],
            ),
            (
                "Digest qop=auth,auth-int, realm=\"cam\", nonce=\"n==\"",
                &["Digest[qop=auth,auth-int|realm=cam|nonce=n==]"],
            ),
            (
                "Digest realm=\"a\", nonce=\"n\", Basic realm=\"b\"",
                &["Digest[realm=a|nonce=n]", "Basic[realm=b]"],
            ),
            ("Digest realm=\"a\"; nonce=\"n\"", &["Digest[realm=a|nonce=n]"]),
            ("Digest realm=\"a\" nonce=\"n\"", &["Digest[realm=a|nonce=n]"]),
            ("Digest realm=\"never ends", &["Digest[realm=never ends]"]),
            ("Digest realm=\"a\", =\"x\", Basic realm=b", &["Digest[realm=a]", "Basic[realm=b]"]),
            ("\u{fc}, Basic realm=\"gr\u{fc}n\"", &["Basic[realm=gr\u{fc}n]"]),
            (" , ,", &[]),
            ("", &[]),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }

    #[test]
    fn lines_are_one_list_and_names_have_no_case() {
        let lines: [(&str, &[u8]); 3] = [
            ("WWW-Authenticate", b"Digest REALM=\"gr\xfcn\", nonce=n"),
            ("Server", b"x"),
            ("www-authenticate", b"basic realm=b"),
        ];
        let found = challenges(&Response::new(401, "", lines), "WWW-Authenticate");
        assert!(found[0].is("digest") && found[1].is("Basic") && found.len() == 2);
        assert_eq!((found[0].get("realm"), found[0].get("qop")), (Some("gr\u{fc}n"), None));
    }

    #[test]
    fn the_next_nonce() {
        let told =
            |value: &str| next_nonce(&Response::new(302, "", [("authentication-info", value)]));
        assert_eq!(told("qop=auth, nextnonce=\"n=1\", nc=00000001").as_deref(), Some("n=1"));
        assert_eq!(told("nextnonce"), None);
        assert_eq!(next_nonce(&Response::new(302, "", [("Server", "x")])), None);
    }

    proptest! {
        #[test]
        fn anything_is_read_to_its_end(line in ".*", pieces in "([a-z]|[=\", ;\\\\]){0,40}") {
            parse(&line);
            parse(&pieces);
        }
    }
}
