//! Keep-alive: sends a ping after some silence. Any byte counts as an answer.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::awaited::{head_start, shared_moment, Awaited};
use super::{Flow, Session};
use crate::chance::Chance;
use crate::connection::add;
use crate::error::{Code, Error};
use crate::log;

/// The longest wait for an answer after the machine has slept. Most connections that did not
/// survive the sleep never answer, so a longer wait is useless.
const PROMPT: Duration = Duration::from_secs(5);

impl Session {
    /// When the next ping or its answer is due.
    pub(super) fn ping_at(&self) -> Option<Instant> {
        match self.awaited() {
            Some(ping) => Some(ping.since + ping.limit?),
            None => {
                let interval = self.connection.limits.ping_interval?;
                let head_start = Duration::from_millis(self.head_start_ms.into());
                let latest = self.heard_at + interval.saturating_sub(head_start);
                Some(shared_moment(latest, interval))
            }
        }
    }

    /// Called at the time of `ping_at`.
    pub(super) fn on_silence(&mut self, now: Instant) -> Flow {
        let Some(limit) = self.awaited().map(|ping| ping.limit) else {
            self.ping(self.connection.limits.ping_timeout, false, now);
            return Flow::Stay;
        };
        if self.gets_closer(now) {
            return Flow::Stay;
        }
        let limit = limit.unwrap_or_default().as_millis();
        let words = format!("the server was silent for {limit} ms after a ping");
        self.lost("the connection does not answer", Some(Error::ws(Code::Timeout, words)))
    }

    /// Sends a ping at once, because the machine has slept.
    pub fn on_wake(&mut self, now: Instant) {
        let limits = &self.connection.limits;
        let is_closing =
            self.parting().close_deadline.is_some() || self.parting().fault().is_some();
        if limits.ping_interval.is_some() && !is_closing && !self.is_paused() {
            self.ping(limits.ping_timeout.map(|limit| limit.min(PROMPT)), true, now);
        }
    }

    /// Whether nothing was received since the machine woke up.
    pub fn has_just_slept(&self) -> bool {
        self.awaited().is_some_and(|ping| ping.is_after_sleep)
    }

    fn ping(&mut self, limit: Option<Duration>, is_after_sleep: bool, now: Instant) {
        self.head_start_ms = head_start(self.connection.limits.ping_interval, Chance::draw());
        let (id, silence) = (self.connection.id, now.saturating_duration_since(self.heard_at));
        log::line!(Debug, "connection {id}: a ping after {silence:?} of silence");
        let token = (self.heard_at.elapsed().as_nanos() as u64).to_be_bytes();
        let mut outbox = self.connection.outbox();
        let sent = self.connection.counters.wire_sent.load(Ordering::Relaxed);
        let (taken, follows) = (self.taken(&outbox), sent + outbox.waiting() as u64);
        let is_closing = self.connection.life().is_closing();
        if !is_closing && outbox.push_ping(&token, false).is_ok() {
            add(&self.connection.counters.pings_sent, 1);
        }
        drop(outbox);
        let awaited = Awaited { since: now, limit, taken, follows, is_after_sleep };
        self.extras_mut().awaited = Some(awaited);
        self.write(now);
    }

    /// Whether the server takes bytes from before the ping: it cannot answer yet. If so, the clock
    /// of the ping starts again.
    fn gets_closer(&mut self, now: Instant) -> bool {
        let taken = self.taken(&self.connection.outbox());
        let awaited = self.extras.as_mut().and_then(|extras| extras.awaited.as_mut());
        let Some(ping) = awaited.filter(|ping| ping.taken < ping.follows && ping.taken < taken)
        else {
            return false;
        };
        (ping.since, ping.taken) = (now, taken);
        log::line!(
            Debug,
            "connection {}: the server still takes what was sent before the ping",
            self.connection.id
        );
        true
    }

    /// Takes note that something was received.
    pub(super) fn hear(&mut self, now: Instant) {
        self.heard_at = now;
        self.forget_ping();
    }
}
