//! Sixteen bytes in one register.

#[cfg(target_arch = "x86_64")]
pub type Vector = std::arch::x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
pub type Vector = u128;

/// `part` has 16 bytes.
#[cfg(target_arch = "x86_64")]
#[inline]
#[allow(unused_unsafe)] // some of it is safe in newer compilers
pub fn xor(part: &[u8], key: u128) -> Vector {
    use std::arch::x86_64::{_mm_loadu_si128, _mm_xor_si128};
    assert_eq!(part.len(), 16);
    // SAFETY: each such processor has SSE2, there are 16 bytes, and so many is a vector.
    unsafe {
        let key: Vector = std::mem::transmute(key);
        _mm_xor_si128(_mm_loadu_si128(part.as_ptr().cast()), key)
    }
}

/// `part` has 16 bytes.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub fn xor(part: &[u8], key: u128) -> Vector {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(part);
    u128::from_ne_bytes(bytes) ^ key
}
