//! An answer with which a server or a proxy refuses: its body is read as far
//! as it comes soon.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::body::Body;
use crate::error::Error;
use crate::protocol::Response;
use crate::transport::Stream;

/// How long the body may take: it only helps to explain.
const BODY_WAIT: Duration = Duration::from_secs(2);
/// How long it may pause where nothing but the end of the connection says that it is complete,
/// and the server may keep that open.
const BODY_PAUSE: Duration = Duration::from_millis(250);
const READ_SIZE: usize = 16 << 10;
/// The most of a reason phrase or a header that goes into an error.
const MAX_QUOTED: usize = 200;

/// A refusal whose body is still being read.
pub struct Refusal {
    stream: Stream,
    response: Response,
    body: Body,
    error: Error,
    deadline: Instant,
    /// When the last of it came.
    heard_at: Instant,
}

impl Refusal {
    /// `error` is what the refusal comes to, `leftover` the body's beginning.
    pub fn new(
        stream: Stream,
        response: Response,
        leftover: &[u8],
        error: Error,
        now: Instant,
    ) -> Refusal {
        let mut body = Body::new(&response);
        body.push(leftover);
        let (deadline, heard_at) = (now + BODY_WAIT, now);
        Refusal { stream, response, body, error, deadline, heard_at }
    }

    /// Reads on; whether the body is complete, or as complete as it will be.
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
                // The body is a courtesy: what there is of it will do.
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

    /// The same with another error.
    pub fn with_error(self, error: Error) -> Refusal {
        Refusal { error, ..self }
    }

    pub fn into_failure(self) -> (Error, Response, Vec<u8>) {
        (self.error, self.response, self.body.into_content())
    }
}

/// The status and its reason, as they were sent: ` 404 Not Found`.
pub fn spoken_status(response: &Response) -> String {
    let reason = quoted(response.reason());
    let space = if reason.is_empty() { "" } else { " " };
    format!("{}{space}{reason}", response.status)
}

/// What a server sent, fit for one line.
pub fn quoted(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(MAX_QUOTED).collect()
}
