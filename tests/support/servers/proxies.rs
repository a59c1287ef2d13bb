//! Proxies: HTTP CONNECT and SOCKS 5, with or without TLS and a password, honest or not. Whatever
//! host a client asks for, they connect to the loopback: to ::1 for an IPv6 address, otherwise to
//! 127.0.0.1.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use openssl::ssl::AlpnError;

use super::certificates::ServerCertificate;
use super::listener::{close_gently, wait_until_gone, Listener, PATIENCE};
use super::websocket::{ask, openssl_acceptor, Stream};

/// How long the relay waits for one side before it checks the other.
const TURN: Duration = Duration::from_millis(2);
const MAX_HEAD: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Http,
    Socks,
}

/// The misbehaviour of a proxy.
#[derive(Clone)]
pub enum Manner {
    Honest,
    /// Its answers come a byte at a time.
    Slow,
    /// It reads the request and never answers.
    Silent,
    /// It sends this instead of its first answer, and closes.
    Says(&'static [u8]),
    /// Its reply to the SOCKS request.
    Replies(u8),
}

#[derive(Clone)]
pub struct Setup {
    pub kind: Kind,
    pub manner: Manner,
    /// User and password.
    pub password: Option<(&'static str, &'static str)>,
    pub certificate: Option<ServerCertificate>,
    /// Asks for a client certificate of that authority, but accepts everybody.
    pub client_ca_pem: Option<String>,
}

pub struct FakeProxy {
    pub listener: Listener,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Setup {
    pub fn new(kind: Kind) -> Setup {
        Setup {
            kind,
            manner: Manner::Honest,
            password: None,
            certificate: None,
            client_ca_pem: None,
        }
    }

    pub fn manner(self, manner: Manner) -> Setup {
        Setup { manner, ..self }
    }

    pub fn password(self, user: &'static str, password: &'static str) -> Setup {
        Setup { password: Some((user, password)), ..self }
    }

    pub fn tls(self, certificate: &ServerCertificate) -> Setup {
        Setup { certificate: Some(certificate.clone()), ..self }
    }

    pub fn asks_for(self, client_ca_pem: &str) -> Setup {
        Setup { client_ca_pem: Some(client_ca_pem.to_owned()), ..self }
    }

    pub fn start(self) -> FakeProxy {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let acceptor = self.certificate.as_ref().map(|certificate| {
            let seen = Arc::clone(&asked);
            let built = openssl_acceptor(certificate, |acceptor| {
                acceptor.set_alpn_select_callback(move |_, offered| {
                    let offered = String::from_utf8_lossy(offered);
                    note(&seen, format!("ALPN {offered:?}"));
                    Err(AlpnError::NOACK)
                });
                self.client_ca_pem.as_ref().map_or(Ok(()), |pem| ask(acceptor, pem))
            });
            built.unwrap()
        });
        let listener = Listener::start(move |stream, _| {
            // An error means that the client or the server has gone.
            let _ = match &acceptor {
                None => Visit { setup: &self, stream, seen: &seen }.serve(),
                Some(acceptor) => match acceptor.accept(stream) {
                    Ok(stream) => Visit { setup: &self, stream, seen: &seen }.serve(),
                    Err(_) => Ok(()),
                },
            };
        });
        FakeProxy { listener: listener.unwrap(), asked }
    }
}

impl FakeProxy {
    pub fn port(&self) -> u16 {
        self.listener.port
    }

    /// What clients asked for, such as `name localhost:80`, and their TLS certificates.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Visit<'a, S> {
    setup: &'a Setup,
    stream: S,
    seen: &'a Mutex<Vec<String>>,
}

impl<S: Stream> Visit<'_, S> {
    fn serve(mut self) -> io::Result<()> {
        if let Some(name) = self.stream.client_name() {
            self.saw(format!("the certificate of {name}"));
        }
        let target = match self.setup.kind {
            Kind::Http => self.http()?,
            Kind::Socks => self.socks()?,
        };
        match target {
            Some(target) => relay(self.stream, TcpStream::connect(target)?),
            None => {
                close_gently(self.stream.tcp());
                Ok(())
            }
        }
    }

    /// The address to connect to, if the request is allowed.
    fn http(&mut self) -> io::Result<Option<SocketAddr>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
            head.extend(self.bytes(1)?);
        }
        if self.misbehaves()? {
            return Ok(None);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut words = head.split(' ');
        let (method, authority) = (words.next().unwrap(), words.next().unwrap_or_default());
        assert_eq!(method, "CONNECT");
        assert!(head.contains(&format!("\r\nHost: {authority}\r\n")), "{head}");
        let given = head.split_once("\r\nProxy-Authorization: Basic ");
        let given = given.map(|(_, rest)| rest.split("\r\n").next().unwrap());
        let wanted = self
            .setup
            .password
            .map(|(user, password)| BASE64.encode(format!("{user}:{password}").as_bytes()));
        if wanted.is_some() && given != wanted.as_deref() {
            self.say(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n\
                  Proxy-Authenticate: Basic realm=\"a test\"\r\nContent-Length: 11\r\n\r\n\
                  who are you",
            )?;
            return Ok(None);
        }
        self.saw(format!("CONNECT {authority}"));
        self.say(b"HTTP/1.1 200 Connection established\r\nVia: a test\r\n\r\n")?;
        let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        Ok(port.map(|port| loopback(authority.starts_with('['), port)))
    }

    fn socks(&mut self) -> io::Result<Option<SocketAddr>> {
        let greeting = self.bytes(2)?;
        let methods = self.bytes(greeting[1].into())?;
        if self.misbehaves()? {
            return Ok(None);
        }
        match self.setup.password {
            None => self.say(&[5, 0])?,
            Some(_) if !methods.contains(&2) => {
                self.say(&[5, 0xFF])?;
                return Ok(None);
            }
            Some((user, password)) => {
                self.say(&[5, 2])?;
                assert_eq!(self.bytes(1)?, [1]);
                let given = (self.counted()?, self.counted()?);
                let right = given == (user.as_bytes().to_vec(), password.as_bytes().to_vec());
                self.say(&[1, u8::from(!right)])?;
                if !right {
                    return Ok(None);
                }
            }
        }
        let head = self.bytes(4)?;
        assert_eq!(head[..3], [5, 1, 0]);
        let host = match head[3] {
            1 => format!("ipv4 {}", Ipv4Addr::from(<[u8; 4]>::try_from(self.bytes(4)?).unwrap())),
            4 => {
                format!("ipv6 [{}]", Ipv6Addr::from(<[u8; 16]>::try_from(self.bytes(16)?).unwrap()))
            }
            _ => format!("name {}", String::from_utf8_lossy(&self.counted()?)),
        };
        let port = self.bytes(2)?;
        let port = u16::from_be_bytes([port[0], port[1]]);
        self.saw(format!("{host}:{port}"));
        if let Manner::Replies(code) = self.setup.manner {
            self.say(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0])?;
            return Ok(None);
        }
        // An address whose length is not that of IPv4.
        self.say(b"\x05\0\0\x03\x04host\0\x50")?;
        Ok(Some(loopback(head[3] == 4, port)))
    }

    fn misbehaves(&mut self) -> io::Result<bool> {
        match self.setup.manner {
            Manner::Silent => wait_until_gone(self.stream.tcp()),
            Manner::Says(bytes) => self.stream.write_all(bytes)?,
            Manner::Honest | Manner::Slow | Manner::Replies(_) => return Ok(false),
        }
        self.stream.flush()?;
        Ok(true)
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !matches!(self.setup.manner, Manner::Slow) {
            self.stream.write_all(bytes)?;
            return self.stream.flush();
        }
        for &byte in bytes {
            self.stream.write_all(&[byte])?;
            self.stream.flush()?;
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn saw(&self, what: String) {
        note(self.seen, what);
    }

    fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads bytes that follow their count.
    fn counted(&mut self) -> io::Result<Vec<u8>> {
        let count = self.bytes(1)?[0];
        self.bytes(count.into())
    }
}

fn note(seen: &Mutex<Vec<String>>, what: String) {
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(what);
}

fn loopback(is_v6: bool, port: u16) -> SocketAddr {
    if is_v6 {
        (Ipv6Addr::LOCALHOST, port).into()
    } else {
        (Ipv4Addr::LOCALHOST, port).into()
    }
}

/// Carries bytes both ways until one side has ended.
fn relay<S: Stream>(mut client: S, mut server: TcpStream) -> io::Result<()> {
    client.tcp().set_read_timeout(Some(TURN))?;
    server.set_read_timeout(Some(TURN))?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if !carry(&mut client, &mut server)? || !carry(&mut server, &mut client)? {
            break;
        }
    }
    close_gently(client.tcp());
    Ok(())
}

/// Relays available bytes one way. Returns false at the end.
fn carry(from: &mut impl Read, to: &mut impl Write) -> io::Result<bool> {
    let mut buffer = [0; 16 << 10];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(length) => {
            to.write_all(&buffer[..length])?;
            to.flush()?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
    }
}
