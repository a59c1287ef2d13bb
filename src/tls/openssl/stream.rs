//! A handshake and the session after it.

use std::ffi::c_int;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;

use openssl::error::ErrorStack;
use openssl::ssl::{self, ErrorCode, Ssl, SslCipherRef, SslStream, SslVersion};

use super::gather::{Gather, AT_ONCE};
use super::names::names;
use super::notes::Notes;
use super::{ffi, verify, TlsError};
use crate::tls::ahead::Ahead;
use crate::tls::{Step, TlsFacts};

/// The most data of a record (RFC 8446 5.1).
const RECORD: usize = 16 * 1024;

/// A handshake that waits for its stream.
pub struct Handshaking<S>(SslStream<Gather<Ahead<S>>>);

/// A session whose handshake is done.
pub struct TlsStream<S>(SslStream<Gather<Ahead<S>>>);

/// The handshake stopped at the server's certificate (SSL_ERROR_WANT_RETRY_VERIFY).
const RETRY_VERIFY: c_int = 12;
/// X509_V_ERR_HOSTNAME_MISMATCH
const HOSTNAME_MISMATCH: c_int = 62;
/// X509_V_ERR_IP_ADDRESS_MISMATCH
const IP_ADDRESS_MISMATCH: c_int = 64;
/// How many names of a certificate an error may repeat.
const MOST_NAMES: usize = 8;

impl<S: Read + Write> Handshaking<S> {
    pub(super) fn new(session: Ssl, stream: S) -> Result<Handshaking<S>, ErrorStack> {
        SslStream::new(session, Gather::new(Ahead::new(stream))).map(Handshaking)
    }

    /// Says what to do about the certificate, after `Step::Asked`. The next `advance` does it.
    pub fn answer(&mut self, is_accepted: bool) {
        if let Some(mut question) = Notes::of(self.0.ssl()).and_then(Notes::question) {
            question.answer = Some(is_accepted);
        }
    }

    pub fn advance(mut self) -> Result<Step<S>, TlsError> {
        match self.0.connect() {
            Ok(()) => {
                self.0.get_mut().open();
                Ok(Step::Done(TlsStream(self.0)))
            }
            Err(error) => match error.code() {
                ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => Ok(Step::Pending(self)),
                code if code.as_raw() == RETRY_VERIFY => {
                    let verdict = verify::verdict(self.0.ssl());
                    Ok(Step::Asked(self, verdict))
                }
                _ => Err(self.failure(error)),
            },
        }
    }
}

impl<S> Handshaking<S> {
    fn failure(&self, error: ssl::Error) -> TlsError {
        let session = self.0.ssl();
        let notes = Notes::of(session);
        let offered = notes.and_then(|notes| Some((notes.offered_from.as_ref()?, &notes.origin)));
        if let Some((sessions, Some(origin))) = offered {
            sessions.refuse(origin);
        }
        let was_resuming = offered.is_some();
        let result = session.verify_result();
        let is_another = matches!(result.as_raw(), HOSTNAME_MISMATCH | IP_ADDRESS_MISMATCH);
        let chain = session.peer_cert_chain().filter(|_| is_another);
        let names = chain.and_then(|chain| chain.get(0)).map(|own| names(own, MOST_NAMES));
        TlsError::Handshake { error, result, was_resuming, names: names.unwrap_or_default() }
    }
}

impl<S: Read + Write> TlsStream<S> {
    /// The stream below it.
    pub fn below(&self) -> &S {
        self.0.get_ref().below().below()
    }

    pub fn below_mut(&mut self) -> &mut S {
        self.0.get_mut().below_mut().below_mut()
    }

    /// The peer's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.0.ssl().peer_certificate()?.to_der().ok()
    }

    /// The protocol that the peer chose (ALPN), if it chose one.
    pub fn negotiated_alpn(&self) -> Result<Option<Vec<u8>>, TlsError> {
        Ok(self.0.ssl().selected_alpn_protocol().map(<[u8]>::to_vec))
    }

    /// What was agreed, and with whom.
    pub fn facts(&self) -> TlsFacts {
        let session = self.0.ssl();
        let alpn = session.selected_alpn_protocol().map(String::from_utf8_lossy);
        TlsFacts {
            version: match session.version2() {
                Some(SslVersion::TLS1_3) => "TLS 1.3",
                Some(SslVersion::TLS1_2) => "TLS 1.2",
                Some(SslVersion::TLS1_1) => "TLS 1.1",
                _ => "TLS 1.0",
            },
            cipher: session
                .current_cipher()
                .and_then(SslCipherRef::standard_name)
                .unwrap_or("")
                .into(),
            alpn: alpn.map(|alpn| alpn.into_owned()),
            is_resumed: session.session_reused(),
            chain: verify::chain(session),
        }
    }

    /// Reads what one record holds, at most. 0 is the end of the stream.
    pub fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        let read = self.0.read_uninit(room);
        if read.is_err() {
            // OpenSSL takes some memory when a server sends what may be resumed, and would keep it
            // until data comes.
            ffi::free_buffers(self.0.ssl());
        }
        if !self.0.get_ref().is_empty() {
            // What OpenSSL answers by itself, to a change of keys for one. What does not leave now
            // leaves with what is written next.
            let _ = self.0.get_mut().leave();
        }
        read
    }

    /// Returns how many bytes have left. The rest may have been encrypted already, so it must be
    /// what is written next.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut count = 0;
        loop {
            let sent = self.0.get_mut().leave();
            count += self.0.get_mut().take_left();
            let encrypted = match sent {
                Ok(()) if count < bytes.len() => self.encrypt(&bytes[count..]),
                Ok(()) => return Ok(count),
                Err(error) => Err(error),
            };
            match encrypted {
                Ok(()) => {}
                Err(_) if count > 0 => return Ok(count),
                Err(error) => return Err(error),
            }
        }
    }

    /// Encrypts a batch. An error counts if there is nothing in it.
    fn encrypt(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut encrypted = 0;
        // A short rest leaves with them.
        let most = if bytes.len() < AT_ONCE + RECORD { bytes.len() } else { AT_ONCE };
        for record in bytes[..most].chunks(RECORD) {
            match self.0.write(record) {
                Ok(length) => {
                    self.0.get_mut().end_record(length);
                    encrypted += length;
                    if length < record.len() {
                        break;
                    }
                }
                Err(error) if encrypted == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// How much of what was given to `write` has been encrypted and has not left.
    pub fn committed(&self) -> usize {
        self.0.get_ref().data()
    }

    /// Whether there are bytes that only the rest of what was written may follow.
    pub fn is_halfway(&self) -> bool {
        !self.0.get_ref().is_empty()
    }

    /// Sends a close_notify, as far as the stream takes it.
    pub fn shutdown(&mut self) {
        // It fails if the peer was first or has stopped reading.
        let _ = self.0.shutdown();
        let _ = self.0.get_mut().leave();
    }

    /// Whether no record was read in part.
    #[cfg(test)]
    pub fn is_between_records(&self) -> bool {
        ffi::is_between_records(self.0.ssl())
    }

    /// Whether nothing that was read from the stream is left here.
    pub fn is_empty(&self) -> bool {
        self.0.get_ref().below().is_empty() && !ffi::has_pending(self.0.ssl())
    }
}
