//! A handshake and the session after it.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;

use openssl::error::ErrorStack;
use openssl::ssl::{ErrorCode, Ssl, SslStream};

use super::{ffi, TlsError};
use crate::tls::Step;

/// A handshake that waits for its stream.
pub struct Handshaking<S>(SslStream<S>);

/// A session whose handshake is done.
pub struct TlsStream<S>(SslStream<S>);

impl<S: Read + Write> Handshaking<S> {
    pub(super) fn new(session: Ssl, stream: S) -> Result<Handshaking<S>, ErrorStack> {
        SslStream::new(session, stream).map(Handshaking)
    }

    pub fn advance(mut self) -> Result<Step<S>, TlsError> {
        match self.0.connect() {
            Ok(()) => Ok(Step::Done(TlsStream(self.0))),
            Err(error) => match error.code() {
                ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => Ok(Step::Pending(self)),
                _ => Err(TlsError::Handshake(error, self.0.ssl().verify_result())),
            },
        }
    }
}

impl<S: Read + Write> TlsStream<S> {
    /// The stream below it.
    pub fn below(&self) -> &S {
        self.0.get_ref()
    }

    pub fn below_mut(&mut self) -> &mut S {
        self.0.get_mut()
    }

    /// The peer's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.0.ssl().peer_certificate()?.to_der().ok()
    }

    /// The protocol that the peer chose (ALPN), if it chose one.
    pub fn negotiated_alpn(&self) -> Result<Option<Vec<u8>>, TlsError> {
        Ok(self.0.ssl().selected_alpn_protocol().map(<[u8]>::to_vec))
    }

    /// Reads what one record holds, at most. 0 is the end of the stream.
    pub fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        self.0.read_uninit(room)
    }

    /// If this would block, a part of the bytes may be kept, and only the rest may follow.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    /// Sends a close_notify, as far as the stream takes it.
    pub fn shutdown(&mut self) {
        // It fails if the peer was first or has stopped reading.
        let _ = self.0.shutdown();
    }

    /// Whether nothing that was read from the stream is left here.
    pub fn is_empty(&self) -> bool {
        !ffi::has_pending(self.0.ssl())
    }
}
