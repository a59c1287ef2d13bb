//! Handshakes and open sessions.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;

use schannel::tls_stream::{self, HandshakeError, MidHandshakeTlsStream};

use super::TlsError;
use crate::tls::ahead::Ahead;
use crate::tls::hello::negotiated;
use crate::tls::record_stream::RecordStream;
use crate::tls::records::Records;
use crate::tls::{Step, TlsFacts};

/// A handshake that waits for its stream.
pub struct Handshaking<S>(Box<MidHandshakeTlsStream<Records<Ahead<S>>>>);

/// A session whose handshake is done.
pub struct TlsStream<S> {
    stream: RecordStream<Box<tls_stream::TlsStream<Records<Ahead<S>>>>>,
}

impl<S: Read + Write> Handshaking<S> {
    /// Nothing is ever asked.
    pub fn answer(&mut self, _is_accepted: bool) {}

    pub fn advance(self) -> Result<Step<S>, TlsError> {
        after(self.0.handshake())
    }
}

pub fn after<S: Read + Write>(
    result: Result<tls_stream::TlsStream<Records<Ahead<S>>>, HandshakeError<Records<Ahead<S>>>>,
) -> Result<Step<S>, TlsError> {
    match result {
        Ok(mut stream) => {
            let agreed = negotiated(&stream.get_mut().below_mut().take_first());
            let stream = RecordStream::new(Box::new(stream), agreed);
            Ok(Step::Done(TlsStream { stream }))
        }
        Err(HandshakeError::Interrupted(pending)) => {
            Ok(Step::Pending(Handshaking(Box::new(pending))))
        }
        Err(HandshakeError::Failure(error)) => Err(error.into()),
    }
}

impl<S: Read + Write> TlsStream<S> {
    /// The stream below it.
    pub fn below(&self) -> &S {
        self.stream.session().get_ref().below().below()
    }

    pub fn below_mut(&mut self) -> &mut S {
        self.stream.session_mut().get_mut().below_mut().below_mut()
    }

    /// The peer's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.stream
            .session()
            .peer_certificate()
            .ok()
            .map(|certificate| certificate.to_der().to_vec())
    }

    /// The protocol that the peer chose (ALPN), if it chose one.
    pub fn negotiated_alpn(&self) -> Result<Option<Vec<u8>>, TlsError> {
        Ok(self.stream.session().negotiated_application_protocol()?)
    }

    /// What was agreed, and with whom. Of the chain, the server's own certificate alone is known.
    pub fn facts(&self) -> TlsFacts {
        let alpn = self.negotiated_alpn().ok().flatten();
        self.stream.facts(
            alpn,
            self.stream.session().session_resumed().unwrap_or(false),
            self.peer_certificate(),
        )
    }

    /// Reads what one record holds, at most. 0 is the end of the stream.
    pub fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        self.stream.session_mut().get_mut().begin();
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

    /// Whether nothing that was read from the stream is left here. It does not tell whether it holds
    /// what it has not decrypted yet.
    pub fn is_empty(&self) -> bool {
        false
    }
}
