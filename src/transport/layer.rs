//! What TLS needs of the stream below it, which may itself be TLS.

use std::io::{self, Read, Write};

use super::socket::Socket;

pub trait Layer: Read + Write {
    fn socket(&self) -> &Socket;

    /// From here on, the socket is asked no more often than needed. The caller must read until
    /// nothing is left. `at_end` is as in `Transport::read`.
    fn begin_turn(&mut self, at_end: bool);

    /// Whether the last read got everything that had arrived.
    fn is_drained(&self) -> bool;

    /// Returns the first bytes that were read, and keeps no more.
    fn heard(&mut self) -> Vec<u8>;

    /// Announces the end of the stream, if there is a way to announce it.
    fn say_end(&mut self);
}

/// The first bytes that were read, kept for a later look.
#[derive(Default)]
pub struct Heard(Vec<u8>);

impl Heard {
    /// Enough for a TLS hello.
    const MOST: usize = 512;

    /// Keeps what was read into the buffer.
    pub fn note(heard: &mut Option<Heard>, read: &io::Result<usize>, buffer: &[u8]) {
        if let (Some(Heard(kept)), Ok(count)) = (heard, read) {
            let room = Heard::MOST - kept.len();
            kept.extend_from_slice(&buffer[..room.min(*count)]);
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
