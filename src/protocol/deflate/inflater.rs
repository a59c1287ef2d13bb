//! The receiving side: inflates a server's messages, however they are split.

use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};

use super::super::Violation;
use super::{Contexts, DeflateParams, TAIL};
use crate::headroom;

/// An upper bound for the memory of a context.
const CONTEXT: usize = 96 << 10;

/// The result of `Inflater::inflate`.
pub struct Inflated {
    /// The number of input bytes consumed.
    pub consumed: usize,
    /// All input is consumed, and there is no more output.
    pub is_done: bool,
}

/// zlib-rs always uses the largest window, whatever was negotiated. So it also understands a server
/// that uses a larger window than negotiated.
pub struct Inflater {
    no_context_takeover: bool,
    /// Made for the first compressed message.
    context: Option<Decompress>,
    /// Where a context is that is not needed between messages, if connections share it.
    shared: Option<Arc<Contexts>>,
    /// There was no input since the message began, or since a final block ended the stream (RFC
    /// 7692 7.2.3.4).
    is_fresh: bool,
    /// The number of bytes of `TAIL` that were consumed.
    tail: u8,
}

impl Inflater {
    pub fn new(params: &DeflateParams) -> Inflater {
        Inflater {
            no_context_takeover: params.server_no_context_takeover,
            context: None,
            shared: None,
            is_fresh: true,
            tail: 0,
        }
    }

    /// Shares contexts with other connections.
    pub fn share(&mut self, contexts: &Arc<Contexts>) {
        self.shared = Some(Arc::clone(contexts));
    }

    /// Whether nothing distinguishes it from a new one. It is between messages.
    pub fn is_as_new(&self) -> bool {
        self.context.is_none()
    }

    /// Inflates a piece of a message into the spare room of `out`. Call it again with the rest of
    /// the input until it is done.
    pub fn inflate(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<Inflated, Violation> {
        if self.context.is_none() {
            self.context = self.shared.as_ref().and_then(|shared| shared.take_inflater());
        }
        if self.context.is_none() {
            headroom::require(CONTEXT, "inflating").map_err(|_| Violation::no_memory(CONTEXT))?;
        }
        let context = self.context.get_or_insert_with(|| Decompress::new(false));
        let before = context.total_in();
        self.is_fresh &= input.is_empty();
        let status = context.decompress_vec(input, out, FlushDecompress::None);
        // The input is a slice, so this fits.
        let consumed = (context.total_in() - before) as usize;
        match status {
            Ok(Status::StreamEnd) => {
                context.reset(false);
                self.is_fresh = true;
                Ok(Inflated { consumed, is_done: consumed == input.len() })
            }
            // If there were more output, it would have filled the room.
            Ok(_) => {
                let is_done = consumed == input.len() && out.len() < out.capacity();
                Ok(Inflated { consumed, is_done })
            }
            // zlib's messages depend on how the input was split.
            Err(_) => Err(Violation::protocol(
                "the server sent a compressed message that cannot be inflated",
            )),
        }
    }

    /// Inflates the tail that the sender cut off, and prepares for the next message. Call it again
    /// until it is done. `consumed` is 0.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<Inflated, Violation> {
        // There is no stream to end: the message was empty, or a final block ended it.
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

    /// All input is read: gives the context back if nothing of it is needed any more.
    pub fn release(&mut self) {
        let Some(shared) = &self.shared else { return };
        if self.no_context_takeover && self.is_fresh && self.tail == 0 {
            if let Some(context) = self.context.take() {
                shared.keep_inflater(context);
            }
        }
    }

    #[cfg(test)]
    pub fn has_context(&self) -> bool {
        self.context.is_some()
    }
}
