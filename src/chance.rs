//! Randomness as a value: a function that needs some takes it as an argument, so that a test can
//! choose it.

use std::time::Duration;

use rand::rngs::SysRng;
use rand::TryRng;

/// A random share, evenly distributed from nothing to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance(u32);

impl Chance {
    pub const ALL: Chance = Chance(u32::MAX);

    /// If there are no random bytes, it is the whole. That is worse than random, but harmless.
    pub fn draw() -> Chance {
        SysRng.try_next_u32().map_or(Chance::ALL, Chance)
    }

    /// The share of `whole`.
    pub fn of(self, whole: Duration) -> Duration {
        whole.mul_f64(f64::from(self.0) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
impl Chance {
    pub const NONE: Chance = Chance(0);
    pub const HALF: Chance = Chance(1 << 31);

    pub fn from_bits(bits: u32) -> Chance {
        Chance(bits)
    }
}
