//! The HTTP upgrade: the request out, the response in, and what remains to be
//! read of a refusal.

use std::io;
use std::time::{Duration, Instant};

use super::body::Body;
use super::tls_errors::{closes, explain};
use super::DialConfig;
use crate::error::{Code, Component, Error};
use crate::protocol::{new_key, parse_response, verify_upgrade, Agreed, Response, UpgradeRequest};
use crate::transport::Transport;

/// How long the body of a refusal may take: it only helps to explain.
const BODY_WAIT: Duration = Duration::from_secs(2);
const MAX_INTERIM_RESPONSES: u32 = 8;
const READ_SIZE: usize = 16 << 10;
/// The most of a reason phrase or a location that goes into an error.
const MAX_QUOTED: usize = 200;

/// A request on its way, and as much of the answer as has come.
pub struct Upgrade {
    transport: Transport,
    key: String,
    request: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
    interim: u32,
}

pub enum Answer {
    Pending(Box<Upgrade>),
    Accepted { transport: Transport, response: Response, agreed: Agreed, leftover: Vec<u8> },
    Refused(Box<Refusal>),
}

/// An answer other than a 101, whose body is still being read.
pub struct Refusal {
    transport: Transport,
    response: Response,
    body: Body,
    deadline: Instant,
}

/// Why there is no answer, or a 101 that is not to be trusted.
pub struct Broken {
    pub error: Error,
    pub response: Option<Response>,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        Broken { error, response: None }
    }
}

impl Upgrade {
    pub fn new(transport: Transport, config: &DialConfig) -> Result<Upgrade, Error> {
        let key = new_key()?;
        let target = &config.target;
        let mut headers = config.headers.clone();
        let is_given = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let (Some(credential), false) = (&target.authorization, is_given) {
            headers.push(("Authorization".to_owned(), credential.clone()));
        }
        let request = UpgradeRequest {
            host: &target.host_header,
            resource: &target.resource,
            headers: &headers,
            subprotocols: &config.subprotocols,
            deflate: config.deflate.as_ref(),
            key: &key,
        }
        .encode();
        Ok(Upgrade { transport, key, request, sent: 0, received: Vec::new(), interim: 0 })
    }

    pub fn advance(
        mut self: Box<Self>,
        config: &DialConfig,
        now: Instant,
    ) -> Result<Answer, Broken> {
        // A server may refuse and close before it has read the request: what
        // it said counts, not that it could not be written to.
        let unsent = self.send().err();
        let mut buffer = [0; READ_SIZE];
        loop {
            let length = match self.transport.read(&mut buffer) {
                Ok(0) => return Err(self.ended().into()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return match unsent {
                        Some(error) => Err(self.failed(error, config).into()),
                        None => Ok(Answer::Pending(self)),
                    };
                }
                Err(error) => return Err(self.failed(error, config).into()),
            };
            self.received.extend_from_slice(&buffer[..length]);
            if let Some((response, leftover)) = self.response()? {
                return self.answer(response, leftover, config, now);
            }
        }
    }

    fn send(&mut self) -> io::Result<()> {
        while self.sent < self.request.len() {
            match self.transport.write(&self.request[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => self.sent += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The final response, if its head is complete, and what follows it.
    fn response(&mut self) -> Result<Option<(Response, Vec<u8>)>, Error> {
        loop {
            let Some((response, length)) = parse_response(&self.received)? else {
                return Ok(None);
            };
            let rest = self.received.split_off(length);
            if !response.is_interim() {
                return Ok(Some((response, rest)));
            }
            self.interim += 1;
            if self.interim > MAX_INTERIM_RESPONSES {
                return Err(http("the server sends interim responses without end"));
            }
            self.received = rest;
            if self.received.is_empty() {
                return Ok(None);
            }
        }
    }

    fn answer(
        self,
        response: Response,
        leftover: Vec<u8>,
        config: &DialConfig,
        now: Instant,
    ) -> Result<Answer, Broken> {
        let transport = self.transport;
        if response.status != 101 {
            let mut body = Body::new(&response);
            body.push(&leftover);
            let deadline = now + BODY_WAIT;
            return Ok(Answer::Refused(Box::new(Refusal { transport, response, body, deadline })));
        }
        let deflate = config.deflate.as_ref();
        match verify_upgrade(&response, &self.key, &config.subprotocols, deflate) {
            Ok(agreed) => Ok(Answer::Accepted { transport, response, agreed, leftover }),
            Err(error) => Err(Broken { error, response: Some(response) }),
        }
    }

    fn ended(&self) -> Error {
        let words = if self.received.is_empty() {
            "the server closed the connection before it answered the upgrade request"
        } else {
            "the server closed the connection in the middle of its answer to the upgrade request"
        };
        Error::new(Code::Lost, Component::Http, words)
    }

    fn failed(&self, error: io::Error, config: &DialConfig) -> Error {
        if closes(error.kind()) {
            let words = "the server closed the connection before it answered the upgrade request";
            return Error::new(Code::Tcp, Component::Tcp, words).because(error);
        }
        if self.transport.is_tls() && error.raw_os_error().is_none() {
            // With TLS 1.3 a server rejects the client only after the
            // client's side of the handshake is over.
            let text = error.to_string();
            if text.to_ascii_lowercase().contains("unexpected eof") {
                return self.ended();
            }
            return explain(&text, &config.tls_name(), &config.tls);
        }
        let words = "the connection broke before the upgrade request was answered";
        Error::new(Code::Tcp, Component::Tcp, words).because(error)
    }
}

impl Refusal {
    /// Reads on; whether the body is complete, or as complete as it will be.
    pub fn advance(&mut self, now: Instant) -> bool {
        let mut buffer = [0; READ_SIZE];
        while !self.body.is_complete() && now < self.deadline {
            match self.transport.read(&mut buffer) {
                Ok(0) => return true,
                Ok(length) => self.body.push(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // The body is a courtesy: what there is of it will do.
                Err(_) => return true,
            }
        }
        true
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub fn into_failure(self) -> (Error, Response, Vec<u8>) {
        (refused(&self.response), self.response, self.body.into_content())
    }
}

/// The error for a status other than 101, numbered with it.
fn refused(response: &Response) -> Error {
    let status = response.status;
    let reason = quoted(&response.reason);
    let space = if reason.is_empty() { "" } else { " " };
    let mut words = format!("the server refused the upgrade with {status}{space}{reason}");
    if let (300..=399, Some(location)) = (status, response.header("location")) {
        let location = quoted(&without_secrets(location));
        words.push_str(&format!(" to {location}; redirects are not followed"));
    }
    Error::numbered(status.into(), Component::Http, words)
}

/// A location up to its query, and with no user info: both may hold
/// credentials.
fn without_secrets(location: &str) -> String {
    let end = location.find(['?', '#']).unwrap_or(location.len());
    let location = &location[..end];
    let Some(authority) = location.find("//").map(|at| at + 2) else {
        return location.to_owned();
    };
    let (scheme, rest) = location.split_at(authority);
    // The last @ of all, should a password hold a slash.
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{host}"),
        None => location.to_owned(),
    }
}

/// What a server sent, fit for one line.
fn quoted(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(MAX_QUOTED).collect()
}

fn http(words: &str) -> Error {
    Error::new(Code::Http, Component::Http, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, reason: &str, headers: &[(&str, &str)]) -> Response {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let headers = headers.iter().map(owned).collect();
        Response { status, reason: reason.to_owned(), headers }
    }

    #[test]
    fn a_refusal_carries_its_status() {
        let error = refused(&response(401, "Unauthorized", &[]));
        assert_eq!((error.code, error.component), (401, Component::Http));
        assert_eq!(error.message, "the server refused the upgrade with 401 Unauthorized");
        let error = refused(&response(503, "", &[("Location", "/x")]));
        assert_eq!(error.message, "the server refused the upgrade with 503");
        let long = "x".repeat(1000);
        assert!(refused(&response(500, &long, &[])).message.len() < 300);
    }

    #[test]
    fn a_redirect_says_where_to() {
        for (location, shown) in [
            ("https://h/login", "https://h/login"),
            ("https://user:pw@h/login?token=pw#pw", "https://h/login"),
            ("//user:pw@h/", "//h/"),
            ("https://user:p/w@h/", "https://h/"),
            ("/login?token=pw", "/login"),
        ] {
            let error = refused(&response(302, "Found", &[("Location", location)]));
            let words = format!("with 302 Found to {shown}; redirects are not followed");
            assert!(error.message.ends_with(&words), "{error}");
        }
    }
}
