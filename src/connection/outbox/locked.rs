//! The lock of an outbox.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;

use super::Outbox;
use crate::log;

/// An outbox that the calling thread has locked. What was sent is logged when the lock is
/// released: the host's log function may wait for a thread that waits for the lock.
pub struct Locked<'a> {
    // Fields are dropped in this order.
    outbox: MutexGuard<'a, Outbox>,
    lines: Lines,
}

/// Lines for the log, written when they are dropped.
#[derive(Default)]
struct Lines(Vec<String>);

impl<'a> Locked<'a> {
    pub fn new(outbox: MutexGuard<'a, Outbox>) -> Locked<'a> {
        Locked { outbox, lines: Lines::default() }
    }
}

impl Deref for Locked<'_> {
    type Target = Outbox;

    fn deref(&self) -> &Outbox {
        &self.outbox
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.lines.0 = self.outbox.take_lines();
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        for line in self.0.drain(..) {
            log::line!(Trace, "{line}");
        }
    }
}
