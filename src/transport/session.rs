//! TLS over a stream, after its handshake and until its end.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::slice;

use super::layer::Layer;
use super::socket::{Received, Room, Socket};
use crate::exit::{self, Guarded};
use crate::tls::{self, forget_stale_errors, TlsFacts, TlsStream};

/// The most payload of a TLS record (RFC 8446 5.1), and so of one read.
const RECORD: usize = 16 * 1024;
/// A read stops after this many bytes, so that a thread that writes can have the session.
const AT_ONCE: usize = 128 * 1024;

/// A session whose handshake is done. When it is dropped, it sends a close_notify: without one, the
/// peer cannot know whether the stream was cut off (RFC 8446 6.1).
pub struct Session<S: Layer> {
    stream: Guarded<TlsStream<S>>,
    /// Why the last read ended after it had read some bytes. The next read returns it.
    failed: Option<io::Error>,
    has_said_end: bool,
}

impl<S: Layer> Session<S> {
    pub fn new(stream: TlsStream<S>) -> Session<S> {
        let stream = Guarded::new(stream);
        Session { stream, failed: None, has_said_end: false }
    }

    /// The peer's own certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        let _pass = exit::enter()?;
        self.stream.peer_certificate()
    }

    /// The protocol that the peer chose (ALPN), if it chose one.
    pub fn negotiated_alpn(&self) -> Result<Option<Vec<u8>>, tls::TlsError> {
        let Some(_pass) = exit::enter() else { return Ok(None) };
        self.stream.negotiated_alpn()
    }

    /// The negotiated parameters and the certificates.
    pub fn facts(&self) -> TlsFacts {
        exit::enter().map(|_pass| self.stream.facts()).unwrap_or_default()
    }

    /// Sends a close_notify once, as far as the socket takes it at the moment. With TLS within TLS,
    /// the outer session sends one too.
    pub(super) fn say_end(&mut self) {
        // After half a record, this would send the rest of that record. Its message may be sent
        // again on another connection.
        if self.is_halfway() || std::mem::replace(&mut self.has_said_end, true) {
            return;
        }
        let Some(_pass) = exit::enter() else { return };
        self.ready().shutdown();
        self.stream.below_mut().say_end();
    }

    pub(super) fn is_halfway(&self) -> bool {
        exit::enter().is_some_and(|_pass| self.stream.is_halfway())
    }

    pub(super) fn committed(&self) -> usize {
        exit::enter().map_or(0, |_pass| self.stream.committed())
    }

    pub(super) fn socket(&self) -> &Socket {
        self.stream.below().socket()
    }

    /// The stream below it.
    pub(super) fn below(&mut self) -> &mut S {
        self.stream.below_mut()
    }

    /// Whether no decrypted bytes are left and the stream below is drained.
    pub(super) fn is_drained(&self) -> bool {
        exit::enter().is_none_or(|_pass| is_drained(&self.stream))
    }

    /// Reads the records that have arrived, as far as there is room, but only a few.
    pub(super) fn receive(&mut self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        let _pass = enter()?;
        self.fill(rooms, at_end)
    }

    fn fill(&mut self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        let stream = self.ready();
        stream.below_mut().begin_turn(at_end);
        let mut count = 0;
        for room in rooms {
            while count < AT_ONCE {
                let spare = room.spare();
                if spare.is_empty() {
                    break;
                }
                let most = spare.len().min(RECORD);
                match stream.read(&mut spare[..most]) {
                    Ok(0) => return Ok(Received { count, is_drained: false }),
                    Ok(read) => {
                        count += read;
                        // SAFETY: the session has filled them.
                        unsafe { room.filled(read) };
                        // Another read would only return the same, and take as long as this one.
                        if is_drained(stream) {
                            return Ok(Received { count, is_drained: true });
                        }
                    }
                    Err(error) if count == 0 => return Err(error),
                    Err(error) => {
                        let is_drained = error.kind() == io::ErrorKind::WouldBlock;
                        self.failed = Some(error).filter(|_| !is_drained);
                        return Ok(Received { count, is_drained });
                    }
                }
            }
        }
        Ok(Received { count, is_drained: false })
    }

    /// The session, ready for the next call.
    fn ready(&mut self) -> &mut TlsStream<S> {
        forget_stale_errors();
        &mut self.stream
    }
}

impl<S: Layer> Read for Session<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let _pass = enter()?;
        // SAFETY: the session only ever writes to it.
        let room: &mut [MaybeUninit<u8>] =
            unsafe { slice::from_raw_parts_mut(buffer.as_mut_ptr().cast(), buffer.len()) };
        self.ready().read(room)
    }
}

impl<S: Layer> Write for Session<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _pass = enter()?;
        self.ready().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let _pass = enter()?;
        self.ready().below_mut().flush()
    }
}

impl<S: Layer> Drop for Session<S> {
    fn drop(&mut self) {
        self.say_end();
    }
}

/// While the process ends, nothing is read or written any more.
fn enter() -> io::Result<exit::Pass> {
    exit::enter().ok_or_else(|| io::ErrorKind::WouldBlock.into())
}

fn is_drained<S: Layer>(stream: &TlsStream<S>) -> bool {
    stream.is_empty() && stream.below().is_drained()
}

/// Starts OpenSSL on the host's thread, because it reads its configuration and the environment.
/// From here on, nothing of ours enters it while the process ends.
pub fn start_tls() {
    if let Some(_pass) = exit::enter() {
        tls::start();
    }
    exit::watch();
}

#[cfg(test)]
mod tests;
