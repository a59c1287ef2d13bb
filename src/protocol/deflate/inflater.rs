//! The receiving side: inflates a server's messages, however they are split.

use flate2::{Decompress, FlushDecompress, Status};

use super::super::Violation;
use super::{DeflateParams, TAIL};
use crate::headroom;

/// More than the memory of a context.
const CONTEXT: usize = 96 << 10;

/// The result of `Inflater::inflate`.
pub struct Inflated {
    /// The number of input bytes that were used.
    pub consumed: usize,
    /// All input is used, and nothing more comes out.
    pub is_done: bool,
}

/// zlib-rs always has the largest window, whatever was agreed. So it understands a server that uses
/// a larger window than it said.
pub struct Inflater {
    no_context_takeover: bool,
    /// Made for the first compressed message.
    context: Option<Decompress>,
    /// Nothing has gone in since the message began, or since a final block ended the
    /// stream (RFC 7692 7.2.3.4).
    is_fresh: bool,
    /// Bytes of `TAIL` that went in.
    tail: u8,
}

impl Inflater {
    pub fn new(params: &DeflateParams) -> Inflater {
        Inflater {
            no_context_takeover: params.server_no_context_takeover,
            context: None,
            is_fresh: true,
            tail: 0,
        }
    }

    /// Inflates a piece of a message into the spare room of `out`. To be called
    /// again with the rest of the input until it is done.
    pub fn inflate(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<Inflated, Violation> {
        if self.context.is_none() {
            headroom::require(CONTEXT, "inflating").map_err(|_| Violation::no_memory(CONTEXT))?;
        }
        let context = self.context.get_or_insert_with(|| Decompress::new(false));
        let before = context.total_in();
        self.is_fresh &= input.is_empty();
        let status = context.decompress_vec(input, out, FlushDecompress::None);
        // It has been given a slice, so this fits.
        let consumed = (context.total_in() - before) as usize;
        match status {
            Ok(Status::StreamEnd) => {
                context.reset(false);
                self.is_fresh = true;
                Ok(Inflated { consumed, is_done: consumed == input.len() })
            }
            // What is still inside would have filled the output.
            Ok(_) => {
                let is_done = consumed == input.len() && out.len() < out.capacity();
                Ok(Inflated { consumed, is_done })
            }
            // zlib's own words depend on how the input was split.
            Err(_) => Err(Violation::protocol(
                "the server sent a compressed message that cannot be inflated",
            )),
        }
    }

    /// Inflates what was cut off the message, and then makes ready for the next one. To be
    /// called again until it is done; of the input, which there is none of, it consumes none.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<Inflated, Violation> {
        // Without a stream there is nothing to end: the message was empty, or ended itself.
        if self.tail > 0 || !self.is_fresh {
            let inflated = self.inflate(&TAIL[usize::from(self.tail)..], out)?;
            self.tail += inflated.consumed as u8;
            if !inflated.is_done {
                return Ok(Inflated { consumed: 0, is_done: false });
            }
        }
        self.tail = 0;
        self.is_fresh = true;
        if self.no_context_takeover {
            if let Some(context) = &mut self.context {
                context.reset(false);
            }
        }
        Ok(Inflated { consumed: 0, is_done: true })
    }

    #[cfg(test)]
    pub fn has_context(&self) -> bool {
        self.context.is_some()
    }
}
