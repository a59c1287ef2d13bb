//! The pings that wait for their answers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::error::{Code, Error, Result};

/// The most pings that may wait for their answers.
const MAX_PINGS: usize = 64;
/// A ping that is unanswered for this long makes room for another.
const PING_PATIENCE: Duration = Duration::from_secs(30);

/// A ping that was sent.
pub struct Ping {
    pub payload: Box<[u8]>,
    pub sent_at: Instant,
    /// The host sent it and gets the answer. Otherwise it is a keep-alive ping.
    pub by_host: bool,
}

#[derive(Default)]
pub struct Pings {
    waiting: VecDeque<Ping>,
    /// When the last pong arrived that answers none of the waiting pings.
    unmatched_pong_at: Option<Instant>,
}

impl Pings {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Fails if too many pings wait, including the answers that wait for the host.
    pub fn refuse(&mut self, answers_waiting: usize, now: Instant) -> Result<()> {
        if self.waiting.len() + answers_waiting >= MAX_PINGS {
            self.forget_old(now);
        }
        let unanswered = self.waiting.len();
        if unanswered + answers_waiting >= MAX_PINGS {
            let words = format!(
                "{unanswered} pings wait for their answers, and {answers_waiting} answers for the \
                 host: {MAX_PINGS} is the most"
            );
            return Err(Error::ws(Code::Again, words));
        }
        Ok(())
    }

    pub fn push(&mut self, ping: Ping) {
        if !ping.by_host {
            // At most one keep-alive ping waits, even if the server never answers.
            self.waiting.retain(|ping| ping.by_host);
        }
        self.waiting.push_back(ping);
    }

    /// Forgets pings that are unlikely to be answered: old pings, and pings sent before a pong with
    /// an unknown payload arrived.
    fn forget_old(&mut self, now: Instant) {
        let unmatched_pong_at = self.unmatched_pong_at;
        self.waiting.retain(|ping| {
            let is_old = now.saturating_duration_since(ping.sent_at) >= PING_PATIENCE;
            !is_old && unmatched_pong_at.is_none_or(|at| at < ping.sent_at)
        });
    }

    /// The ping that this pong answers: the newest one with its payload. It also answers all
    /// earlier pings, because a server may answer only the latest (RFC 6455 5.5.3).
    pub fn answered(&mut self, payload: &[u8]) -> Option<Ping> {
        let Some(index) = self.waiting.iter().rposition(|ping| *ping.payload == *payload) else {
            self.unmatched_pong_at = Some(Instant::now());
            return None;
        };
        self.waiting.drain(..=index).next_back()
    }
}
