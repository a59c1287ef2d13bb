//! The TLS handshake, and what is checked after it.

use super::config::TlsConfig;
use super::described::describe;
use super::pins;
use crate::error::Error;
use crate::exit::{self, Guarded};
use crate::log;
use crate::tls::{
    forget_stale_errors, Connector, Handshaking, Opening, Step, TlsError, TlsFacts, Verdict,
};
use crate::transport::{Session, Stream};

/// The protocol that a WebSocket is upgraded from (RFC 7301).
pub const ALPN: &str = "http/1.1";

/// A handshake, after as many steps as the socket allowed.
pub enum Handshake {
    Done(Box<Session<Stream>>),
    Pending(Guarded<Handshaking<Stream>>),
    /// The handshake has stopped at the server's certificate, as requested. Continue with
    /// `answered`.
    Asked(Guarded<Handshaking<Stream>>, Verdict),
    /// The process is ending.
    Abandoned,
}

impl Handshake {
    pub fn start(
        connector: &Connector,
        opening: Opening<'_>,
        stream: Stream,
    ) -> Result<Handshake, TlsError> {
        let Some(_pass) = exit::enter() else { return Ok(Handshake::Abandoned) };
        forget_stale_errors();
        connector.connect(opening, stream).map(Handshake::from)
    }

    pub fn advance(pending: Guarded<Handshaking<Stream>>) -> Result<Handshake, TlsError> {
        let Some(_pass) = exit::enter() else { return Ok(Handshake::Abandoned) };
        forget_stale_errors();
        pending.into_inner().advance().map(Handshake::from)
    }

    /// Continues after `Asked`. The handshake fails if the certificate is not accepted.
    pub fn answered(
        mut asking: Guarded<Handshaking<Stream>>,
        is_accepted: bool,
    ) -> Result<Handshake, TlsError> {
        if let Some(_pass) = exit::enter() {
            asking.answer(is_accepted);
        }
        Handshake::advance(asking)
    }
}

impl From<Step<Stream>> for Handshake {
    fn from(step: Step<Stream>) -> Handshake {
        match step {
            Step::Done(stream) => Handshake::Done(Box::new(Session::new(stream))),
            Step::Pending(pending) => Handshake::Pending(Guarded::new(pending)),
            Step::Asked(asking, verdict) => Handshake::Asked(Guarded::new(asking), verdict),
        }
    }
}

/// Logs the negotiated parameters and the server's certificate.
pub fn log_session(id: i32, name: &str, session: &Session<Stream>) {
    if !log::wants(log::Level::Debug) {
        return;
    }
    let Some(_pass) = exit::enter() else { return };
    let TlsFacts { version, cipher, alpn, is_resumed, chain } = session.facts();
    let alpn = alpn.map(|alpn| format!(", ALPN {}", alpn.escape_debug())).unwrap_or_default();
    let resumed = if is_resumed { ", resumed" } else { "" };
    log::line!(Debug, "connection {id}: {version}, {cipher} with {name}{alpn}{resumed}");
    if log::wants(log::Level::Trace) {
        for line in chain.first().iter().flat_map(|der| describe(der)) {
            log::line!(Trace, "connection {id}: certificate: {line}");
        }
    }
}

/// Logs the faults of the certificate at which a handshake stopped.
pub fn log_verdict(id: i32, name: &str, verdict: &Verdict) {
    for fault in &verdict.faults {
        let (words, depth) = (fault.words, fault.depth);
        log::line!(Debug, "connection {id}: certificate {depth} of {name}: {words}");
    }
}

/// The checks after the handshake.
pub fn check_session(
    config: &TlsConfig,
    certificate: Option<&[u8]>,
    session: &Session<Stream>,
) -> Result<(), Error> {
    pins::check(&config.pins, certificate)?;
    // A server without ALPN chooses nothing.
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
