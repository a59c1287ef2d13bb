//! Whether the server is still there: a ping after some silence, and any byte is an answer.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Flow, Session};
use crate::connection::add;
use crate::error::{Code, Error};

/// After a sleep of the machine, most that it did not survive never answer: not worth the
/// patience that a busy network is.
const PROMPT: Duration = Duration::from_secs(5);

/// A ping that is unanswered.
pub(super) struct Awaited {
    /// When it was sent, or when the last of what is before it left.
    since: Instant,
    limit: Option<Duration>,
    /// How much the connection has sent, and how much it will have when the ping has left.
    sent: u64,
    leaves_at: u64,
}

impl Session {
    /// When the next ping is due, or its answer.
    pub(super) fn ping_at(&self) -> Option<Instant> {
        match &self.awaited {
            Some(ping) => Some(ping.since + ping.limit?),
            None => Some(self.heard_at + self.connection.limits.ping_interval?),
        }
    }

    /// That time has come.
    pub(super) fn on_silence(&mut self, now: Instant) -> Flow {
        let Some(ping) = &self.awaited else {
            self.ping(self.connection.limits.ping_timeout, now);
            return Flow::Stay;
        };
        let limit = ping.limit.unwrap_or_default().as_millis();
        let words = format!("the server was silent for {limit} ms after a ping");
        self.lost("the connection does not answer", Some(Error::ws(Code::Timeout, words)))
    }

    /// The machine has slept: whether the server is still there is asked at once.
    pub fn on_wake(&mut self, now: Instant) {
        let limits = &self.connection.limits;
        let is_closing = self.parting().close_deadline.is_some() || self.parting().fault.is_some();
        if limits.ping_interval.is_some() && !is_closing && !self.connection.is_paused() {
            self.ping(limits.ping_timeout.map(|limit| limit.min(PROMPT)), now);
        }
    }

    fn ping(&mut self, limit: Option<Duration>, now: Instant) {
        let token = (self.heard_at.elapsed().as_nanos() as u64).to_be_bytes();
        let mut outbox = self.connection.outbox();
        if outbox.push_ping(&token, None).is_ok() {
            add(&self.connection.counters.pings_sent, 1);
        }
        let sent = self.connection.counters.wire_sent.load(Ordering::Relaxed);
        let leaves_at = sent + outbox.waiting() as u64;
        drop(outbox);
        self.awaited = Some(Box::new(Awaited { since: now, limit, sent, leaves_at }));
        self.write(now);
    }

    /// So much has been sent in all. No answer can come while the server is still taking
    /// what is before the ping.
    pub(super) fn on_sent(&mut self, sent: u64, now: Instant) {
        if let Some(ping) = &mut self.awaited {
            if ping.sent < ping.leaves_at && sent > ping.sent {
                ping.sent = sent;
                ping.since = now;
            }
        }
    }

    /// Something has come.
    pub(super) fn hear(&mut self, now: Instant) {
        self.heard_at = now;
        self.awaited = None;
    }
}
