//! Whether there is memory for what is going to be taken by code that cannot be told that there
//! is none: other crates, and the standard library. Where it can, `try_reserve` is right.

use std::hint::black_box;

use crate::error::{Code, Error, Result};

/// What is smaller is not asked for.
const LEAST: usize = 64 << 10;

/// An error if so many bytes cannot be had now. Another thread may still take them first.
pub fn require(bytes: usize, what: &str) -> Result<()> {
    if bytes < LEAST {
        return Ok(());
    }
    let mut room = Vec::<u8>::new();
    let is_there = room.try_reserve_exact(bytes).is_ok();
    // The optimizer may leave out an allocation that nobody looks at.
    black_box(&room);
    if is_there {
        return Ok(());
    }
    Err(Error::ws(Code::Resources, format!("there is no memory for {what}: {bytes} bytes")))
}
