//! The reasons why a connection is currently not read.

use std::sync::atomic::{AtomicU8, Ordering};

/// A reason why a connection is not read.
#[derive(Debug, Clone, Copy)]
pub enum Reason {
    /// More than `receive_queue_max` waits for the host.
    Backlog = 1,
    /// The host has called `ws_pause`.
    Host = 2,
}

/// The current reasons.
#[derive(Default)]
pub struct Pauses(AtomicU8);

impl Pauses {
    /// Adds a reason. Returns true if it is new.
    pub fn add(&self, reason: Reason) -> bool {
        self.0.fetch_or(reason as u8, Ordering::SeqCst) & reason as u8 == 0
    }

    /// Removes a reason. Returns true if it was there.
    pub fn remove(&self, reason: Reason) -> bool {
        self.0.fetch_and(!(reason as u8), Ordering::SeqCst) & reason as u8 != 0
    }

    pub fn has(&self, reason: Reason) -> bool {
        self.0.load(Ordering::SeqCst) & reason as u8 != 0
    }
    /// Forgets all reasons.
    pub fn clear(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    pub fn are_any(&self) -> bool {
        self.0.load(Ordering::SeqCst) != 0
    }
}
