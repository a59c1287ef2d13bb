//! The reasons for which a connection is not read at the moment.

use std::sync::atomic::{AtomicU8, Ordering};

/// Why a connection is not read.
#[derive(Debug, Clone, Copy)]
pub enum Reason {
    /// More than `receive_queue_max` waits for the host.
    Backlog = 1,
    /// The host has called `ws_pause`.
    Host = 2,
}

/// The reasons of the moment.
#[derive(Default)]
pub struct Pauses(AtomicU8);

impl Pauses {
    /// Returns whether it was not there before.
    pub fn add(&self, reason: Reason) -> bool {
        self.0.fetch_or(reason as u8, Ordering::SeqCst) & reason as u8 == 0
    }

    /// Returns whether it was there before.
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
