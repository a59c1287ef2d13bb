//! TLS by native-tls.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;

use native_tls::{HandshakeError, MidHandshakeTlsStream, Protocol, TlsConnector};

use super::ahead::Ahead;
use super::hello::negotiated;
use super::record_stream::RecordStream;
use super::{pem, Opening, Settings, Step, TlsFacts, TlsVersion, Verify};
pub use native_tls::Error as TlsError;

/// A certificate to trust.
pub struct Certificate(native_tls::Certificate);

impl Certificate {
    pub fn stack_from_pem(text: &[u8]) -> Result<Vec<Certificate>, TlsError> {
        let found = pem::certificates(text);
        found
            .map(|one| native_tls::Certificate::from_pem(one.as_bytes()).map(Certificate))
            .collect()
    }
}

/// A client's certificate, with those above it and its key.
#[derive(Clone)]
pub struct Identity(native_tls::Identity);

impl Identity {
    pub fn from_pkcs8(chain: &[u8], key: &[u8]) -> Result<Identity, TlsError> {
        let chain: String = pem::certificates(chain).collect();
        native_tls::Identity::from_pkcs8(chain.as_bytes(), key).map(Identity)
    }
}

/// The system applies its own authorities in each handshake.
pub struct Roots;

/// Its message, with the system's number at the end.
pub fn message(error: &TlsError) -> String {
    let text = error.to_string();
    if cfg!(target_vendor = "apple") {
        return with_number(text, &format!("{error:?}"));
    }
    text
}

/// Apple's messages are without their number, which `debug` begins with.
fn with_number(text: String, debug: &str) -> String {
    let number =
        debug.strip_prefix("Error { code: ").and_then(|rest| rest.split([',', ' ']).next());
    match number {
        Some(number) => format!("{text} (os error {number})"),
        None => text,
    }
}

/// Whether the same handshake may succeed on a new connection.
pub fn may_succeed_anew(_: &TlsError) -> bool {
    false
}

/// The libraries below do not tell.
pub fn names_of_another(_: &TlsError) -> &[String] {
    &[]
}

/// What the library below resumes, it keeps by itself.
#[derive(Default)]
pub struct Sessions;

/// Sessions are made from it.
pub struct Connector(TlsConnector);

/// A handshake that waits for its stream.
pub struct Handshaking<S>(MidHandshakeTlsStream<Ahead<S>>);

/// A session whose handshake is done.
pub struct TlsStream<S> {
    stream: RecordStream<native_tls::TlsStream<Ahead<S>>>,
}

/// Whether a client's key may be one of elliptic curves.
pub const CAN_USE_EC_KEYS: bool = true;

/// Whether the keys of sessions can be written to a file.
pub const CAN_LOG_KEYS: bool = false;

/// Whether a client's key may be encrypted.
pub const CAN_DECRYPT_KEYS: bool = false;

/// Whether it can be told to resume no session.
pub const CAN_FORGET_SESSIONS: bool = false;

/// Whether a handshake can stop at the certificate.
pub const CAN_ASK: bool = false;

/// Its name, for people.
pub fn description() -> String {
    match cfg!(target_vendor = "apple") {
        true => "Secure Transport".to_owned(),
        false => "native-tls".to_owned(),
    }
}

/// Starts OpenSSL, where native-tls is OpenSSL.
pub fn start() {
    #[cfg(not(target_vendor = "apple"))]
    openssl::init();
}

/// There, a host that uses OpenSSL itself may have left errors in the thread's queue.
pub fn forget_stale_errors() {
    #[cfg(not(target_vendor = "apple"))]
    drop(openssl::error::ErrorStack::get());
}

impl Connector {
    pub fn build(settings: Settings) -> Result<Connector, TlsError> {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(protocol(settings.min_version)));
        if let Some(alpn) = settings.alpn {
            builder.request_alpns(&[alpn]);
        }
        builder.disable_built_in_roots(settings.roots.is_none());
        for authority in settings.authorities {
            builder.add_root_certificate(authority.0);
        }
        builder.danger_accept_invalid_certs(settings.verify == Verify::None);
        builder.danger_accept_invalid_hostnames(settings.verify != Verify::Full);
        if let Some(identity) = settings.identity {
            builder.identity(identity.0);
        }
        builder.build().map(Connector)
    }

    /// Begins a handshake.
    pub fn connect<S: Read + Write>(
        &self,
        opening: Opening<'_>,
        stream: S,
    ) -> Result<Step<S>, TlsError> {
        after(self.0.connect(opening.name, Ahead::with_first(stream)))
    }
}

impl<S: Read + Write> Handshaking<S> {
    /// Nothing is ever asked.
    pub fn answer(&mut self, _is_accepted: bool) {}

    pub fn advance(self) -> Result<Step<S>, TlsError> {
        after(self.0.handshake())
    }
}

fn after<S: Read + Write>(
    result: Result<native_tls::TlsStream<Ahead<S>>, HandshakeError<Ahead<S>>>,
) -> Result<Step<S>, TlsError> {
    match result {
        Ok(mut stream) => {
            let agreed = negotiated(&stream.get_mut().take_first());
            Ok(Step::Done(TlsStream { stream: RecordStream::new(stream, agreed) }))
        }
        Err(HandshakeError::WouldBlock(pending)) => Ok(Step::Pending(Handshaking(pending))),
        Err(HandshakeError::Failure(error)) => Err(error),
    }
}

fn protocol(version: TlsVersion) -> Protocol {
    match version {
        TlsVersion::V1_0 => Protocol::Tlsv10,
        TlsVersion::V1_1 => Protocol::Tlsv11,
        TlsVersion::V1_2 => Protocol::Tlsv12,
        TlsVersion::V1_3 => Protocol::Tlsv13,
    }
}

impl<S: Read + Write> TlsStream<S> {
    /// The stream below it.
    pub fn below(&self) -> &S {
        self.stream.session().get_ref().below()
    }

    pub fn below_mut(&mut self) -> &mut S {
        self.stream.session_mut().get_mut().below_mut()
    }

    /// The peer's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.stream.session().peer_certificate().ok()??.to_der().ok()
    }

    /// The protocol that the peer chose (ALPN), if it chose one.
    pub fn negotiated_alpn(&self) -> Result<Option<Vec<u8>>, TlsError> {
        self.stream.session().negotiated_alpn()
    }

    /// What was agreed, and with whom. Of the chain, the server's own certificate alone is known.
    pub fn facts(&self) -> TlsFacts {
        let alpn = self.negotiated_alpn().ok().flatten();
        self.stream.facts(alpn, false, self.peer_certificate())
    }

    /// Reads what one record holds, at most. 0 is the end of the stream.
    pub fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        self.stream.read(room)
    }

    /// Returns how many bytes have left. The rest may have been encrypted already, so it must be
    /// what is written next.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    /// How much of what was given to `write` may have been encrypted and has not left.
    pub fn committed(&self) -> usize {
        self.stream.committed()
    }

    /// Whether there are bytes that only the rest of what was written may follow.
    pub fn is_halfway(&self) -> bool {
        self.stream.is_halfway()
    }

    /// Sends a close_notify, as far as the stream takes it.
    pub fn shutdown(&mut self) {
        // It fails if the peer was first or has stopped reading.
        let _ = self.stream.session_mut().shutdown();
    }

    /// Whether nothing that was read from the stream is left here.
    pub fn is_empty(&self) -> bool {
        self.stream.session().buffered_read_size().is_ok_and(|count| count == 0)
            && self.stream.session().get_ref().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_follows_the_message() {
        let debug = |debug| with_number("words".to_owned(), debug);
        assert_eq!(debug("Error { code: -9807, message: \"a, b\" }"), "words (os error -9807)");
        assert_eq!(debug("Error { code: -9807 }"), "words (os error -9807)");
        assert_eq!(debug("else"), "words");
    }
}
