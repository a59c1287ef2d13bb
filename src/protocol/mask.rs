//! Masking (RFC 6455 5.3): the source of the keys, and their use.

use std::fmt;

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};

use crate::error::{Code, Component, Error};
use crate::sys::{xor, Vector};

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
    let blocks = payload.chunks_exact(BLOCK);
    let rest = blocks.remainder();
    let key16 = repeated(key);
    out.reserve(payload.len());
    for block in blocks {
        // SAFETY: there is room for the whole payload, and vectors have no padding.
        unsafe { append_unchecked(out, masked(block, key16)) };
    }
    append_short(out, rest, key);
}

#[inline]
fn append_short(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    let key16 = repeated(key);
    // The size of a block is a multiple of four, so the key starts again after it.
    let mut blocks = payload.chunks_exact(BLOCK);
    for block in &mut blocks {
        // SAFETY: vectors have no padding.
        unsafe { append_plain(out, masked(block, key16)) };
    }
    let mut words = blocks.remainder().chunks_exact(8);
    for from in &mut words {
        let mut word = [0; 8];
        word.copy_from_slice(from);
        append(out, (u64::from_ne_bytes(word) ^ key16 as u64).to_ne_bytes());
    }
    for (byte, key) in words.remainder().iter().zip(key.iter().cycle()) {
        out.push(byte ^ key);
    }
}

/// The key four times.
#[inline]
fn repeated(key: [u8; 4]) -> u128 {
    let key4 = u128::from(u32::from_ne_bytes(key));
    key4 | key4 << 32 | key4 << 64 | key4 << 96
}

/// Masks a block. Each part is written out, because a compiler that makes the code small makes no
/// vectors of a loop.
#[inline]
fn masked(block: &[u8], key16: u128) -> [Vector; 4] {
    let part = |at: usize| xor(&block[at..at + 16], key16);
    [part(0), part(16), part(32), part(48)]
}

/// Appends a few bytes. They are so few that a call of the general function would take longer than
/// the copy.
#[inline]
pub(super) fn append<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N]) {
    // SAFETY: bytes have no padding.
    unsafe { append_plain(out, bytes) }
}

/// Appends the bytes of a value.
///
/// # Safety
///
/// The value has no padding.
#[inline]
unsafe fn append_plain<T: Copy>(out: &mut Vec<u8>, value: T) {
    if out.capacity() - out.len() < size_of::<T>() {
        out.reserve(size_of::<T>());
    }
    // SAFETY: there is room now; for the rest, the caller's promise.
    unsafe { append_unchecked(out, value) }
}

/// The same without a check.
///
/// # Safety
///
/// There is room, and the value has no padding.
#[inline]
unsafe fn append_unchecked<T: Copy>(out: &mut Vec<u8>, value: T) {
    // SAFETY: there is room behind the last byte, and then the value's bytes are there.
    unsafe {
        out.as_mut_ptr().add(out.len()).cast::<T>().write_unaligned(value);
        out.set_len(out.len() + size_of::<T>());
    }
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
