//! The control frames of an outbox (RFC 6455 5.5): pings that wait for answers, pongs for the
//! server's pings, and the close frame, which is the last frame.

use std::time::{Duration, Instant};

use super::{Extras, Outbox, SendBound};
use crate::connection::masks::with_masks;
use crate::error::{Code, Error, Result};
use crate::protocol;

/// How many pings may wait for their answers.
const MAX_PINGS: usize = 64;
/// A ping without an answer for this long makes room for another.
const PING_PATIENCE: Duration = Duration::from_secs(30);

/// A ping that was sent.
pub struct Ping {
    payload: Box<[u8]>,
    pub sent_at: Instant,
    /// The host sent it and gets its answer. Otherwise it keeps the connection alive.
    pub by_host: bool,
}

impl Outbox {
    /// Fails if too many pings of the host wait. A ping that was answered counts until the host has
    /// got the answer.
    pub fn refuse_pings(&mut self, answers_waiting: usize) -> Result<()> {
        let mut unanswered = self.extras.as_ref().map_or(0, |extras| extras.pings.len());
        if unanswered + answers_waiting >= MAX_PINGS {
            unanswered = self.forget_old_pings(Instant::now());
        }
        if unanswered + answers_waiting >= MAX_PINGS {
            let words = format!(
                "{unanswered} pings wait for their answers, and {answers_waiting} answers for the \
                 host: {MAX_PINGS} is the most"
            );
            return Err(Error::ws(Code::Again, words));
        }
        Ok(())
    }

    /// Queues a ping. With a bound it is the host's; without one it keeps the connection alive.
    pub fn push_ping(&mut self, payload: &[u8], bound: Option<SendBound>) -> Result<()> {
        let by_host = bound.is_some();
        let size = protocol::encoded_len(payload.len());
        if let Some(bound) = bound {
            self.admit(size, bound)?;
        }
        self.make_room(size)?;
        with_masks(|masks| protocol::encode_ping(&mut self.buffer, payload, masks))?;
        let pings = &mut self.extras().pings;
        if !by_host {
            // At most one such ping waits, even if the server never answers.
            pings.retain(|ping| ping.by_host);
        }
        pings.push_back(Ping { payload: payload.into(), sent_at: Instant::now(), by_host });
        Ok(())
    }

    /// Forgets pings that are unlikely to be answered: those sent before a pong with an unknown
    /// payload came, and old ones. Returns how many are left.
    fn forget_old_pings(&mut self, now: Instant) -> usize {
        let Extras { pings, unmatched_pong_at, .. } = self.extras();
        pings.retain(|ping| {
            let is_old = now.saturating_duration_since(ping.sent_at) >= PING_PATIENCE;
            !is_old && unmatched_pong_at.is_none_or(|at| at < ping.sent_at)
        });
        let left = pings.len();
        self.tidy();
        left
    }

    /// Answers a ping. While one pong waits to leave, only the newest further one is kept (RFC 6455
    /// 5.5.3), so that a server that never reads cannot fill the buffer.
    pub fn push_pong(&mut self, payload: &[u8]) -> Result<()> {
        if self.pong_end() > self.written {
            self.extras().waiting_pong = Some(payload.into());
            return Ok(());
        }
        self.make_room(protocol::encoded_len(payload.len()))?;
        with_masks(|masks| protocol::encode_pong(&mut self.buffer, payload, masks))?;
        self.extras().pong_end = self.buffer.len();
        Ok(())
    }

    /// Queues the close frame, the last frame.
    pub fn push_close(&mut self, close: Option<(u16, &str)>) -> Result<()> {
        drop(self.take_waiting_pong());
        self.make_room(protocol::encoded_len(protocol::MAX_CONTROL))?;
        with_masks(|masks| protocol::encode_close(&mut self.buffer, close, masks))
    }

    /// A close frame for a stream that does not belong to the outbox any more.
    pub fn close_frame(code: Option<(u16, &str)>) -> Result<Vec<u8>> {
        let mut frame = Vec::new();
        with_masks(|masks| protocol::encode_close(&mut frame, code, masks))?;
        Ok(frame)
    }

    /// The ping that this pong answers: the newest one with its payload. It answers the earlier
    /// pings too, because a server may answer only the latest (RFC 6455 5.5.3).
    pub fn answered(&mut self, payload: &[u8]) -> Option<Ping> {
        let Extras { pings, unmatched_pong_at, .. } = &mut **self.extras.as_mut()?;
        let Some(index) = pings.iter().rposition(|ping| *ping.payload == *payload) else {
            *unmatched_pong_at = Some(Instant::now());
            return None;
        };
        let answered = pings.drain(..=index).next_back();
        self.tidy();
        answered
    }

    pub(super) fn pong_end(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.pong_end)
    }

    pub(super) fn take_waiting_pong(&mut self) -> Option<Box<[u8]>> {
        self.extras.as_mut()?.waiting_pong.take()
    }
}
