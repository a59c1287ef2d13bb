//! Incomplete input of an open connection.

use crate::protocol::{Decoder, ReadBuffer};

/// Input that is not complete or not decoded.
pub struct Incoming {
    pub decoder: Decoder,
    /// Bytes that are not decoded yet, because the bytes before them have filled a batch.
    pub undecoded: Option<ReadBuffer>,
}

impl Incoming {
    pub fn is_empty(&self) -> bool {
        self.undecoded.is_none() && self.decoder.is_as_new()
    }
}
