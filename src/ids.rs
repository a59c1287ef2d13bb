//! Tables by id. Ids are small numbers that the library issues itself, so nobody can choose them
//! badly, and they need no hash that withstands that.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

pub type IdMap<V> = HashMap<i32, V, BuildHasherDefault<IdHasher>>;
pub type IdSet = HashSet<i32, BuildHasherDefault<IdHasher>>;

/// Spreads an id over all bits: tables use the lowest and the highest ones.
#[derive(Default)]
pub struct IdHasher(u64);

/// 2^64 divided by the golden ratio. It is odd, so different ids stay different.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for IdHasher {
    fn write_i32(&mut self, id: i32) {
        self.0 = (id as u64).wrapping_mul(SPREAD);
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(SPREAD);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    #[test]
    fn ids_in_a_row_fall_on_different_places() {
        let hash = |id: i32| BuildHasherDefault::<IdHasher>::default().hash_one(id);
        let low: HashSet<u64> = (1..=4096).map(|id| hash(id) % 4096).collect();
        assert_eq!(low.len(), 4096);
        let high: HashSet<u64> = (1..=4096).map(|id| hash(id) >> 57).collect();
        assert_eq!(high.len(), 128);
    }
}
