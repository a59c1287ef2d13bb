//! Checks for memory before calls that abort without it, into other crates or the standard
//! library. Where `try_reserve` can be used, it is the better way.
//!
//! A little memory is kept in reserve. It is given up when there is no more, because to fail a
//! connection, and to tell the host why, takes some.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

use crate::error::{Code, Error, Result};

/// Smaller amounts are not checked.
const LEAST: usize = 64 << 10;
/// The size of the reserve.
const RESERVE: usize = 16 << 10;
/// More than any small allocation that cannot fail.
const SMALL: usize = 512;

/// It is never waited for: a forked child may find it locked for ever.
static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static IS_KEPT: AtomicBool = AtomicBool::new(false);

/// Keeps the reserve. Returns false if there is no memory for it.
#[inline]
pub fn keep() -> bool {
    IS_KEPT.load(Ordering::Relaxed) || fill()
}

#[cold]
fn fill() -> bool {
    // Otherwise another thread does it.
    let Ok(mut kept) = KEPT.try_lock() else { return true };
    let is_there = kept.try_reserve_exact(RESERVE).is_ok();
    IS_KEPT.store(is_there, Ordering::Relaxed);
    is_there
}

/// Gives up the reserve, for what must be allocated now.
#[cold]
pub fn release() {
    if let Ok(mut kept) = KEPT.try_lock() {
        IS_KEPT.store(false, Ordering::Relaxed);
        *kept = Vec::new();
    }
}

/// Gives up the reserve if a small allocation, which follows, would abort without it.
pub fn prepare() {
    if !is_there(SMALL) {
        release();
    }
}

fn is_there(bytes: usize) -> bool {
    let mut room = Vec::<u8>::new();
    let is_there = room.try_reserve_exact(bytes).is_ok();
    // The optimizer may remove an allocation that nobody uses.
    black_box(&room);
    is_there
}

/// Fails if this many bytes cannot be allocated now. Another thread may still take them first.
pub fn require(bytes: usize, what: &str) -> Result<()> {
    if bytes < LEAST || is_there(bytes) {
        return Ok(());
    }
    Err(Error::ws(Code::Resources, format!("there is no memory for {what}: {bytes} bytes")))
}
