//! The sending side: compresses the host's messages, one after the other.

use std::sync::Arc;

use flate2::{Compress, Compression, FlushCompress};

use super::{Contexts, DeflateParams, MIN_WINDOW_BITS, TAIL};
use crate::error::{Code, Error};
use crate::headroom;

/// An upper bound for the memory of a context.
const CONTEXT: usize = 512 << 10;

pub struct Compressor {
    window_bits: u8,
    no_context_takeover: bool,
    /// Made for the first message. A new context is always correct, because it does not refer to
    /// earlier messages.
    context: Option<Compress>,
    /// Where a context is that is not needed between messages, if connections share it.
    shared: Option<Arc<Contexts>>,
}

impl Compressor {
    /// `None` if nothing can be compressed with these parameters: zlib has no window of 8 bits.
    pub fn new(params: &DeflateParams) -> Option<Compressor> {
        (params.client_max_window_bits >= MIN_WINDOW_BITS).then_some(Compressor {
            window_bits: params.client_max_window_bits,
            no_context_takeover: params.client_no_context_takeover,
            context: None,
            shared: None,
        })
    }

    /// Shares contexts with other connections.
    pub fn sharing(self, contexts: &Arc<Contexts>) -> Compressor {
        Compressor { shared: Some(Arc::clone(contexts)), ..self }
    }

    /// Starts again, because the last output did not reach the server.
    pub fn forget(&mut self) {
        self.context = None;
    }

    /// Compresses a message, or the next piece of one: the payload of one frame. On `Err` there is
    /// nothing to send, and the piece can be passed again.
    pub fn compress(&mut self, piece: &[u8], is_last: bool) -> Result<Vec<u8>, Error> {
        let compressed = self.run(piece, is_last);
        if compressed.is_err() {
            self.forget();
        } else if is_last && self.no_context_takeover {
            self.release();
        }
        compressed
    }

    /// A message without takeover is complete.
    fn release(&mut self) {
        let Some(mut context) = self.context.take() else { return };
        context.reset();
        match &self.shared {
            Some(shared) => shared.keep_compressor(self.window_bits, context),
            None => self.context = Some(context),
        }
    }

    fn run(&mut self, piece: &[u8], is_last: bool) -> Result<Vec<u8>, Error> {
        if self.context.is_none() {
            let shared = self.shared.as_ref();
            self.context = shared.and_then(|shared| shared.take_compressor(self.window_bits));
        }
        if self.context.is_none() {
            headroom::require(CONTEXT, "compressing")?;
        }
        let context = self.context.get_or_insert_with(|| {
            Compress::new_with_window_bits(Compression::default(), false, self.window_bits)
        });
        let mut out = Vec::new();
        let mut rest = piece;
        // A quarter of the text is a good first guess. If it is not enough, the room is doubled.
        let mut room = piece.len() / 4 + 64;
        loop {
            out.try_reserve(room).map_err(|_| no_memory(piece.len()))?;
            let before = context.total_in();
            context
                .compress_vec(rest, &mut out, FlushCompress::Sync)
                .map_err(|error| Error::ws(Code::Internal, format!("deflate: {error}")))?;
            // The input is a slice, so this fits.
            rest = &rest[(context.total_in() - before) as usize..];
            if rest.is_empty() && out.len() < out.capacity() {
                break;
            }
            room = out.len();
        }
        if is_last {
            if out.ends_with(&TAIL) {
                out.truncate(out.len() - TAIL.len());
            }
            // An empty payload would not be a valid block (RFC 7692 7.2.3.6).
            if out.is_empty() {
                out.push(0);
            }
        }
        Ok(out)
    }

    #[cfg(test)]
    pub fn has_context(&self) -> bool {
        self.context.is_some()
    }
}

fn no_memory(bytes: usize) -> Error {
    Error::ws(Code::Resources, format!("there is no memory to compress {bytes} bytes"))
}
