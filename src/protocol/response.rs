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
    lines: Box<[u8]>,
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
                Some((place, _)) => lines.push(place),
                None => lines.extend([name.as_bytes(), b":"].concat()),
            }
            lines.extend_from_slice(value.as_ref());
        }
        // Copied to drop the spare capacity.
        Response { status, is_old: false, lines: lines.as_slice().into() }
    }

    pub fn reason(&self) -> &str {
        let reason = self.lines.split(|&byte| byte == b'\n').next().unwrap_or_default();
        std::str::from_utf8(reason).unwrap_or_default()
    }

    /// The headers in order. Names are in upper or lower case. A value may contain all bytes except
    /// control characters (RFC 9110 5.5).
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
