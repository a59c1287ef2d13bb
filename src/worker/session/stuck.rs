//! Bytes that the socket does not take, and whether the server still takes what was sent before.
//!
//! The socket takes bytes only when much of its buffer is free, and the buffer holds megabytes. A
//! server that reads slowly is alive long before that, so the system is asked what it still holds.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Flow, Session};
use crate::connection::Outbox;
use crate::error::{Code, Error};
use crate::worker::timers::earlier;

/// After this part of the limit, the system is asked for the first time.
const FIRST_LOOK: u32 = 8;

/// Bytes that wait because the socket takes no more.
pub struct Stuck {
    since: Instant,
    /// How many bytes had been sent by then.
    sent: u64,
    /// How many the server had taken by then. It is not looked at before bytes are stuck for a
    /// while: most are not, and then it costs nothing.
    taken: Option<u64>,
}

impl Session {
    pub(super) fn stuck(&self) -> Option<&Stuck> {
        self.extras.as_ref()?.stuck.as_ref()
    }

    fn stuck_mut(&mut self) -> Option<&mut Stuck> {
        self.extras.as_mut()?.stuck.as_mut()
    }

    /// Takes note whether bytes are stuck. `sent` is how many have been sent so far.
    pub(super) fn note_stuck(&mut self, is_stuck: bool, sent: u64, now: Instant) {
        match &mut self.extras {
            None if !is_stuck => {}
            Some(extras) if !is_stuck => {
                extras.stuck = None;
                self.tidy();
            }
            _ => {
                let stuck = &mut self.extras_mut().stuck;
                if stuck.as_ref().is_none_or(|stuck| stuck.sent != sent) {
                    *stuck = Some(Stuck { since: now, sent, taken: None });
                }
            }
        }
    }

    /// The clock starts again.
    pub(super) fn restart_stuck(&mut self, now: Instant) {
        if let Some(stuck) = self.stuck_mut() {
            (stuck.since, stuck.taken) = (now, None);
        }
    }

    #[inline]
    pub(super) fn write_deadline(&self) -> Option<Instant> {
        let stuck = self.stuck()?;
        let limit = self.write_limit()?;
        Some(stuck.since + if stuck.taken.is_some() { limit } else { limit / FIRST_LOOK })
    }

    /// How long data may wait for a server that takes none of it.
    fn write_limit(&self) -> Option<Duration> {
        let limits = &self.connection.limits;
        let unattended = self.connection.life().is_unattended().then_some(limits.close_timeout);
        earlier(limits.write_timeout, unattended)
    }

    /// Called at the time of `write_deadline`.
    pub(super) fn on_stuck(&mut self, now: Instant) -> Flow {
        let outbox = self.connection.outbox();
        let (taken, waiting) = (self.taken(&outbox), outbox.waiting());
        drop(outbox);
        if let Some(stuck) = self.stuck_mut() {
            if stuck.taken.is_none_or(|before| before < taken) {
                (stuck.since, stuck.taken) = (now, Some(taken));
                return Flow::Stay;
            }
        }
        let limit = self.write_limit().unwrap_or_default().as_millis();
        let words = format!("{waiting} bytes waited to be sent, and none left for {limit} ms");
        self.lost("the server takes nothing", Some(Error::ws(Code::Timeout, words)))
    }

    /// How many of all bytes sent the server's system has taken. Where that is not known, it is all
    /// of them. Nothing leaves meanwhile, because the outbox is locked. With TLS it is too few while
    /// some are on their way, but it grows.
    pub(super) fn taken(&self, _: &Outbox) -> u64 {
        let sent = self.connection.counters.wire_sent.load(Ordering::Relaxed);
        sent.saturating_sub(self.transport.unacknowledged().unwrap_or(0) as u64)
    }
}
