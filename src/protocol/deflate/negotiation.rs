//! The negotiation: what the request offers, and what the server agrees to (RFC 7692 5 and 7.1).

use super::MAX_WINDOW_BITS;

const NAME: &str = "permessage-deflate";
const SERVER_NO_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_WINDOW: &str = "server_max_window_bits";
const CLIENT_WINDOW: &str = "client_max_window_bits";

/// The compression that a host asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeflateOffer {
    pub server_no_context_takeover: bool,
    pub client_no_context_takeover: bool,
    /// 9 to 15; `None`: as large as the server likes.
    pub server_max_window_bits: Option<u8>,
    /// 9 to 15; `None`: as large as the server allows.
    pub client_max_window_bits: Option<u8>,
}

/// The agreed parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeflateParams {
    pub server_no_context_takeover: bool,
    pub client_no_context_takeover: bool,
    /// 8 to 15.
    pub server_max_window_bits: u8,
    /// 8 to 15. There is no compressor for 8, so nothing is sent compressed then.
    pub client_max_window_bits: u8,
}

impl DeflateOffer {
    /// The value of Sec-WebSocket-Extensions in the request. It always offers a limited client
    /// window, because some servers accept nothing else.
    pub fn header_value(&self) -> String {
        let mut value = format!("{NAME}; {CLIENT_WINDOW}");
        if let Some(bits) = self.client_max_window_bits {
            value.push_str(&format!("={bits}"));
        }
        if let Some(bits) = self.server_max_window_bits {
            value.push_str(&format!("; {SERVER_WINDOW}={bits}"));
        }
        if self.server_no_context_takeover {
            value.push_str(&format!("; {SERVER_NO_TAKEOVER}"));
        }
        if self.client_no_context_takeover {
            value.push_str(&format!("; {CLIENT_NO_TAKEOVER}"));
        }
        value
    }

    /// The parameters that the server agreed to in `list`, its Sec-WebSocket-Extensions. `None` if
    /// the list is empty; empty elements do not count. On `Err`, which says why, the connection
    /// must fail (RFC 7692 5).
    pub fn accept(&self, list: &str) -> Result<Option<DeflateParams>, String> {
        let mut extensions = split(list, ',').filter(|extension| !extension.is_empty());
        let Some(extension) = extensions.next() else { return Ok(None) };
        if extensions.next().is_some() {
            return Err("the server chose more than the one extension that was offered".to_owned());
        }
        let mut parts = split(extension, ';');
        let name = parts.next().unwrap_or_default();
        if !name.eq_ignore_ascii_case(NAME) {
            return Err(format!(
                "the server chose the extension {:?}, which was not offered",
                excerpt(name)
            ));
        }
        let mut answer = Answer::default();
        for part in parts {
            answer.add(part)?;
        }
        self.agree(&answer).map(Some)
    }

    /// An answer may grant more than the offer asked for, but not less (RFC 7692 7.1).
    fn agree(&self, answer: &Answer) -> Result<DeflateParams, String> {
        if self.server_no_context_takeover && !answer.server_no_takeover {
            return Err(lacks(SERVER_NO_TAKEOVER));
        }
        let largest = self.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
        let server_max_window_bits = match answer.server_window {
            None if self.server_max_window_bits.is_some() => return Err(lacks(SERVER_WINDOW)),
            Some(bits) if bits > largest => return Err(exceeds(SERVER_WINDOW, bits, largest)),
            bits => bits.unwrap_or(MAX_WINDOW_BITS),
        };
        let largest = self.client_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
        let client_max_window_bits = match answer.client_window {
            Some(bits) if bits > largest => return Err(exceeds(CLIENT_WINDOW, bits, largest)),
            bits => bits.unwrap_or(largest),
        };
        Ok(DeflateParams {
            server_no_context_takeover: answer.server_no_takeover,
            // The offer was only a hint to the server, but is a promise to the host.
            client_no_context_takeover: answer.client_no_takeover
                || self.client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits,
        })
    }
}

/// The parameters of the server's answer.
#[derive(Default)]
struct Answer {
    server_no_takeover: bool,
    client_no_takeover: bool,
    server_window: Option<u8>,
    client_window: Option<u8>,
}

impl Answer {
    fn add(&mut self, parameter: &str) -> Result<(), String> {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (trim(name), Some(trim(value))),
            None => (parameter, None),
        };
        let is_new = if name.eq_ignore_ascii_case(SERVER_NO_TAKEOVER) {
            flag(name, value)? & !std::mem::replace(&mut self.server_no_takeover, true)
        } else if name.eq_ignore_ascii_case(CLIENT_NO_TAKEOVER) {
            flag(name, value)? & !std::mem::replace(&mut self.client_no_takeover, true)
        } else if name.eq_ignore_ascii_case(SERVER_WINDOW) {
            self.server_window.replace(window_bits(name, value)?).is_none()
        } else if name.eq_ignore_ascii_case(CLIENT_WINDOW) {
            self.client_window.replace(window_bits(name, value)?).is_none()
        } else {
            return Err(format!(
                "the server's {NAME} has an unknown parameter {:?}",
                excerpt(name)
            ));
        };
        match is_new {
            true => Ok(()),
            false => Err(format!("the server's {NAME} has the parameter {name} twice")),
        }
    }
}

/// Splits a list. Separators inside quotes do not count (RFC 9110 5.6.4).
fn split(list: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    list.split(move |c: char| {
        let is_literal = std::mem::take(&mut is_escaped);
        match c {
            '"' if !is_literal => is_quoted = !is_quoted,
            '\\' if is_quoted && !is_literal => is_escaped = true,
            _ => {}
        }
        c == separator && !is_quoted
    })
    .map(trim)
}

/// Removes whitespace as HTTP defines it (RFC 9110 5.6.3).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The beginning of a text from the server.
fn excerpt(words: &str) -> String {
    words.chars().take(80).collect()
}

fn flag(name: &str, value: Option<&str>) -> Result<bool, String> {
    match value {
        None => Ok(true),
        Some(_) => Err(format!("the server's {NAME} gives {name} a value, which it never has")),
    }
}

/// Parses a number of window bits: decimal, without a leading zero (RFC 7692 7.1.2), quoted or not
/// (RFC 6455 9.1).
fn window_bits(name: &str, value: Option<&str>) -> Result<u8, String> {
    let value = value.ok_or_else(|| format!("the server's {NAME} gives {name} no value"))?;
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted.unwrap_or(value) {
        "8" => Ok(8),
        "9" => Ok(9),
        "10" => Ok(10),
        "11" => Ok(11),
        "12" => Ok(12),
        "13" => Ok(13),
        "14" => Ok(14),
        "15" => Ok(15),
        _ => Err(format!("the server's {NAME} gives {name} a value that is not 8 to 15")),
    }
}

fn lacks(name: &str) -> String {
    format!("the server accepted {NAME} without the {name} that was asked of it")
}

fn exceeds(name: &str, bits: u8, largest: u8) -> String {
    format!("the server answered {name}={bits} although at most {largest} was offered")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKING: DeflateOffer = DeflateOffer {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: Some(12),
        client_max_window_bits: Some(10),
    };

    fn refused(offer: &DeflateOffer, value: &str) -> String {
        offer.accept(value).expect_err(value)
    }

    #[test]
    fn the_offer() {
        assert_eq!(
            DeflateOffer::default().header_value(),
            "permessage-deflate; client_max_window_bits"
        );
        assert_eq!(
            ASKING.header_value(),
            "permessage-deflate; client_max_window_bits=10; server_max_window_bits=12; \
             server_no_context_takeover; client_no_context_takeover"
        );
    }

    #[test]
    fn no_answer_is_no_compression() {
        assert_eq!(ASKING.accept(""), Ok(None));
        assert_eq!(ASKING.accept(" , "), Ok(None));
    }

    #[test]
    fn what_was_agreed() {
        let offer = DeflateOffer::default();
        let plain = offer.accept("permessage-deflate").unwrap().unwrap();
        assert_eq!(
            plain,
            DeflateParams {
                server_no_context_takeover: false,
                client_no_context_takeover: false,
                server_max_window_bits: 15,
                client_max_window_bits: 15,
            }
        );
        let value =
            "Permessage-Deflate ;server_max_window_bits = \"10\"; client_max_window_bits=8;\
                     CLIENT_NO_CONTEXT_TAKEOVER; server_no_context_takeover";
        let params = offer.accept(value).unwrap().unwrap();
        assert_eq!(
            params,
            DeflateParams {
                server_no_context_takeover: true,
                client_no_context_takeover: true,
                server_max_window_bits: 10,
                client_max_window_bits: 8,
            }
        );
    }

    #[test]
    fn what_the_host_asked_of_its_own_side_holds_anyway() {
        let value = "permessage-deflate; server_no_context_takeover; server_max_window_bits=11";
        let params = ASKING.accept(value).unwrap().unwrap();
        assert!(params.client_no_context_takeover);
        assert_eq!(params.client_max_window_bits, 10);
        assert_eq!(params.server_max_window_bits, 11);
    }

    #[test]
    fn bad_answers() {
        let offer = DeflateOffer::default();
        for (value, words) in [
            ("x-webkit-deflate-frame", "x-webkit-deflate-frame"),
            ("permessage-deflate, permessage-deflate", "more than the one"),
            ("permessage-deflate; server_max_window_bits", "no value"),
            ("permessage-deflate; server_max_window_bits=7", "not 8 to 15"),
            ("permessage-deflate; server_max_window_bits=16", "not 8 to 15"),
            ("permessage-deflate; client_max_window_bits=09", "not 8 to 15"),
            ("permessage-deflate; client_max_window_bits=+9", "not 8 to 15"),
            ("permessage-deflate; client_max_window_bits=", "not 8 to 15"),
            ("permessage-deflate; client_max_window_bits", "no value"),
            ("permessage-deflate; server_no_context_takeover=1", "never has"),
            ("permessage-deflate; client_no_context_takeover=\"\"", "never has"),
            ("permessage-deflate; level=9", "level"),
            ("permessage-deflate;", "unknown parameter"),
            (
                "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
                "client_max_window_bits twice",
            ),
            (
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
                "server_no_context_takeover twice",
            ),
        ] {
            let said = refused(&offer, value);
            assert!(said.contains(words), "{value}: {said}");
        }
    }

    #[test]
    fn less_than_was_asked_for() {
        let enough = "permessage-deflate; server_no_context_takeover; server_max_window_bits=12";
        assert!(ASKING.accept(enough).is_ok());
        for (value, words) in [
            ("permessage-deflate", SERVER_NO_TAKEOVER),
            ("permessage-deflate; server_no_context_takeover", SERVER_WINDOW),
            (
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=13",
                "at most 12",
            ),
            (&format!("{enough}; client_max_window_bits=11"), "at most 10"),
        ] {
            let said = refused(&ASKING, value);
            assert!(said.contains(words), "{value}: {said}");
        }
    }

    #[test]
    fn headers_make_one_list() {
        let offer = DeflateOffer::default();
        let two = ["permessage-deflate", "permessage-deflate"];
        assert!(offer.accept(&two.join(",")).is_err());
        let one = ["", "permessage-deflate; server_max_window_bits=9"];
        assert_eq!(offer.accept(&one.join(",")).unwrap().unwrap().server_max_window_bits, 9);
    }
}
