//! The control frames of an outbox (RFC 6455 5.5): pings that wait for answers, pongs for the
//! server's pings, and the close frame, which is the last frame.

use std::time::Instant;

use super::pings::Ping;
use super::Outbox;
use crate::connection::masks::with_masks;
use crate::error::Result;
use crate::protocol;

impl Outbox {
    /// Fails if too many pings of the host wait. An answered ping counts until the host has taken
    /// the answer.
    pub fn refuse_pings(&mut self, answers_waiting: usize) -> Result<()> {
        let refused = self.extras().pings.refuse(answers_waiting, Instant::now());
        self.tidy();
        refused
    }

    /// Queues a ping: a ping of the host, which was admitted before, or a keep-alive ping.
    pub fn push_ping(&mut self, payload: &[u8], by_host: bool) -> Result<()> {
        self.make_room(protocol::encoded_len(payload.len()))?;
        with_masks(|masks| protocol::encode_ping(&mut self.buffer, payload, masks))?;
        self.extras().pings.push(Ping {
            payload: payload.into(),
            sent_at: Instant::now(),
            by_host,
        });
        Ok(())
    }

    /// Answers a ping. While a pong waits to leave, only the newest further pong is kept (RFC 6455
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

    /// A close frame for a stream that the outbox no longer has.
    pub fn close_frame(code: Option<(u16, &str)>) -> Result<Vec<u8>> {
        let mut frame = Vec::new();
        with_masks(|masks| protocol::encode_close(&mut frame, code, masks))?;
        Ok(frame)
    }

    /// The ping that this pong answers. The pong also answers all earlier pings.
    pub fn answered(&mut self, payload: &[u8]) -> Option<Ping> {
        let answered = self.extras.as_mut()?.pings.answered(payload);
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
