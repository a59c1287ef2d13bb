//! SOCKS 5 (RFC 1928), with user and password (RFC 1929).

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};

use super::reply::Reply;
use super::server::Proxy;
use crate::dial::http::send;
use crate::dial::target::Target;
use crate::dial::tls::closes;
use crate::error::{Component, Error};
use crate::transport::Stream;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xFF;
/// The version of RFC 1929, which is not that of SOCKS.
const AUTHENTICATION_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
/// The length of a reply up to the first byte of its address. If the address is a name, this byte
/// is its length.
const REPLY_HEAD: usize = 5;

/// A handshake in progress.
pub struct Socks {
    stream: Stream,
    /// The message to send, of which `sent` bytes have been written.
    message: Vec<u8>,
    sent: usize,
    /// The bytes of the current answer. Never more, because the bytes after the last answer come
    /// from the server.
    received: Vec<u8>,
    expected: usize,
    step: Step,
    request: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Step {
    Method,
    Authentication,
    Reply,
}

impl Socks {
    /// Asks for `address`, or without one for the target's name.
    pub fn new(
        stream: Stream,
        proxy: &Proxy,
        target: &Target,
        address: Option<SocketAddr>,
    ) -> Result<Socks, Error> {
        let request = request(target, address)
            .ok_or_else(|| proxy.misbehaved("cannot be told a name of more than 255 bytes"))?;
        Ok(Socks {
            stream,
            message: greeting(proxy),
            sent: 0,
            received: Vec::new(),
            expected: 2,
            step: Step::Method,
            request,
        })
    }

    pub fn advance(
        mut self: Box<Self>,
        proxy: &Proxy,
        target: &Target,
    ) -> Result<Reply<Box<Self>>, Error> {
        loop {
            if let Err(error) = send(&mut self.stream, &self.message, &mut self.sent) {
                return Err(broken(error, proxy));
            }
            while self.received.len() < self.expected {
                let mut buffer = [0; 300];
                let wanted = (self.expected - self.received.len()).min(buffer.len());
                match self.stream.read(&mut buffer[..wanted]) {
                    Ok(0) => return Err(proxy.lost(GONE)),
                    Ok(length) => self.received.extend_from_slice(&buffer[..length]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        return Ok(Reply::Pending(self));
                    }
                    Err(error) => return Err(broken(error, proxy)),
                }
                // An answer in another protocol may be shorter than any answer of SOCKS.
                self.check_version(proxy)?;
            }
            if self.answered(proxy, target)? {
                return Ok(Reply::Through(self.stream));
            }
        }
    }

    fn check_version(&self, proxy: &Proxy) -> Result<(), Error> {
        let version = match self.step {
            Step::Authentication => AUTHENTICATION_VERSION,
            Step::Method | Step::Reply => VERSION,
        };
        if self.received.first() == Some(&version) {
            return Ok(());
        }
        let start = self.received.escape_ascii();
        Err(proxy.misbehaved(format!("does not speak SOCKS 5; its answer begins with \"{start}\"")))
    }

    /// Begins the next step. Returns true after the last step.
    fn answered(&mut self, proxy: &Proxy, target: &Target) -> Result<bool, Error> {
        match (self.step, self.received[1]) {
            (Step::Method, NO_AUTHENTICATION) => self.say_request(),
            (Step::Method, USER_AND_PASSWORD) if proxy.credentials.is_some() => {
                let message = credentials(proxy);
                self.say(Step::Authentication, message, 2);
            }
            (Step::Method, NONE_ACCEPTABLE) => {
                return Err(proxy.misbehaved(match proxy.credentials {
                    None => "wants a user and password, or another authentication",
                    Some(_) => "accepts neither a user and password nor a client without",
                }))
            }
            (Step::Method, method) => {
                let words = format!("chose authentication method {method}, which was not offered");
                return Err(proxy.misbehaved(words));
            }
            (Step::Authentication, 0) => self.say_request(),
            (Step::Authentication, _) => {
                return Err(proxy.misbehaved("does not accept the user and password"))
            }
            (Step::Reply, 0) => {
                // The address that the proxy connects from. It is not used, but must be read.
                let length = match self.received[3] {
                    IPV4 => 4,
                    IPV6 => 16,
                    NAME => 1 + usize::from(self.received[4]),
                    other => {
                        let words = format!("answered with an address of the unknown type {other}");
                        return Err(proxy.misbehaved(words));
                    }
                };
                let whole = REPLY_HEAD - 1 + length + 2;
                if self.received.len() >= whole {
                    return Ok(true);
                }
                self.expected = whole;
            }
            (Step::Reply, code) => return Err(refused(code, proxy, target)),
        }
        Ok(false)
    }

    fn say_request(&mut self) {
        let request = std::mem::take(&mut self.request);
        self.say(Step::Reply, request, REPLY_HEAD);
    }

    fn say(&mut self, step: Step, message: Vec<u8>, expected: usize) {
        self.step = step;
        self.message = message;
        self.sent = 0;
        self.received.clear();
        self.expected = expected;
    }
}

const GONE: &str = "closed the connection before the SOCKS handshake was over";

fn broken(error: io::Error, proxy: &Proxy) -> Error {
    let words =
        if closes(error.kind()) { GONE } else { "let the connection break during the handshake" };
    proxy.lost(words).because(error)
}

fn greeting(proxy: &Proxy) -> Vec<u8> {
    match proxy.credentials {
        None => vec![VERSION, 1, NO_AUTHENTICATION],
        Some(_) => vec![VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
    }
}

fn credentials(proxy: &Proxy) -> Vec<u8> {
    let mut message = vec![AUTHENTICATION_VERSION];
    if let Some(credentials) = &proxy.credentials {
        for text in [&credentials.user, &credentials.password] {
            // The URL's parser has checked that both have at most 255 bytes and that the user is
            // not empty.
            message.push(text.len() as u8);
            message.extend_from_slice(text);
        }
    }
    message
}

fn request(target: &Target, address: Option<SocketAddr>) -> Option<Vec<u8>> {
    let mut message = vec![VERSION, CONNECT, 0];
    // An address is sent as an address, even if the proxy resolves names.
    let literal = target.tls_name().parse::<IpAddr>().ok();
    match address.map(|address| address.ip()).or(literal) {
        Some(IpAddr::V4(address)) => {
            message.push(IPV4);
            message.extend_from_slice(&address.octets());
        }
        Some(IpAddr::V6(address)) => {
            message.push(IPV6);
            message.extend_from_slice(&address.octets());
        }
        None => {
            message.extend_from_slice(&[NAME, u8::try_from(target.host.len()).ok()?]);
            message.extend_from_slice(target.host.as_bytes());
        }
    }
    message.extend_from_slice(&target.port.to_be_bytes());
    Some(message)
}

/// The error for a reply other than success. Its code is the reply.
fn refused(code: u8, proxy: &Proxy, target: &Target) -> Error {
    let meaning = match code {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown",
    };
    let server = target.authority();
    let words =
        format!("the proxy {proxy} could not connect to {server}: SOCKS reply {code}, {meaning}");
    Error::numbered(code.into(), Component::Proxy, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(url: &str) -> Proxy {
        Proxy::parse(url).unwrap()
    }

    #[test]
    fn messages_of_the_rfcs() {
        assert_eq!(greeting(&proxy("socks5://p")), [5, 1, 0]);
        assert_eq!(greeting(&proxy("socks5://me:pw@p")), [5, 2, 0, 2]);
        assert_eq!(credentials(&proxy("socks5://me:p%00@p")), *b"\x01\x02me\x02p\0");
        let address = Some("192.0.2.7:80".parse().unwrap());
        for (url, address, bytes) in [
            ("ws://example.com", None, &b"\x05\x01\0\x03\x0bexample.com\0\x50"[..]),
            ("ws://example.com", address, b"\x05\x01\0\x01\xc0\0\x02\x07\0\x50"),
            ("ws://127.0.0.1:258", None, b"\x05\x01\0\x01\x7f\0\0\x01\x01\x02"),
            ("wss://[::1]", None, b"\x05\x01\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"),
        ] {
            let request = request(&Target::parse(url).unwrap(), address).unwrap();
            assert_eq!(request, bytes, "{url}");
        }
        let long = Target::parse(&format!("ws://{}", "x".repeat(256))).unwrap();
        assert_eq!(request(&long, None), None);
    }

    #[test]
    fn a_reply_is_explained() {
        let target = Target::parse("ws://h").unwrap();
        let error = refused(2, &proxy("socks5h://me:hunter2@p"), &target);
        assert_eq!((error.code, error.component), (2, Component::Proxy));
        let words = "the proxy socks5h://p:1080 could not connect to h:80: SOCKS reply 2, not \
                     allowed by its rules";
        assert_eq!(error.message, words);
    }
}
