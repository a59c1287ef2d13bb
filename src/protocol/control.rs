//! Control frames: ping, pong, close (RFC 6455 5.5).

use std::fmt;
use std::ops::Deref;

use super::{CloseFrame, MAX_CONTROL};

/// A control frame that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    Ping(ControlPayload),
    Pong(ControlPayload),
    /// `None` if the frame had no code, which is reported as 1005.
    Close(Option<CloseFrame>),
}

/// The payload of a ping or pong, stored inline, so that an answer needs no allocation.
#[derive(Clone, PartialEq, Eq)]
pub struct ControlPayload {
    // Bytes beyond `len` are always zero, so the derived comparison is correct.
    bytes: [u8; MAX_CONTROL],
    len: u8,
}

impl ControlPayload {
    pub fn new() -> ControlPayload {
        ControlPayload { bytes: [0; MAX_CONTROL], len: 0 }
    }

    /// Appends as much of `more` as fits. In the decoder all of it fits, because the header was
    /// checked.
    pub(super) fn append(&mut self, more: &[u8]) {
        let at = usize::from(self.len);
        let more = &more[..more.len().min(MAX_CONTROL - at)];
        self.bytes[at..at + more.len()].copy_from_slice(more);
        self.len += more.len() as u8;
    }
}

impl Default for ControlPayload {
    fn default() -> ControlPayload {
        ControlPayload::new()
    }
}

/// Takes the first 125 bytes.
impl From<&[u8]> for ControlPayload {
    fn from(bytes: &[u8]) -> ControlPayload {
        let mut payload = ControlPayload::new();
        payload.append(bytes);
        payload
    }
}

impl Deref for ControlPayload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Debug for ControlPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}
