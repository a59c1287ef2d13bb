//! Checks for memory before calls that abort without it, into other crates or the standard
//! library. Where `try_reserve` can be used, it is the better way.

use std::hint::black_box;

use crate::error::{Code, Error, Result};

/// Smaller amounts are not checked.
const LEAST: usize = 64 << 10;

/// Fails if this many bytes cannot be allocated now. Another thread may still take them first.
pub fn require(bytes: usize, what: &str) -> Result<()> {
    if bytes < LEAST {
        return Ok(());
    }
    let mut room = Vec::<u8>::new();
    let is_there = room.try_reserve_exact(bytes).is_ok();
    // The optimizer may remove an allocation that nobody uses.
    black_box(&room);
    if is_there {
        return Ok(());
    }
    Err(Error::ws(Code::Resources, format!("there is no memory for {what}: {bytes} bytes")))
}
