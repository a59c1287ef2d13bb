//! CONNECT: a tunnel through an HTTP proxy (RFC 9110 9.3.6).

use std::time::Instant;

use super::reply::Reply;
use super::server::Proxy;
use crate::dial::http::{quoted, spoken_status, Exchange, Peer, Refusal, Trouble};
use crate::dial::target::Target;
use crate::dial::trail::Notes;
use crate::error::{Component, Error};
use crate::protocol::Response;
use crate::secret::Secret;
use crate::transport::Stream;

/// A CONNECT in progress.
pub struct HttpConnect {
    exchange: Exchange,
    /// The request has credentials for the proxy.
    is_authorized: bool,
}

impl HttpConnect {
    pub fn new(
        stream: Stream,
        proxy: &Proxy,
        target: &Target,
        authorization: Option<&Secret>,
        notes: &Notes,
    ) -> HttpConnect {
        let (peer, request) = (format!("the proxy {proxy}"), request(target, authorization));
        HttpConnect {
            exchange: Exchange::new(stream, notes.clone(), peer, request.into_bytes()),
            is_authorized: authorization.is_some(),
        }
    }

    pub fn advance(
        mut self: Box<Self>,
        proxy: &Proxy,
        target: &Target,
        now: Instant,
    ) -> Result<Reply<Box<Self>>, Error> {
        match self.exchange.advance() {
            Ok(None) => Ok(Reply::Pending(self)),
            Ok(Some((response, leftover))) => {
                let stream = self.exchange.into_stream();
                if !matches!(response.status, 200..=299) {
                    let error = refused(&response, proxy, target, self.is_authorized);
                    let refusal =
                        Refusal::new(Peer::Proxy, stream, response, &leftover, error, now);
                    return Ok(Reply::Refused(Box::new(refusal)));
                }
                // The server sends nothing before it gets a request.
                if !leftover.is_empty() {
                    return Err(proxy.misbehaved("sent more than its answer to CONNECT"));
                }
                Ok(Reply::Through(stream))
            }
            Err(trouble) if self.exchange.is_unanswered() => {
                Ok(Reply::Silence(explain(trouble, proxy)))
            }
            Err(trouble) => Err(explain(trouble, proxy)),
        }
    }
}

fn request(target: &Target, authorization: Option<&Secret>) -> String {
    let authority = target.tunnel_authority();
    let mut request = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: hostws/{}\r\n",
        env!("CARGO_PKG_VERSION")
    );
    if let Some(value) = authorization {
        request.push_str(&format!("Proxy-Authorization: {}\r\n", value.reveal()));
    }
    request.push_str("\r\n");
    request
}

/// The error for a status other than success. Its code is the status.
fn refused(response: &Response, proxy: &Proxy, target: &Target, is_authorized: bool) -> Error {
    let (server, status) = (target.authority(), spoken_status(response));
    let mut words = format!("the proxy {proxy} refused to connect to {server} with {status}");
    if response.status == 407 {
        let challenges: Vec<_> = response.text_all("proxy-authenticate").collect();
        words.push_str(match (is_authorized, &proxy.credentials) {
            (true, _) => "; it does not accept the user and password",
            (false, None) => "; it was given no user and password",
            (false, Some(_)) => "; it got no user and password",
        });
        if !challenges.is_empty() {
            words.push_str(&format!(" and wants {}", quoted(&challenges.join(", "))));
        }
    }
    Error::numbered(response.status.into(), Component::Proxy, words)
}

fn explain(trouble: Trouble, proxy: &Proxy) -> Error {
    match trouble {
        Trouble::Malformed(error) => proxy.failed("there is no sense in the answer of", error),
        Trouble::Ended { midway: false } => {
            proxy.lost("closed the connection before it answered CONNECT")
        }
        Trouble::Ended { midway: true } => {
            proxy.lost("closed the connection in the middle of its answer to CONNECT")
        }
        Trouble::Broken(error) => {
            proxy.lost("let the connection break before it answered CONNECT").because(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_host_and_port() {
        for (url, authority) in [
            ("ws://example.com/chat", "example.com:80"),
            ("wss://u:pw@example.com", "example.com:443"),
            ("wss://[::1]:8443/", "[::1]:8443"),
            ("ws://[fe80::1%25eth0]/", "[fe80::1]:80"),
        ] {
            let request = request(&Target::parse(url).unwrap(), None);
            let start = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
            assert!(request.starts_with(&start), "{request}");
            assert!(request.ends_with("\r\n\r\n") && !request.contains("Authorization"));
        }
        let value = Secret::from("Basic QWxh".to_owned());
        let request = request(&Target::parse("ws://h").unwrap(), Some(&value));
        assert!(request.contains("\r\nProxy-Authorization: Basic QWxh\r\n"));
    }

    #[test]
    fn a_407_says_what_is_wanted() {
        let headers =
            [("Proxy-Authenticate", "Negotiate"), ("proxy-authenticate", "Basic realm=\"x\"")];
        let response = Response::new(407, "Proxy Authentication Required", headers);
        let target = Target::parse("ws://h").unwrap();
        let error = refused(&response, &Proxy::parse("http://p").unwrap(), &target, false);
        assert_eq!((error.code, error.component), (407, Component::Proxy));
        let words = "the proxy http://p:80 refused to connect to h:80 with 407 Proxy \
                     Authentication Required; it was given no user and password and wants \
                     Negotiate, Basic realm=\"x\"";
        assert_eq!(error.message, words);
        let proxy = Proxy::parse("http://me:hunter2@p").unwrap();
        for (is_authorized, words) in [(true, "does not accept"), (false, "it got no")] {
            let error = refused(&response, &proxy, &target, is_authorized);
            assert!(error.message.contains(words) && !error.message.contains("hunter2"));
        }
    }
}
