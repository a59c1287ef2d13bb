//! The head of an HTTP response.

mod parse;
mod tidy;
mod verify;

use std::borrow::Cow;
use std::fmt;

pub use self::parse::{parse_response, Head, MAX_HEAD, MAX_HEADERS};
pub use self::verify::{verify_upgrade, Agreed};

/// The head of a response. It is compact, because it is kept as long as its connection.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// The version is HTTP/1.0.
    is_old: bool,
    /// The reason, then `name:value` for each header after a line feed, which none of them can
    /// contain. For a usual name, the name and its colon are one byte: the position in `USUAL`,
    /// from 1.
    ///
    /// Then the body.
    bytes: Box<[u8]>,
    /// The length of the body in `bytes`.
    body: u32,
}

/// Usual names in answers to an upgrade. There can be at most eight, because byte 9 is a tab.
const USUAL: [&str; 7] = [
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Date",
    "Server",
];

/// Usual lines: the name, as its position in `USUAL`, and the value. Each is one byte, from
/// `FIRST_LINE`, because the bytes before that are a line feed and names.
const USUAL_LINES: [(u8, &[u8]); 3] = [(1, b"websocket"), (2, b"Upgrade"), (2, b"upgrade")];
const FIRST_LINE: u8 = 11;

/// Leaves out the headers, because they may contain cookies.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Response {
    /// Keeps the headers in order.
    pub fn new<N: AsRef<str>, V: AsRef<[u8]>>(
        status: u16,
        reason: &str,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Response {
        // Nobody needs the reason phrase of an accepted upgrade.
        let mut lines = if status == 101 { Vec::new() } else { reason.as_bytes().to_vec() };
        for (name, value) in headers {
            lines.push(b'\n');
            let name = name.as_ref();
            match (1..).zip(USUAL).find(|(_, usual)| usual.eq_ignore_ascii_case(name)) {
                Some((place, _)) => {
                    let line = (place, value.as_ref());
                    if let Some((byte, _)) =
                        (FIRST_LINE..).zip(USUAL_LINES).find(|(_, usual)| *usual == line)
                    {
                        lines.push(byte);
                        continue;
                    }
                    lines.push(place);
                }
                None => lines.extend([name.as_bytes(), b":"].concat()),
            }
            lines.extend_from_slice(value.as_ref());
        }
        // Copied to drop the spare capacity.
        Response { status, is_old: false, bytes: lines.as_slice().into(), body: 0 }
    }

    /// The same with the beginning of the body, which is only kept if the upgrade was refused.
    pub fn with_body(self, body: &[u8]) -> Response {
        let bytes = [self.lines(), body].concat().into();
        Response { bytes, body: body.len() as u32, ..self }
    }

    pub fn body(&self) -> &[u8] {
        &self.bytes[self.lines().len()..]
    }

    fn lines(&self) -> &[u8] {
        &self.bytes[..self.bytes.len() - self.body as usize]
    }

    pub fn reason(&self) -> &str {
        let reason = self.lines().split(|&byte| byte == b'\n').next().unwrap_or_default();
        std::str::from_utf8(reason).unwrap_or_default()
    }

    /// The headers in order. Names are in upper or lower case. A value may contain all bytes except
    /// control characters (RFC 9110 5.5).
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let usual = |place: u8| USUAL.get(usize::from(place).wrapping_sub(1)).copied();
        self.lines().split(|&byte| byte == b'\n').skip(1).filter_map(move |line| {
            let byte = *line.first()?;
            if let Some(name) = usual(byte) {
                return Some((name, &line[1..]));
            }
            if let Some((place, value)) =
                USUAL_LINES.get(usize::from(byte.wrapping_sub(FIRST_LINE)))
            {
                return Some((usual(*place)?, *value));
            }
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]))
        })
    }

    /// The value of the first header with that name, in upper or lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.header_all(name).next()
    }

    /// The values of all headers with that name.
    pub fn header_all<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let named = move |(key, _): &(&str, &[u8])| key.eq_ignore_ascii_case(name);
        self.headers().filter(named).map(|(_, value)| value)
    }

    /// The value of the first header as text. Bytes that are not UTF-8 are replaced.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.text_all(name).next()
    }

    pub fn text_all<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = Cow<'a, str>> + use<'a, 'n> {
        self.header_all(name).map(String::from_utf8_lossy)
    }

    /// Whether another request can follow on the same connection (RFC 9112 9.3).
    pub fn keeps_alive(&self) -> bool {
        let says = |option: &str| {
            // Proxies from before HTTP/1.1 send the latter.
            ["Connection", "Proxy-Connection"].into_iter().any(|name| {
                let listed = |list: Cow<'_, str>| {
                    list.split(',').any(|one| one.trim().eq_ignore_ascii_case(option))
                };
                self.text_all(name).any(listed)
            })
        };
        !says("close") && (!self.is_old || says("keep-alive"))
    }

    /// Whether another response follows this one, as after 103 Early Hints.
    pub fn is_interim(&self) -> bool {
        matches!(self.status, 100..=199) && self.status != 101
    }
}

#[cfg(test)]
mod tests;
