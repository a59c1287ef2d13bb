//! The compressed messages of a decoder (RFC 7692 7.2.2).

use super::{Decoder, State};
use crate::protocol::deflate::Inflated;
use crate::protocol::{Batch, ReadBuffer, Violation};

/// A batch with this many payload bytes takes no more inflated bytes: a compressed message may be a
/// thousand times as large as what arrives.
const FULL_BATCH: usize = 1 << 20;

/// The most bytes that are inflated at once.
const INFLATED: usize = 16 * 1024;

impl Decoder {
    /// Inflates what is there of the frame being read, or behind the last one what was cut
    /// off the message; false if the batch is full before all has come out.
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
            // What came out before a fault counts, however the input was split.
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

    /// The short way for what most compressed input is: a small message in one frame that is
    /// here as a whole. False if it is anything else: then what came out is in the message,
    /// and the long way goes on.
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

/// Empties `out` and gives it its room.
fn room(out: &mut Vec<u8>) -> Result<(), Violation> {
    out.clear();
    out.try_reserve_exact(INFLATED).map_err(|_| Violation::no_memory(INFLATED))
}
