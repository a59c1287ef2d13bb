//! TLS by native-tls.

use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::{io, slice};

use native_tls::{HandshakeError, MidHandshakeTlsStream, Protocol, TlsConnector};

use super::ahead::Ahead;
use super::{Settings, Step, TlsVersion, Verify};
pub use native_tls::{Certificate, Error as TlsError, Identity};

/// The system applies its own authorities in each handshake.
pub struct Roots;

/// Sessions are made from it.
pub struct Connector(TlsConnector);

/// A handshake that waits for its stream.
pub struct Handshaking<S>(MidHandshakeTlsStream<Ahead<S>>);

/// A session whose handshake is done.
pub struct TlsStream<S>(native_tls::TlsStream<Ahead<S>>);

/// There is nothing to start.
pub fn start() {}

/// Where native-tls is OpenSSL, a host may have left errors with it.
pub fn forget_stale_errors() {}

impl Connector {
    pub fn build(settings: Settings) -> Result<Connector, TlsError> {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(protocol(settings.min_version)));
        if let Some(alpn) = settings.alpn {
            builder.request_alpns(&[alpn]);
        }
        builder.disable_built_in_roots(settings.roots.is_none());
        for authority in settings.authorities {
            builder.add_root_certificate(authority);
        }
        builder.danger_accept_invalid_certs(settings.verify == Verify::None);
        builder.danger_accept_invalid_hostnames(settings.verify != Verify::Full);
        if let Some(identity) = settings.identity {
            builder.identity(identity);
        }
        builder.build().map(Connector)
    }

    /// Begins a handshake with the server of that name.
    pub fn connect<S: Read + Write>(&self, name: &str, stream: S) -> Result<Step<S>, TlsError> {
        after(self.0.connect(name, Ahead::new(stream)))
    }
}

impl<S: Read + Write> Handshaking<S> {
    pub fn advance(self) -> Result<Step<S>, TlsError> {
        after(self.0.handshake())
    }
}

fn after<S>(
    result: Result<native_tls::TlsStream<Ahead<S>>, HandshakeError<Ahead<S>>>,
) -> Result<Step<S>, TlsError> {
    match result {
        Ok(stream) => Ok(Step::Done(TlsStream(stream))),
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
        self.0.get_ref().below()
    }

    pub fn below_mut(&mut self) -> &mut S {
        self.0.get_mut().below_mut()
    }

    /// The peer's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.0.peer_certificate().ok()??.to_der().ok()
    }

    /// The protocol that the peer chose (ALPN), if it chose one.
    pub fn negotiated_alpn(&self) -> Result<Option<Vec<u8>>, TlsError> {
        self.0.negotiated_alpn()
    }

    /// Reads what one record holds, at most. 0 is the end of the stream.
    pub fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        room.fill(MaybeUninit::new(0));
        // SAFETY: it has just been filled.
        let room = unsafe { slice::from_raw_parts_mut(room.as_mut_ptr().cast(), room.len()) };
        self.0.read(room)
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
        self.0.buffered_read_size().is_ok_and(|count| count == 0) && self.0.get_ref().is_empty()
    }
}
