//! The HTTP upgrade: the request and the server's answer.

use std::io;
use std::time::Instant;

use super::exchange::{Exchange, Trouble};
use super::redirect::Redirects;
use super::refusal::{spoken_status, Peer, Refusal};
use crate::dial::config::DialConfig;
use crate::dial::tls::{closes, explain_early};
use crate::dial::trail::Notes;
use crate::error::{Code, Component, Error};
use crate::protocol::{new_key, verify_upgrade, Agreed, Response, UpgradeRequest};
use crate::secret::Secret;
use crate::transport::Stream;

/// An upgrade in progress.
pub struct Upgrade {
    exchange: Exchange,
    key: String,
}

pub enum Answer {
    Pending(Box<Upgrade>),
    Accepted {
        stream: Stream,
        response: Response,
        agreed: Agreed,
        leftover: Vec<u8>,
    },
    Refused(Box<Refusal>),
    /// The server closed the connection without an answer.
    Silence(Error),
}

/// Why there is no answer, or why a 101 is not acceptable.
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
    /// `cookies` includes those that earlier redirects have set. `authorization` replaces the
    /// host's header.
    pub fn new(
        stream: Stream,
        config: &DialConfig,
        redirects: &Redirects,
        authorization: Option<Secret>,
        notes: &Notes,
    ) -> Result<Upgrade, Error> {
        let key = new_key()?;
        let target = &config.target;
        let mut headers = config.headers.clone();
        let place = |headers: &[(String, String)], name: &str| {
            headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        let given = place(&headers, "host");
        let host = given.map_or(target.host_header.clone(), |at| headers.remove(at).1);
        let given = place(&headers, "cookie");
        let cookies = redirects.cookies(target, given.map(|at| headers[at].1.as_str()));
        match (cookies, given) {
            (Some(cookies), Some(at)) => headers[at].1 = cookies,
            (Some(cookies), None) => headers.push(("Cookie".to_owned(), cookies)),
            (None, _) => {}
        }
        if let Some(value) = &authorization {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            headers.push(("Authorization".to_owned(), value.reveal().to_owned()));
        }
        let request = UpgradeRequest {
            host: &host,
            resource: &target.resource,
            headers: &headers,
            subprotocols: &config.subprotocols,
            deflate: config.deflate.as_ref(),
            key: &key,
        }
        .encode();
        Ok(Upgrade {
            exchange: Exchange::new(stream, notes.clone(), target.authority(), request),
            key,
        })
    }

    pub fn advance(
        mut self: Box<Self>,
        config: &DialConfig,
        now: Instant,
    ) -> Result<Answer, Broken> {
        match self.exchange.advance() {
            Ok(None) => Ok(Answer::Pending(self)),
            Ok(Some((response, leftover))) => self.answer(response, leftover, config, now),
            Err(trouble) => {
                let is_silence = self.exchange.is_unanswered();
                let error = self.explain(trouble, config);
                if is_silence {
                    return Ok(Answer::Silence(error));
                }
                Err(error.into())
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
        let stream = self.exchange.into_stream();
        if response.status != 101 {
            let error = refused(&response);
            let refusal = Refusal::new(Peer::Server, stream, response, &leftover, error, now);
            return Ok(Answer::Refused(Box::new(refusal)));
        }
        let deflate = config.deflate.as_ref();
        match verify_upgrade(&response, &self.key, &config.subprotocols, deflate) {
            Ok(agreed) => Ok(Answer::Accepted { stream, response, agreed, leftover }),
            Err(error) => Err(Broken { error, response: Some(response) }),
        }
    }

    fn explain(&self, trouble: Trouble, config: &DialConfig) -> Error {
        match trouble {
            Trouble::Malformed(error) => error,
            Trouble::Ended { midway: false } => lost(GONE),
            Trouble::Ended { midway: true } => lost(
                "the server closed the connection in the middle of its answer to the upgrade \
                 request",
            ),
            Trouble::Broken(error) => self.failed(error, config),
        }
    }

    fn failed(&self, error: io::Error, config: &DialConfig) -> Error {
        if closes(error.kind()) {
            return Error::new(Code::Tcp, Component::Tcp, GONE).because(error);
        }
        if config.target.secure && error.raw_os_error().is_none() {
            return explain_early(&error.to_string(), &config.tls_name(), &config.tls);
        }
        let words = "the connection broke before the upgrade request was answered";
        Error::new(Code::Tcp, Component::Tcp, words).because(error)
    }
}

const GONE: &str = "the server closed the connection before it answered the upgrade request";

/// The error for a status other than 101. Its code is the status.
fn refused(response: &Response) -> Error {
    let words = format!("the server refused the upgrade with {}", spoken_status(response));
    Error::numbered(response.status.into(), Component::Http, words)
}

fn lost(words: &str) -> Error {
    Error::new(Code::Lost, Component::Http, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, reason: &str, headers: &[(&str, &str)]) -> Response {
        Response::new(status, reason, headers.iter().copied())
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
}
