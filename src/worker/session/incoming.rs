//! What has arrived in part on an open connection.

use crate::protocol::{Decoder, ReadBuffer};

/// What has arrived of something that is not complete.
pub struct Incoming {
    pub decoder: Decoder,
    /// Bytes that are not decoded yet, because so much has come out of the ones before.
    pub undecoded: Option<ReadBuffer>,
}

impl Incoming {
    pub fn is_empty(&self) -> bool {
        self.undecoded.is_none() && self.decoder.is_as_new()
    }
}
