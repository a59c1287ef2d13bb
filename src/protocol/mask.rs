//! Masking (RFC 6455 5.3): the source of the keys, and their use.

use std::fmt;

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};

use crate::error::{Code, Component, Error};

/// Masking keys that nobody outside can predict (RFC 6455 10.3): a ChaCha stream, drawn in blocks
/// and seeded once by the operating system. It has no lock, so each thread needs its own. A forked
/// process needs a new source, because a copy would repeat the parent's keys.
pub struct MaskSource {
    rng: StdRng,
}

impl MaskSource {
    /// Fails if the operating system has no random bytes.
    pub fn new() -> Result<MaskSource, Error> {
        match StdRng::try_from_rng(&mut SysRng) {
            Ok(rng) => Ok(MaskSource { rng }),
            Err(error) => Err(no_randomness(error)),
        }
    }

    #[inline]
    pub(super) fn next_key(&mut self) -> [u8; 4] {
        self.rng.next_u32().to_ne_bytes()
    }
}

/// The state of the generator is a secret.
impl fmt::Debug for MaskSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskSource")
    }
}

pub fn no_randomness(error: rand::rngs::SysError) -> Error {
    Error::ws(Code::Resources, "the operating system gives no random bytes").because(
        Error::numbered(
            error.raw_os_error().unwrap_or(Code::Internal as i32),
            Component::Os,
            error.to_string(),
        ),
    )
}

/// The number of bytes that are masked at a time. A block of constant size is appended with vector
/// stores, without a call and without a second pass over the output.
const BLOCK: usize = 64;

/// From this length on, a loop over blocks of constant size pays off.
const LONG: usize = 4096;

/// Appends `payload`, masked with `key`, to `out`. The caller has reserved the room.
#[inline]
pub(super) fn append_masked(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    if payload.len() < LONG {
        append_short(out, payload, key);
    } else {
        append_long(out, payload, key);
    }
}

#[inline(never)]
fn append_long(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    let (blocks, rest) = payload.split_at(payload.len() / BLOCK * BLOCK);
    let keys: [u8; BLOCK] = std::array::from_fn(|at| key[at % 4]);
    out.reserve(payload.len());
    let room = out.spare_capacity_mut();
    for (room, block) in room.chunks_exact_mut(BLOCK).zip(blocks.chunks_exact(BLOCK)) {
        for at in 0..BLOCK {
            room[at].write(block[at] ^ keys[at]);
        }
    }
    // SAFETY: there is room, and this many bytes have just been written.
    unsafe { out.set_len(out.len() + blocks.len()) };
    append_short(out, rest, key);
}

#[inline]
fn append_short(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    let key8 = u64::from_ne_bytes([key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3]]);
    // The size of a block is a multiple of four, so the key starts again after it.
    let mut blocks = payload.chunks_exact(BLOCK);
    for block in &mut blocks {
        let mut masked = [0u8; BLOCK];
        masked.copy_from_slice(block);
        for word in masked.chunks_exact_mut(8) {
            mask_word(word, key8);
        }
        out.extend_from_slice(&masked);
    }
    let mut words = blocks.remainder().chunks_exact(8);
    for from in &mut words {
        let mut word = [0u8; 8];
        word.copy_from_slice(from);
        mask_word(&mut word, key8);
        out.extend_from_slice(&word);
    }
    for (byte, key) in words.remainder().iter().zip(key.iter().cycle()) {
        out.push(byte ^ key);
    }
}

/// Masks the eight bytes of `word`.
#[inline]
fn mask_word(word: &mut [u8], key8: u64) {
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(word);
    word.copy_from_slice(&(u64::from_ne_bytes(bytes) ^ key8).to_ne_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_rfcs_transformation_at_any_length() {
        let payload: Vec<u8> = (0..2 * LONG as u32).map(|n| (n * 7) as u8).collect();
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for len in (0..1000).chain(LONG - 70..LONG + 70) {
            let mut out = vec![1, 2, 3];
            append_masked(&mut out, &payload[..len], key);
            assert_eq!(out.len(), 3 + len);
            for (n, byte) in payload[..len].iter().enumerate() {
                assert_eq!(out[3 + n], byte ^ key[n % 4]);
            }
        }
    }

    #[test]
    fn keys_differ() {
        let mut one = MaskSource::new().unwrap();
        let mut other = MaskSource::new().unwrap();
        let keys: std::collections::HashSet<[u8; 4]> =
            (0..500).flat_map(|_| [one.next_key(), other.next_key()]).collect();
        assert!(keys.len() > 990);
    }

    #[test]
    fn can_move_between_threads() {
        fn is_send<T: Send>() {}
        is_send::<MaskSource>();
    }
}
