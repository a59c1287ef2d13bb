//! The data frames of an outbox: the host's messages, whole or in fragments, compressed or not.

use super::room::SendBound;
use super::Outbox;
use crate::connection::masks::with_masks;
use crate::connection::unsent::Unsent;
use crate::error::{Code, Error, Result};
use crate::protocol::{self, DataFrame};

/// Reserved room for a message during its compression.
#[must_use]
pub struct Promise(usize);

impl Outbox {
    /// Whether the host's last message is incomplete.
    pub fn is_fragmented(&self) -> bool {
        self.is_fragmented
    }

    /// Queues a whole frame, or nothing. The frame was admitted before.
    #[inline(always)]
    pub fn push_data(&mut self, frame: DataFrame, payload: &[u8]) -> Result<()> {
        self.make_room(protocol::encoded_len(payload.len()))?;
        self.encode(frame, payload)
    }

    /// Reserves room for a message that is about to be compressed. It counts with its uncompressed
    /// `length`. Call `keep_promise` afterwards, even if compressing fails.
    pub fn promise(&mut self, length: usize) -> Promise {
        let bytes = protocol::encoded_len(length);
        self.extras().promised += bytes;
        Promise(bytes)
    }

    /// Queues the message, `compressed` for the connection of that epoch. Returns false if it
    /// queued the uncompressed `payload` instead, because that connection was lost, or there is no
    /// room for the copy that the next connection may need.
    pub fn keep_promise(
        &mut self,
        promise: Promise,
        frame: DataFrame,
        payload: &[u8],
        compressed: Result<Vec<u8>>,
        epoch: u32,
        bound: SendBound,
    ) -> Result<bool> {
        // If the connection has ended meanwhile, the promise is forgotten.
        let extras = self.extras();
        extras.promised = extras.promised.saturating_sub(promise.0);
        let compressed = compressed?;
        // Meanwhile another thread may have begun a message.
        self.check_order(frame)?;
        let besides = if self.reconnect.is_some() { Unsent::weight(payload) } else { 0 };
        let is_compressed = self.transport.is_some()
            && self.epoch() == epoch
            && (besides == 0
                || protocol::encoded_len(compressed.len()) + besides <= self.room(bound));
        let wire = if is_compressed { &compressed } else { payload };
        let copy = match &mut self.reconnect {
            Some(reconnect) if is_compressed => {
                Some(reconnect.unsent.room_for(payload, self.written)?)
            }
            _ => None,
        };
        self.push_data(DataFrame { is_compressed, ..frame }, wire)?;
        if let Some(copy) = copy {
            self.push_copy(copy);
        }
        Ok(is_compressed)
    }

    /// Another message must not interrupt a message in fragments (RFC 6455 5.4).
    #[inline]
    pub fn check_order(&mut self, frame: DataFrame) -> Result<()> {
        self.check_continues(frame)?;
        if frame.is_first && self.is_fragmented {
            return Err(interrupts());
        }
        Ok(())
    }

    /// Appends a frame.
    #[inline(always)]
    fn encode(&mut self, frame: DataFrame, wire: &[u8]) -> Result<()> {
        let start = self.buffer.len();
        with_masks(|masks| protocol::encode_data(&mut self.buffer, frame, wire, masks))?;
        if frame.is_first {
            self.message_start = start;
        }
        self.message_end = self.buffer.len();
        self.is_fragmented = !frame.is_last;
        Ok(())
    }
}

#[cold]
fn interrupts() -> Error {
    let words = "a message in fragments is being sent: end it first, with ws_send_ex";
    Error::ws(Code::Busy, words)
}
