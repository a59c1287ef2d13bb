//! The compressed messages of a decoder (RFC 7692 7.2.2).

use super::{Decoder, State};
use crate::protocol::deflate::Inflated;
use crate::protocol::{Batch, ReadBuffer, Violation};

/// A batch with this many payload bytes is full: a compressed message may be a thousand times as
/// large as the input.
const FULL_BATCH: usize = 1 << 20;

/// The most bytes that are inflated at once.
const INFLATED: usize = 16 * 1024;

impl Decoder {
    /// Inflates the bytes of the current frame, and after the last frame the tail that the sender
    /// cut off. Returns false if the batch is full before everything is inflated.
    pub(super) fn inflate(
        &mut self,
        input: &mut ReadBuffer,
        out: &mut Vec<u8>,
        batch: &mut Batch,
    ) -> Result<bool, Violation> {
        let Some(inflater) = &mut self.inflater else { return Ok(true) };
        while batch.payload_bytes() < FULL_BATCH {
            room(out)?;
            let inflated = match self.state {
                State::Inflating => inflater.finish(out),
                _ => inflater.inflate(input.first(self.remaining), out),
            };
            // Bytes inflated before a fault count, so that the result does not depend on how the
            // input was split.
            self.message.append_inflated(out, batch)?;
            let Inflated { consumed, is_done } = inflated?;
            input.advance(consumed);
            self.remaining -= consumed as u64;
            if is_done {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The fast path for most compressed input: a small message in one complete frame. Returns
    /// false for anything else; then the inflated bytes are in the message, and `inflate`
    /// continues.
    pub(super) fn inflate_whole(
        &mut self,
        input: &mut ReadBuffer,
        out: &mut Vec<u8>,
        batch: &mut Batch,
    ) -> Result<bool, Violation> {
        let Some(inflater) = &mut self.inflater else { return Ok(false) };
        let is_whole = self.state == State::Data { fin: true }
            && self.remaining <= input.rest().len() as u64
            && self.message.is_untouched()
            && batch.payload_bytes() < FULL_BATCH;
        if !is_whole {
            return Ok(false);
        }
        room(out)?;
        let inflated = match inflater.inflate(input.first(self.remaining), out) {
            Ok(Inflated { consumed, is_done }) => {
                input.advance(consumed);
                self.remaining -= consumed as u64;
                if is_done {
                    self.state = State::Inflating;
                    inflater.finish(out)
                } else {
                    Ok(Inflated { consumed: 0, is_done: false })
                }
            }
            Err(violation) => Err(violation),
        };
        match inflated {
            Ok(Inflated { is_done: true, .. }) if out.len() <= self.message.small() => {
                self.message.push_whole(out, batch)?;
                self.state = State::Header;
                Ok(true)
            }
            other => {
                self.message.append_inflated(out, batch)?;
                if other?.is_done {
                    self.message.finish(batch)?;
                    self.state = State::Header;
                    return Ok(true);
                }
                Ok(false)
            }
        }
    }
}

/// Empties `out` and reserves its memory.
fn room(out: &mut Vec<u8>) -> Result<(), Violation> {
    out.clear();
    out.try_reserve_exact(INFLATED).map_err(|_| Violation::no_memory(INFLATED))
}
