//! A session whose library encrypts a whole record before it writes, and keeps what did not leave
//! of it.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::slice;

use super::TlsFacts;

pub struct RecordStream<T> {
    session: T,
    /// The version and the cipher, as the server's hello says.
    agreed: Option<(&'static str, String)>,
    /// The last write would block, and a part of its record may have left.
    is_halfway: bool,
}

impl<T: Read + Write> RecordStream<T> {
    pub fn new(session: T, agreed: Option<(&'static str, String)>) -> RecordStream<T> {
        RecordStream { session, agreed, is_halfway: false }
    }

    pub fn session(&self) -> &T {
        &self.session
    }

    pub fn session_mut(&mut self) -> &mut T {
        &mut self.session
    }

    /// What was agreed, and with whom. Of the chain, the server's own certificate alone is known.
    pub fn facts(
        &self,
        alpn: Option<Vec<u8>>,
        is_resumed: bool,
        certificate: Option<Vec<u8>>,
    ) -> TlsFacts {
        let (version, cipher) = self.agreed.clone().unwrap_or(("TLS", String::new()));
        TlsFacts {
            version,
            cipher,
            alpn: alpn.map(|alpn| String::from_utf8_lossy(&alpn).into_owned()),
            is_resumed,
            chain: certificate.into_iter().collect(),
        }
    }

    /// Reads what one record holds, at most. 0 is the end of the stream.
    pub fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        room.fill(MaybeUninit::new(0));
        // SAFETY: it has just been filled.
        let room = unsafe { slice::from_raw_parts_mut(room.as_mut_ptr().cast(), room.len()) };
        self.session.read(room)
    }

    /// Returns how many bytes have left. The rest may have been encrypted already, so it must be
    /// what is written next.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.session.write(bytes);
        self.is_halfway =
            matches!(&written, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        written
    }

    /// How much of what was given to `write` may have been encrypted and has not left.
    pub fn committed(&self) -> usize {
        const RECORD: usize = 16 * 1024;
        if self.is_halfway {
            RECORD
        } else {
            0
        }
    }

    /// Whether there are bytes that only the rest of what was written may follow.
    pub fn is_halfway(&self) -> bool {
        self.is_halfway
    }
}
