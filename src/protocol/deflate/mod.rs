//! permessage-deflate (RFC 7692): its negotiation, the compressor and the inflater.

mod compressor;
mod contexts;
mod inflater;
mod negotiation;

pub use compressor::Compressor;
pub use contexts::Contexts;
pub(super) use inflater::{Inflated, Inflater};
pub use negotiation::{DeflateOffer, DeflateParams};

/// The end of a flush, which a sender cuts off and a receiver appends again (RFC 7692 7.2.1 and
/// 7.2.2).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The smallest window that zlib knows for a raw stream.
const MIN_WINDOW_BITS: u8 = 9;
const MAX_WINDOW_BITS: u8 = 15;

#[cfg(test)]
mod tests;
