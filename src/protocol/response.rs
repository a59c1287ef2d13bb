//! The server's answer to the opening handshake (RFC 6455 4.1).

mod tidy;

use std::borrow::Cow;
use std::fmt;

use tungstenite::handshake::derive_accept_key;

use self::tidy::{tidy, Tidy, MAX_NAME};
use super::{DeflateOffer, DeflateParams};
use crate::error::{Code, Component, Error};

/// The most bytes that a response head may have.
pub const MAX_HEAD: usize = 64 * 1024;

/// The most headers that a response may have.
pub const MAX_HEADERS: usize = 128;

/// The head of a response. It is compact, because it lives as long as its connection.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// The reason, then `name:value` for each header, with a line feed before each: none of
    /// them can have one inside. A usual name and its colon are one byte, the name's place
    /// in `USUAL`, from 1.
    lines: Box<[u8]>,
}

/// Names that answers to an upgrade have. No more than eight: the next byte is a tab.
const USUAL: [&str; 7] = [
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Date",
    "Server",
];

/// Leaves out the headers: cookies are among them.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Response {
    /// With the headers in their order.
    pub fn new<N: AsRef<str>, V: AsRef<[u8]>>(
        status: u16,
        reason: &str,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Response {
        // Nobody asks why an upgrade was accepted.
        let mut lines = if status == 101 { Vec::new() } else { reason.as_bytes().to_vec() };
        for (name, value) in headers {
            lines.push(b'\n');
            let name = name.as_ref();
            match (1..).zip(USUAL).find(|(_, usual)| usual.eq_ignore_ascii_case(name)) {
                Some((place, _)) => lines.push(place),
                None => lines.extend([name.as_bytes(), b":"].concat()),
            }
            lines.extend_from_slice(value.as_ref());
        }
        // Copied, for it to be no larger than it is.
        Response { status, lines: lines.as_slice().into() }
    }

    pub fn reason(&self) -> &str {
        let reason = self.lines.split(|&byte| byte == b'\n').next().unwrap_or_default();
        std::str::from_utf8(reason).unwrap_or_default()
    }

    /// Names, in any case, and values in their order. A value may hold any bytes but control
    /// characters (RFC 9110 5.5).
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.lines.split(|&byte| byte == b'\n').skip(1).filter_map(|line| {
            let place = usize::from(*line.first()?);
            if let Some(name) = USUAL.get(place.wrapping_sub(1)) {
                return Some((*name, &line[1..]));
            }
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]))
        })
    }

    /// The value of the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.header_all(name).next()
    }

    /// The values of all headers of that name.
    pub fn header_all<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let named = move |(key, _): &(&str, &[u8])| key.eq_ignore_ascii_case(name);
        self.headers().filter(named).map(|(_, value)| value)
    }

    /// The same as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.text_all(name).next()
    }

    pub fn text_all<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = Cow<'a, str>> + use<'a, 'n> {
        self.header_all(name).map(String::from_utf8_lossy)
    }

    /// Whether another response follows this one, as after 103 Early Hints.
    pub fn is_interim(&self) -> bool {
        matches!(self.status, 100..=199) && self.status != 101
    }
}

fn http(message: impl Into<String>) -> Error {
    Error::new(Code::Http, Component::Http, message)
}

/// A response head, as it was found in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub response: Response,
    /// How many bytes it has.
    pub size: usize,
    /// What was wrong with the lines that are left out. It contains no value.
    pub dropped: Vec<String>,
}

/// Parses a response head. `input` is everything received so far. `None`: the head is not complete.
///
/// Input that is not HTTP is refused at its first wrong byte. HTTP/1.0 is read too, because proxies
/// and plain web servers use it to refuse; but it has no upgrade.
pub fn parse_response(input: &[u8]) -> Result<Option<Head>, Error> {
    check_start(input)?;
    let head = &input[..input.len().min(MAX_HEAD)];
    // Parsed only when it is complete: input may come a byte at a time.
    let Some(size) = head_size(head) else {
        return match input.len() < MAX_HEAD {
            true => Ok(None),
            false => Err(http(format!(
                "the head of the server's response is longer than {MAX_HEAD} bytes"
            ))),
        };
    };
    let head = &head[..size];
    match parse_head(head) {
        Err(Malformed::Line) => {
            let Tidy { head, dropped } = tidy(head)?;
            let response = parse_head(&head).map_err(|malformed| match malformed {
                Malformed::Line => http("the server's response is not HTTP"),
                Malformed::Head(error) => error,
            })?;
            Ok(Some(Head { response, size, dropped }))
        }
        Err(Malformed::Head(error)) => Err(error),
        Ok(response) => Ok(Some(Head { response, size, dropped: Vec::new() })),
    }
}

enum Malformed {
    /// One of the header lines.
    Line,
    Head(Error),
}

/// Parses a complete head with valid lines.
fn parse_head(head: &[u8]) -> Result<Response, Malformed> {
    use httparse::Error::{HeaderName, HeaderValue, NewLine};
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Malformed::Line),
        // The status is there before the first header is looked at.
        Err(HeaderName | HeaderValue | NewLine) if parsed.code.is_some() => {
            return Err(Malformed::Line)
        }
        Err(error) => return Err(Malformed::Head(http(explain(error)))),
    }
    if parsed.headers.iter().any(|header| header.name.len() > MAX_NAME) {
        return Err(Malformed::Line);
    }
    let status = parsed.code.unwrap_or_default();
    if parsed.version != Some(1) && status == 101 {
        let words = "the server answered the upgrade with HTTP/1.0, which has no upgrade";
        return Err(Malformed::Head(http(words)));
    }
    let headers = parsed.headers.iter().map(|header| (header.name, header.value));
    Ok(Response::new(status, parsed.reason.unwrap_or_default(), headers))
}

/// Refuses input that does not begin like an HTTP/1 response, and says what it seems to be.
fn check_start(input: &[u8]) -> Result<(), Error> {
    const START: &[u8] = b"HTTP/1.";
    let len = input.len().min(START.len());
    if input[..len] == START[..len] {
        return Ok(());
    }
    Err(http(match input {
        [0x15 | 0x16, ..] => {
            "the server answered with TLS where HTTP was expected: is the URL's scheme wss?"
                .to_owned()
        }
        [b'H', b'T', b'T', b'P', b'/', version, ..] if version.is_ascii_digit() => format!(
            "the server answered with HTTP/{}, and not with HTTP/1.1",
            version.escape_ascii()
        ),
        // A SETTINGS frame on stream 0, or the preface that precedes it.
        [0, _, _, 4, ..] | [b'P', b'R', b'I', b' ', ..] => {
            "the server answered with HTTP/2, and not with HTTP/1.1".to_owned()
        }
        _ => format!(
            "the server does not speak HTTP; its answer begins with \"{}\"",
            input[..input.len().min(24)].escape_ascii()
        ),
    }))
}

/// Where the head ends, after its blank line, if it is complete.
fn head_size(head: &[u8]) -> Option<usize> {
    if !has_blank_line(head) {
        return None;
    }
    (1..=head.len()).find(|&end| {
        let head = &head[..end];
        head.ends_with(b"\n\n") || head.ends_with(b"\n\r\n")
    })
}

/// Whether there is a line feed with another one, or CR LF, behind it.
fn has_blank_line(head: &[u8]) -> bool {
    const BLOCK: usize = 256;
    let from = |at: usize| head.get(at..).unwrap_or_default().chunks(BLOCK);
    // By blocks with no branch inside, which become vector code: this looks
    // at everything again for each piece that arrives.
    let mut blocks = from(0).zip(from(1)).zip(from(2));
    head.ends_with(b"\n\n")
        || blocks.any(|((first, second), third)| {
            let bytes = first.iter().zip(second).zip(third);
            let hits = bytes.map(|((&a, &b), &c)| {
                let end = (b == b'\n') | ((b == b'\r') & (c == b'\n'));
                u8::from((a == b'\n') & end)
            });
            hits.fold(0, |any, hit| any | hit) != 0
        })
}

fn explain(error: httparse::Error) -> String {
    let what = match error {
        httparse::Error::TooManyHeaders => {
            return format!("the server's response has more than {MAX_HEADERS} headers")
        }
        httparse::Error::HeaderName => "a header name is malformed",
        httparse::Error::HeaderValue => "a header value is malformed",
        httparse::Error::NewLine => "a line ends wrongly",
        httparse::Error::Status => "the status is malformed",
        httparse::Error::Token => "a character is out of place",
        httparse::Error::Version => "the HTTP version is neither 1.1 nor 1.0",
    };
    format!("the server's response is not HTTP: {what}")
}

/// What was agreed in addition to the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub subprotocol: Option<String>,
    pub deflate: Option<DeflateParams>,
}

/// Checks a 101 that answers a request with `key` which offered these
/// subprotocols and this compression (RFC 6455 4.1).
pub fn verify_upgrade(
    response: &Response,
    key: &str,
    subprotocols: &[String],
    deflate: Option<&DeflateOffer>,
) -> Result<Agreed, Error> {
    if response.status != 101 {
        return Err(http(format!(
            "the server answered with status {} instead of 101",
            response.status
        )));
    }
    let upgrade = only(response, "Upgrade")?;
    if !upgrade.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
        return Err(wrong("Upgrade", upgrade.as_deref(), "websocket"));
    }
    let upgrades = |list: Cow<'_, str>| {
        list.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
    };
    if !response.text_all("Connection").any(upgrades) {
        return Err(wrong("Connection", response.text("Connection").as_deref(), "Upgrade"));
    }
    let accept = only(response, "Sec-WebSocket-Accept")?;
    match accept {
        Some(value) if value == derive_accept_key(key.as_bytes()) => {}
        Some(_) => {
            return Err(http(
                "the server's Sec-WebSocket-Accept does not match our Sec-WebSocket-Key",
            ))
        }
        None => return Err(http("the server's response has no Sec-WebSocket-Accept")),
    }
    Ok(Agreed {
        subprotocol: chosen_subprotocol(response, subprotocols)?,
        deflate: agreed_deflate(response, deflate)?,
    })
}

fn agreed_deflate(
    response: &Response,
    offer: Option<&DeflateOffer>,
) -> Result<Option<DeflateParams>, Error> {
    // Several headers are one list, of which empty elements do not count (RFC 9110 5.3, 5.6.1).
    let chosen = response.text_all("Sec-WebSocket-Extensions").collect::<Vec<_>>().join(",");
    match offer {
        Some(offer) => offer.accept(&chosen).map_err(http),
        None if chosen.split(',').all(|element| element.trim().is_empty()) => Ok(None),
        None => Err(http(format!(
            "the server chose the extension \"{}\", which was not offered",
            excerpt(&chosen)
        ))),
    }
}

fn chosen_subprotocol(response: &Response, offered: &[String]) -> Result<Option<String>, Error> {
    match only(response, "Sec-WebSocket-Protocol")? {
        None => Ok(None),
        // There is no such subprotocol (RFC 6455 4.2.2): the server means that it chose none.
        Some(none) if none.is_empty() => Ok(None),
        Some(chosen) if offered.iter().any(|name| *name == chosen) => Ok(Some(chosen.into())),
        Some(other) if offered.is_empty() => Err(http(format!(
            "the server chose the subprotocol \"{}\", which was not offered",
            excerpt(&other)
        ))),
        // It may repeat a token that was offered beside a subprotocol.
        Some(_) => Err(http("the server chose a subprotocol that was not offered")),
    }
}

/// The value of a header that may occur only once.
fn only<'a>(response: &'a Response, name: &str) -> Result<Option<Cow<'a, str>>, Error> {
    let mut values = response.text_all(name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(http(format!("the server's response has more than one {name} header"))),
    }
}

fn wrong(name: &str, value: Option<&str>, expected: &str) -> Error {
    http(match value {
        None => format!("the server's response has no {name} header"),
        Some(value) => {
            format!("the server's {name} header is \"{}\" instead of {expected}", excerpt(value))
        }
    })
}

/// The beginning of a server's text, without control characters.
fn excerpt(value: &str) -> String {
    value.chars().take(80).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests;
