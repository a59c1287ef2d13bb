//! The refusal of a server or a proxy. Its body is read if it arrives soon.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::body::Body;
use crate::error::Error;
use crate::protocol::Response;
use crate::transport::Stream;
use crate::words;

/// How long to wait for the body, which only helps to explain the refusal.
const BODY_WAIT: Duration = Duration::from_secs(2);
/// How long the body may pause if the end of the connection marks its end. The server may keep the
/// connection open.
const BODY_PAUSE: Duration = Duration::from_millis(250);
const READ_SIZE: usize = 16 << 10;
/// The most characters of a reason phrase or a header in an error.
const MAX_QUOTED: usize = 200;

/// The most characters of a body in an error.
const MAX_BEGINNING: usize = 80;

/// The peer that refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Server,
    Proxy,
}

/// A refusal whose body is still being read.
pub struct Refusal {
    pub peer: Peer,
    stream: Stream,
    response: Response,
    body: Body,
    error: Error,
    deadline: Instant,
    /// When the last bytes arrived.
    heard_at: Instant,
}

impl Refusal {
    /// `error` is the error to report, `leftover` the beginning of the body.
    pub fn new(
        peer: Peer,
        stream: Stream,
        response: Response,
        leftover: &[u8],
        error: Error,
        now: Instant,
    ) -> Refusal {
        let mut body = Body::new(&response);
        body.push(leftover);
        let (deadline, heard_at) = (now + BODY_WAIT, now);
        Refusal { peer, stream, response, body, error, deadline, heard_at }
    }

    /// Reads on. Returns true when the body is complete, or no more of it will come.
    #[inline(never)] // The buffer would lie on the stack of each opening.
    pub fn advance(&mut self, now: Instant) -> bool {
        let mut buffer = [0; READ_SIZE];
        while !self.body.is_complete() && now < self.deadline() {
            match self.stream.read(&mut buffer) {
                Ok(0) => return true,
                Ok(length) => {
                    self.heard_at = now;
                    self.body.push(&buffer[..length]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // The body is optional: a part of it is enough.
                Err(_) => return true,
            }
        }
        true
    }

    pub fn deadline(&self) -> Instant {
        match self.body.has_length() {
            true => self.deadline,
            false => self.deadline.min(self.heard_at + BODY_PAUSE),
        }
    }

    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The stream, if it can carry another request.
    pub fn into_stream(mut self) -> Option<Stream> {
        let is_open = |stream: &mut Stream| {
            let read = stream.read(&mut [0]);
            read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        };
        let is_reusable = self.response.keeps_alive() && self.body.has_ended();
        (is_reusable && is_open(&mut self.stream)).then_some(self.stream)
    }

    /// Adds `words` to the error.
    pub fn adding(mut self, words: &str) -> Refusal {
        self.error.message.push_str(words);
        self
    }

    /// Replaces the error.
    pub fn with_error(self, error: Error) -> Refusal {
        Refusal { error, ..self }
    }

    /// The error, which quotes the beginning of a text body, the response and the body.
    pub fn into_failure(self) -> (Error, Response, Vec<u8>) {
        let Refusal { mut error, response, body, .. } = self;
        let body = body.into_content();
        if let Some(beginning) = beginning(&response, &body) {
            error.message.push_str(&format!("; it says: {beginning}"));
        }
        (error, response, body)
    }
}

/// The beginning of a body that is text, in one line.
fn beginning(response: &Response, body: &[u8]) -> Option<String> {
    let coding = response.text("content-encoding");
    if coding.is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
        return None;
    }
    // The cut may be in the middle of a character.
    let text = match std::str::from_utf8(&body[..body.len().min(4 * MAX_BEGINNING)]) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&body[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if text.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut beginning: String = line.chars().take(MAX_BEGINNING).collect();
    if beginning.len() < line.len() {
        beginning.push_str("...");
    }
    // Many bodies only repeat the reason phrase, which the error already has.
    let is_news = !beginning.is_empty() && !beginning.eq_ignore_ascii_case(response.reason());
    is_news.then(|| words::one_line(beginning))
}

/// The status and its reason phrase as sent: ` 404 Not Found`.
pub fn spoken_status(response: &Response) -> String {
    let reason = quoted(response.reason());
    let space = if reason.is_empty() { "" } else { " " };
    format!("{}{space}{reason}", response.status)
}

/// Text from a server, escaped and cut so that it fits on one line.
pub fn quoted(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(MAX_QUOTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_quoted_if_it_is_text() {
        let plain = || Response::new(400, "Bad Request", [("Content-Type", "text/html")]);
        let long = "x".repeat(100);
        for (body, expected) in [
            (&b"{\"error\":\"token expired\"}"[..], Some("{\"error\":\"token expired\"}")),
            (b"<html>\r\n  <title>No</title>", Some("<html> <title>No</title>")),
            (long.as_bytes(), Some(&format!("{}...", &long[..80]))),
            (b"caf\xc3", Some("caf")),
            (b"caf\xc3\xa9 \xe2\x80\xae", Some("caf\u{e9} \\u{202e}")),
            (b"caf\xe9 is Latin-1", None),
            (b"\x1b[31mred", None),
            (b" \r\n", None),
            (b"bad request\n", None),
            (b"", None),
        ] {
            assert_eq!(beginning(&plain(), body).as_deref(), expected);
        }
        let packed = Response::new(400, "", [("Content-Encoding", "gzip")]);
        assert_eq!(beginning(&packed, b"looks like text"), None);
    }
}
