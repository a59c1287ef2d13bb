//! Clocks, notifications and options of sockets for systems other than Linux.

mod sockets;

use std::io;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::{Registry, Token};

pub use self::sockets::*;

fn running() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A time that grows by the lead of the wall clock over the clock of the timers. If that clock
/// does not stand still during a sleep, timers that expired in the sleep are due at once.
pub fn slept() -> Duration {
    let running = running();
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(running)
}

/// A clock with steps of a few milliseconds. Two readings can only be compared for equality.
pub fn tick() -> u32 {
    (running().as_millis() / 4) as u32
}

/// There is none here. A sleep is noticed in the next turn, at the latest for the next ping.
pub struct Alarm;

impl Alarm {
    pub fn new(_: &Registry, _: Token) -> io::Result<Alarm> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn rearm(&self) {}
}

/// Wakes a thread that sleeps.
#[cfg(unix)]
#[derive(Debug)]
pub struct Notifier {
    ours: super::PairEnd,
    theirs: super::PairEnd,
}

#[cfg(unix)]
impl Notifier {
    pub fn new() -> io::Result<Notifier> {
        let (ours, theirs) = super::socket_pair()?;
        Ok(Notifier { ours, theirs })
    }

    /// A descriptor that is readable while it is notified.
    pub fn number(&self) -> i32 {
        self.ours.number() as i32
    }

    /// The thread that sleeps on it wakes up, or does not fall asleep.
    pub fn notify(&self) {
        // It fails only if the buffer is full, and then it is readable.
        let _ = io::Write::write(&mut &self.theirs, &[1]);
    }

    /// The thread has been woken.
    pub fn clear(&self) {
        let mut scratch = [0; 64];
        while let Ok(1..) = io::Read::read(&mut &self.ours, &mut scratch) {}
    }
}
