//! The counters of a connection.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::dial::Timings;

#[derive(Default)]
pub struct Stats {
    pub messages_sent: AtomicU64,
    pub payload_sent: AtomicU64,
    pub messages_received: AtomicU64,
    pub payload_received: AtomicU64,
    pub wire_sent: AtomicU64,
    pub wire_received: AtomicU64,
    pub pings_sent: AtomicU64,
    pub pongs_received: AtomicU64,
    pub round_trip_us: AtomicU64,
}

/// A snapshot of the counters.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub messages_sent: u64,
    pub payload_sent: u64,
    pub messages_received: u64,
    pub payload_received: u64,
    pub wire_sent: u64,
    pub wire_received: u64,
    pub pings_sent: u64,
    pub pongs_received: u64,
    pub round_trip_us: u64,
    pub timings: Timings,
    pub reconnects: u64,
}

/// The sums over many connections.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    pub messages_sent: u64,
    pub payload_sent: u64,
    pub messages_received: u64,
    pub payload_received: u64,
    pub wire_sent: u64,
    pub wire_received: u64,
    pub pings_sent: u64,
    pub pongs_received: u64,
}

impl Totals {
    pub fn add(&mut self, stats: &Stats) {
        for (total, counter) in [
            (&mut self.messages_sent, &stats.messages_sent),
            (&mut self.payload_sent, &stats.payload_sent),
            (&mut self.messages_received, &stats.messages_received),
            (&mut self.payload_received, &stats.payload_received),
            (&mut self.wire_sent, &stats.wire_sent),
            (&mut self.wire_received, &stats.wire_received),
            (&mut self.pings_sent, &stats.pings_sent),
            (&mut self.pongs_received, &stats.pongs_received),
        ] {
            *total = total.wrapping_add(counter.load(Relaxed));
        }
    }
}

/// Each counter has one writer at a time: the thread that has locked the outbox, or the thread
/// that runs the worker's loop.
pub fn add(counter: &AtomicU64, amount: usize) {
    counter.store(counter.load(Relaxed).wrapping_add(amount as u64), Relaxed);
}

impl Stats {
    pub fn snapshot(&self, timings: Timings, reconnects: u64) -> Snapshot {
        Snapshot {
            messages_sent: self.messages_sent.load(Relaxed),
            payload_sent: self.payload_sent.load(Relaxed),
            messages_received: self.messages_received.load(Relaxed),
            payload_received: self.payload_received.load(Relaxed),
            wire_sent: self.wire_sent.load(Relaxed),
            wire_received: self.wire_received.load(Relaxed),
            pings_sent: self.pings_sent.load(Relaxed),
            pongs_received: self.pongs_received.load(Relaxed),
            round_trip_us: self.round_trip_us.load(Relaxed),
            timings,
            reconnects,
        }
    }
}
