//! What Unix systems other than Linux have instead of its clocks and its eventfd.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sys::portable::running;
use crate::sys::{socket_pair, PairEnd};

/// A time that grows by the lead of the wall clock over the clock of the timers. If that clock
/// does not stand still during a sleep, timers that expired in the sleep are due at once.
pub fn slept() -> Duration {
    let running = running();
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(running)
}

/// Wakes a thread that sleeps.
#[derive(Debug)]
pub struct Notifier {
    ours: PairEnd,
    theirs: PairEnd,
}

impl Notifier {
    pub fn new() -> io::Result<Notifier> {
        let (ours, theirs) = socket_pair()?;
        Ok(Notifier { ours, theirs })
    }

    /// A descriptor that is readable while it is notified.
    pub fn number(&self) -> isize {
        self.ours.number()
    }

    /// The thread that sleeps on it wakes up, or does not fall asleep.
    pub fn notify(&self) {
        self.theirs.write_byte();
    }

    /// The thread has been woken.
    pub fn clear(&self) {
        self.ours.drain();
    }
}
