//! The TLS handshake, and what is checked after it.

use super::config::TlsConfig;
use super::described::describe;
use super::hello::negotiated;
use super::pins;
use crate::error::Error;
use crate::exit::{self, Guarded};
use crate::log;
use crate::tls::{forget_stale_errors, Connector, Handshaking, Step, TlsError};
use crate::transport::{Session, Stream};

/// The protocol that a WebSocket is upgraded from (RFC 7301).
pub const ALPN: &str = "http/1.1";

/// A handshake over whatever stream, after as many steps as the socket allowed.
pub enum Handshake {
    Done(Box<Session<Stream>>),
    Pending(Guarded<Handshaking<Stream>>),
    /// The process is ending.
    Abandoned,
}

impl Handshake {
    pub fn start(
        connector: &Connector,
        name: &str,
        mut stream: Stream,
    ) -> Result<Handshake, TlsError> {
        let Some(_pass) = exit::enter() else { return Ok(Handshake::Abandoned) };
        forget_stale_errors();
        if log::wants(log::Level::Debug) {
            stream.listen();
        }
        Handshake::after(connector.connect(name, stream))
    }

    pub fn advance(pending: Guarded<Handshaking<Stream>>) -> Result<Handshake, TlsError> {
        let Some(_pass) = exit::enter() else { return Ok(Handshake::Abandoned) };
        forget_stale_errors();
        Handshake::after(pending.into_inner().advance())
    }

    fn after(result: Result<Step<Stream>, TlsError>) -> Result<Handshake, TlsError> {
        Ok(match result? {
            Step::Done(stream) => Handshake::Done(Box::new(Session::new(stream))),
            Step::Pending(pending) => Handshake::Pending(Guarded::new(pending)),
        })
    }
}

/// Logs what was agreed, and with whom.
pub fn log_session(id: i32, name: &str, session: &mut Session<Stream>) {
    if !log::wants(log::Level::Debug) {
        return;
    }
    let Some(_pass) = exit::enter() else { return };
    let agreed = negotiated(&session.heard()).unwrap_or_else(|| "TLS".to_owned());
    let alpn = session.negotiated_alpn().ok().flatten();
    let alpn = alpn.map(|alpn| format!(", ALPN {}", String::from_utf8_lossy(&alpn)));
    log::line!(Debug, "connection {id}: {agreed} with {name}{}", alpn.unwrap_or_default());
    if log::wants(log::Level::Trace) {
        for line in session.peer_certificate().iter().flat_map(|der| describe(der)) {
            log::line!(Trace, "connection {id}: certificate: {line}");
        }
    }
}

/// What is to be checked once the handshake is done.
pub fn check_session(
    config: &TlsConfig,
    certificate: Option<&[u8]>,
    session: &Session<Stream>,
) -> Result<(), Error> {
    pins::check(&config.pins, certificate)?;
    // A server that knows no ALPN chooses nothing.
    match session.negotiated_alpn() {
        Ok(Some(protocol)) if protocol != ALPN.as_bytes() => Err(Error::tls(format!(
            "the server chose to speak {} (ALPN), and a WebSocket needs HTTP/1.1",
            String::from_utf8_lossy(&protocol).escape_debug()
        ))),
        Ok(_) => Ok(()),
        Err(error) => {
            let words = "what the server chose to speak (ALPN) cannot be told";
            Err(Error::tls(words).because(Error::tls(error.to_string())))
        }
    }
}
