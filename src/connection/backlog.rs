//! Counts the waiting events that `receive_queue_max` does not limit.

use std::sync::atomic::{AtomicU32, AtomicU8, Ordering};

use crate::queue::Event;

/// The most warnings that wait for the host. Further warnings go to the log only.
const MAX_WARNINGS: u8 = 16;

#[derive(Default)]
pub struct Backlog {
    warnings: AtomicU8,
    pongs: AtomicU8,
    /// SENT and EXPIRED events that wait, or are about to.
    reports: AtomicU32,
}

impl Backlog {
    fn of(&self, event: &Event) -> Option<&AtomicU8> {
        match event {
            Event::Warning(_) => Some(&self.warnings),
            Event::Pong(_) => Some(&self.pongs),
            _ => None,
        }
    }

    /// So many SENT or EXPIRED events follow. Call it with the outbox locked, which has counted their
    /// messages until now.
    pub fn expect_reports(&self, count: usize) {
        if count > 0 {
            self.reports.fetch_add(count as u32, Ordering::Relaxed);
        }
    }

    pub fn add(&self, event: &Event) {
        if let Some(count) = self.of(event) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn remove(&self, event: &Event) {
        if let Event::Sent(_) | Event::Expired(_) = event {
            self.reports.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(count) = self.of(event) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub fn has_many_warnings(&self) -> bool {
        self.warnings.load(Ordering::Relaxed) >= MAX_WARNINGS
    }

    pub fn reports(&self) -> usize {
        self.reports.load(Ordering::Relaxed) as usize
    }

    pub fn pongs(&self) -> usize {
        self.pongs.load(Ordering::Relaxed).into()
    }
}
