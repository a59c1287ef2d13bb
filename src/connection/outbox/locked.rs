//! The lock of an outbox.

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;

use super::Outbox;
use crate::log;

/// An outbox that the calling thread has locked. Sent frames are logged after the lock is released,
/// because the host's log function may wait for a thread that waits for the lock.
///
/// It is passed on with every message, so it is no larger than the guard inside.
pub struct Locked<'a>(ManuallyDrop<MutexGuard<'a, Outbox>>);

impl<'a> Locked<'a> {
    pub fn new(outbox: MutexGuard<'a, Outbox>) -> Locked<'a> {
        Locked(ManuallyDrop::new(outbox))
    }
}

impl Deref for Locked<'_> {
    type Target = Outbox;

    fn deref(&self) -> &Outbox {
        &self.0
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Outbox {
        &mut self.0
    }
}

impl Drop for Locked<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.0.has_lines() {
            return unlock_and_show(&mut self.0);
        }
        // SAFETY: it is not used after this.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}

/// Unlocks the outbox, which is not used after this.
#[cold]
fn unlock_and_show(outbox: &mut ManuallyDrop<MutexGuard<'_, Outbox>>) {
    let lines = outbox.take_lines();
    // SAFETY: the caller does not use it any more.
    unsafe { ManuallyDrop::drop(outbox) };
    for line in lines {
        log::line!(Trace, "{line}");
    }
}
