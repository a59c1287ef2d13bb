//! A server that speaks WebSocket properly, on tungstenite: each path is a behaviour.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use native_tls::{TlsAcceptor, TlsStream};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod, SslStream, SslVerifyMode};
use openssl::x509::X509;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::{HeaderValue, StatusCode};
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};
use url::Url;

use super::certificates::ServerCertificate;
use super::frames;
use super::listener::{close_gently, wait_until_gone, Board, Connected, Ending, Listener, Seen};
use super::reset_on_close;

/// How long `/rst` waits, so that the client notices that it is open.
const BEFORE_RESET: Duration = Duration::from_millis(200);
const PATHS: [&str; 23] = [
    "/echo",
    "/silent",
    "/sink",
    "/flood",
    "/flood-binary",
    "/close",
    "/drop",
    "/rst",
    "/headers",
    "/object",
    "/bad-object",
    "/binary",
    "/ping",
    "/count",
    "/sub",
    "/stall",
    "/gate",
    "/closes",
    "/text",
    "/text-and-drop",
    "/fragments",
    "/late-close",
    "/client",
];

/// A stream with or without TLS.
pub trait Stream: Read + Write {
    fn tcp(&self) -> &TcpStream;

    /// The common name in the client's certificate.
    fn client_name(&self) -> Option<String> {
        None
    }
}

impl Stream for Connected {
    fn tcp(&self) -> &TcpStream {
        self.tcp()
    }
}

impl Stream for TlsStream<Connected> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().tcp()
    }
}

impl Stream for SslStream<Connected> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().tcp()
    }

    fn client_name(&self) -> Option<String> {
        let certificate = self.ssl().peer_certificate()?;
        let name = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next()?;
        name.data().to_string().ok()
    }
}

/// Serves ws://.
pub fn plain() -> io::Result<Listener> {
    Listener::start(serve)
}

/// Serves ws:// on that address.
pub fn plain_at(address: &str) -> io::Result<Listener> {
    Listener::start_at(address, serve)
}

/// Serves wss:// with that certificate.
pub fn tls(certificate: &ServerCertificate) -> io::Result<Listener> {
    let acceptor = TlsAcceptor::new(certificate.identity()).map_err(io::Error::other)?;
    with_acceptor(acceptor)
}

pub fn with_acceptor(acceptor: TlsAcceptor) -> io::Result<Listener> {
    with_acceptor_at("127.0.0.1:0", acceptor)
}

pub fn with_acceptor_at(address: &str, acceptor: TlsAcceptor) -> io::Result<Listener> {
    Listener::start_at(address, move |stream, board| {
        if let Ok(stream) = acceptor.accept(stream) {
            serve(stream, board);
        }
    })
}

/// Serves wss:// only to clients with a certificate of that authority.
pub fn mutual(certificate: &ServerCertificate, client_ca_pem: &str) -> io::Result<Listener> {
    with_openssl(certificate, |acceptor| {
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        acceptor.cert_store_mut().add_cert(X509::from_pem(client_ca_pem.as_bytes())?)
    })
}

/// Serves wss:// to everybody, and asks for a certificate of that authority.
pub fn asking(certificate: &ServerCertificate, client_ca_pem: &str) -> io::Result<Listener> {
    with_openssl(certificate, |acceptor| ask(acceptor, client_ca_pem))
}

/// Asks clients for a certificate of that authority.
pub fn ask(
    acceptor: &mut SslAcceptorBuilder,
    client_ca_pem: &str,
) -> std::result::Result<(), ErrorStack> {
    acceptor.set_verify(SslVerifyMode::PEER);
    acceptor.cert_store_mut().add_cert(X509::from_pem(client_ca_pem.as_bytes())?)
}

/// Serves wss:// with OpenSSL directly, which can do more than native-tls.
pub fn with_openssl(
    certificate: &ServerCertificate,
    set: impl FnOnce(&mut SslAcceptorBuilder) -> std::result::Result<(), ErrorStack>,
) -> io::Result<Listener> {
    let acceptor = openssl_acceptor(certificate, set)?;
    Listener::start(move |stream, board| {
        if let Ok(stream) = acceptor.accept(stream) {
            serve(stream, board);
        }
    })
}

pub fn openssl_acceptor(
    certificate: &ServerCertificate,
    set: impl FnOnce(&mut SslAcceptorBuilder) -> std::result::Result<(), ErrorStack>,
) -> io::Result<SslAcceptor> {
    let build = || {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        acceptor.set_private_key(&*PKey::private_key_from_pem(certificate.key_pem.as_bytes())?)?;
        acceptor.set_certificate(&*X509::from_pem(certificate.chain_pem.as_bytes())?)?;
        set(&mut acceptor)?;
        Ok::<_, ErrorStack>(acceptor.build())
    };
    build().map_err(io::Error::other)
}

struct Query(Url);

impl Query {
    fn get(&self, name: &str) -> Option<String> {
        self.0.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }
}

pub fn serve<S: Stream>(stream: S, board: &Board) {
    let mut url = None;
    let mut headers = BTreeMap::<String, Vec<String>>::new();
    #[allow(clippy::result_large_err)] // tungstenite's own type
    let look = |request: &Request, mut response: Response| {
        for (name, value) in request.headers() {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.entry(name.as_str().to_owned()).or_default().push(value);
        }
        let parsed = Url::parse(&format!("ws://host{}", request.uri())).ok();
        let redirect = parsed.clone().filter(|url| url.path() == "/redirect").map(Query);
        if let Some(to) = redirect.and_then(|query| HeaderValue::from_str(&query.get("to")?).ok()) {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = StatusCode::FOUND;
            refusal.headers_mut().insert("Location", to);
            return Err(refusal);
        }
        let known = parsed.filter(|url| PATHS.contains(&url.path()));
        let Some(known) = known else {
            let mut refusal = ErrorResponse::new(Some("there is nothing here".to_owned()));
            *refusal.status_mut() = StatusCode::NOT_FOUND;
            return Err(refusal);
        };
        let query = Query(known.clone());
        if let Some(chosen) = query.get("choose").and_then(|c| HeaderValue::from_str(&c).ok()) {
            response.headers_mut().insert("Sec-WebSocket-Protocol", chosen);
        }
        url = Some(known);
        Ok(response)
    };
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let Ok(mut socket) = tungstenite::accept_hdr_with_config(stream, look, Some(config)) else {
        return;
    };
    let Some(url) = url else { return };
    let path = url.path().to_owned();
    board.saw(&path, Ending::Opened);
    let mut visit = Visit { path: &path, board, query: Query(url), headers, is_closed: false };
    // An error means that the client has gone or did not wait for us.
    let _ = visit.behave(&mut socket);
    if !visit.is_closed {
        board.saw(&path, Ending::Lost);
    }
    if path != "/rst" {
        close_gently(socket.get_ref().tcp());
    }
}

struct Visit<'a> {
    path: &'a str,
    board: &'a Board,
    query: Query,
    headers: BTreeMap<String, Vec<String>>,
    /// The client's close frame has arrived.
    is_closed: bool,
}

type Result = std::result::Result<(), Box<tungstenite::Error>>;

impl Visit<'_> {
    fn behave<S: Stream>(&mut self, socket: &mut WebSocket<S>) -> Result {
        match self.path {
            "/echo" => return self.echo(socket),
            "/silent" => wait_until_gone(socket.get_ref().tcp()),
            "/stall" => {
                match self.query.number("for", 0) {
                    0 => wait_until_gone(socket.get_ref().tcp()),
                    ms => std::thread::sleep(Duration::from_millis(ms as u64)),
                }
                return self.sink(socket);
            }
            "/gate" => {
                self.board.wait_for_gate();
                return self.sink(socket);
            }
            "/flood" | "/flood-binary" => self.flood(socket)?,
            "/close" => {
                let reason = self.query.get("reason").unwrap_or_default();
                let code = self.query.number("code", 1000) as u16;
                let frame = CloseFrame { code: code.into(), reason: reason.into() };
                socket.close((code != 0).then_some(frame))?;
            }
            "/late-close" => {
                // Answers the first message by a close frame.
                socket.read()?;
                let frame = CloseFrame { code: 4001.into(), reason: "late".into() };
                socket.close(Some(frame))?;
            }
            "/drop" => return Ok(()),
            "/rst" => {
                reset_on_close(socket.get_ref().tcp());
                let _ = socket.get_ref().tcp().set_read_timeout(Some(BEFORE_RESET));
                let _ = socket.read();
                return Ok(());
            }
            "/headers" => {
                let headers = serde_json::to_string(&self.headers).unwrap_or_default();
                socket.send(Message::text(headers))?;
            }
            "/closes" => {
                let close = |seen: Seen| match seen.ending {
                    Ending::Close(Some((code, reason))) => Some((seen.path, code, reason)),
                    Ending::Close(None) => Some((seen.path, 1005, String::new())),
                    _ => None,
                };
                let closes: Vec<_> = self.board.seen().into_iter().filter_map(close).collect();
                socket.send(Message::text(serde_json::to_string(&closes).unwrap_or_default()))?;
            }
            "/object" => socket.send(Message::text(r#"{"n":1,"price":1.10}"#))?,
            "/bad-object" => socket.send(Message::text(r#"{"n":"#))?,
            "/binary" => socket.send(Message::binary((0..=255).collect::<Vec<u8>>()))?,
            "/client" => {
                let name = socket.get_ref().client_name().unwrap_or_default();
                socket.send(Message::text(name))?;
            }
            "/text" | "/text-and-drop" => {
                socket.send(Message::text(self.query.get("say").unwrap_or_default()))?;
                if self.path == "/text-and-drop" {
                    return Ok(());
                }
            }
            "/fragments" => {
                // One text message in three fragments, with a ping between.
                let stream = socket.get_mut();
                let mut bytes = frames::frame(frames::TEXT, "Grüß ".as_bytes());
                bytes.extend(frames::frame(frames::CONTINUATION, "G".as_bytes()));
                bytes.extend(frames::frame(frames::FIN | frames::PING, b"between"));
                bytes.extend(frames::frame(frames::FIN | frames::CONTINUATION, "ott".as_bytes()));
                stream.write_all(&bytes).map_err(tungstenite::Error::from)?;
                stream.flush().map_err(tungstenite::Error::from)?;
            }
            "/ping" => return self.pings(socket),
            "/count" => return self.count(socket),
            // Sink, sub.
            _ => {}
        }
        self.sink(socket)
    }

    /// Reads until the end, and answers the close frame.
    fn sink<S: Stream>(&mut self, socket: &mut WebSocket<S>) -> Result {
        loop {
            let message = socket.read()?;
            self.look(&message);
        }
    }

    fn look(&mut self, message: &Message) {
        if let Message::Close(frame) = message {
            self.saw_close(frame.as_ref().map(|f| (u16::from(f.code), f.reason.to_string())));
        }
    }

    /// Call it before the close frame is answered, so that whoever has the answer finds the frame.
    fn saw_close(&mut self, close: Option<(u16, String)>) {
        self.is_closed = true;
        self.board.saw(self.path, Ending::Close(close));
    }

    fn echo<S: Stream>(&mut self, socket: &mut WebSocket<S>) -> Result {
        loop {
            let message = socket.read()?;
            self.look(&message);
            if message.is_text() || message.is_binary() {
                socket.send(message)?;
            }
        }
    }

    fn flood<S: Stream>(&mut self, socket: &mut WebSocket<S>) -> Result {
        let count = self.query.number("n", 1000);
        let size = self.query.number("size", 100);
        for number in 0..count {
            let mut text = format!("{number}:");
            text.extend(std::iter::repeat_n('x', size.saturating_sub(text.len())));
            socket.write(if self.path == "/flood" {
                Message::text(text)
            } else {
                Message::binary(text.into_bytes())
            })?;
        }
        Ok(socket.flush()?)
    }

    /// Sends pings, and reports the payloads of their pongs.
    fn pings<S: Stream>(&mut self, socket: &mut WebSocket<S>) -> Result {
        let long = "p".repeat(125);
        for payload in ["", "hello", &long] {
            socket.send(Message::Ping(payload.as_bytes().to_vec().into()))?;
            loop {
                let message = socket.read()?;
                self.look(&message);
                if let Message::Pong(pong) = message {
                    let pong = String::from_utf8_lossy(&pong).into_owned();
                    socket.send(Message::text(pong))?;
                    break;
                }
            }
        }
        self.sink(socket)
    }

    /// Answers the close frame with the number of messages before it.
    fn count<S: Stream>(&mut self, socket: &mut WebSocket<S>) -> Result {
        let stream = socket.get_mut();
        let mut messages = 0_u64;
        loop {
            let frame = frames::read(stream).map_err(tungstenite::Error::from)?;
            match frame.opcode {
                frames::CLOSE => {
                    self.saw_close(frame.closing());
                    let answer = frames::close(1000, messages.to_string().as_bytes());
                    stream.write_all(&answer).map_err(tungstenite::Error::from)?;
                    stream.flush().map_err(tungstenite::Error::from)?;
                    return Ok(());
                }
                frames::TEXT | frames::BINARY | frames::CONTINUATION if frame.fin => messages += 1,
                _ => {}
            }
        }
    }
}
