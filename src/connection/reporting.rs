//! Reports to the host about its messages: SENT and EXPIRED.

use std::sync::Arc;
use std::time::Instant;

use super::{Connection, Outbox};
use crate::queue::Event;

impl Connection {
    /// The numbers of messages that have left and are to be reported.
    pub fn take_reports(&self, outbox: &mut Outbox) -> Vec<i32> {
        let numbers = outbox.take_reports();
        self.backlog.expect_reports(numbers.len());
        numbers
    }

    /// Reports that the messages with these numbers have left.
    pub fn report_sent(self: &Arc<Self>, numbers: Vec<i32>) {
        for number in numbers {
            self.emit(Event::Sent(number));
        }
    }

    /// The same for all messages that were not reported yet.
    pub fn report(self: &Arc<Self>) {
        let numbers = self.take_reports(&mut self.outbox());
        self.report_sent(numbers);
    }

    /// When the next message expires.
    pub fn next_expiry(&self) -> Option<Instant> {
        self.limits.message_ttl?;
        self.outbox().next_expiry()
    }

    /// Drops messages that are too old, and tells the host.
    pub fn expire(self: &Arc<Self>, now: Instant) {
        if self.limits.message_ttl.is_none() {
            return;
        }
        let mut outbox = self.outbox();
        let expired = outbox.expire(now);
        if expired.is_empty() {
            return;
        }
        self.backlog.expect_reports(expired.len());
        let has_drained = outbox.take_drain();
        drop(outbox);
        for number in expired {
            self.emit(Event::Expired(number));
        }
        if has_drained {
            self.emit(Event::Drain);
        }
        // The connection may only have waited for these messages before closing.
        self.post();
    }
}
