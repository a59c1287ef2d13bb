//! Clocks, with what the standard library has.

use std::io;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::{Registry, Token};

fn running() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A time that grows by as much as the wall clock gains on the timers' own. Where that does
/// not stand still while the machine sleeps, what came due meanwhile is due at once.
pub fn slept() -> Duration {
    let running = running();
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(running)
}

/// A clock of a few milliseconds' steps. Only whether two readings are the same means something.
pub fn tick() -> u32 {
    (running().as_millis() / 4) as u32
}

/// Nothing wakes the wait here: a sleep is noticed when it ends, at the latest for the next ping.
pub struct Alarm;

impl Alarm {
    pub fn new(_: &Registry, _: Token) -> io::Result<Alarm> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn rearm(&self) {}
}
