//! The ways to end a connection. Each says what becomes of the messages that wait to be sent.

use std::sync::Arc;

use super::end_guard::Ends;
use super::life::Phase;
use super::outbox::Locked;
use super::{Connection, Outbox};
use crate::error::{Code, Error, Result};
use crate::log;
use crate::protocol::{self, close_code};
use crate::queue::{Ending, Event};

impl Connection {
    /// Closes with the host's code and reason. The host gets no more messages.
    pub fn terminate(&self, code: i32, reason: &str) -> Result<()> {
        let code = match u16::try_from(code) {
            Ok(0) => close_code::NORMAL,
            Ok(code) if protocol::is_sendable_close_code(code) => code,
            _ => {
                let words = format!("{code} is not a close code to send: 1000, or 3000 to 4999");
                return Err(Error::ws(Code::Argument, words));
            }
        };
        if reason.len() > protocol::MAX_REASON {
            let words = format!(
                "the reason is {} bytes; a close frame has room for {}",
                reason.len(),
                protocol::MAX_REASON
            );
            return Err(Error::ws(Code::Argument, words));
        }
        self.refuse_closed()?;
        self.close(code, reason)
    }

    /// Begins the closing handshake. Waiting messages leave before the close frame. If the
    /// connection is not open, they are dropped.
    pub fn close(&self, code: u16, reason: &str) -> Result<()> {
        self.mute();
        let mut outbox = self.outbox();
        let may_leave = self.life.is_open() || self.life.is_closing();
        let closed = self.begin_closing(&mut outbox, code, reason);
        self.let_go(outbox, may_leave);
        self.changed();
        closed
    }

    fn begin_closing(&self, outbox: &mut Outbox, code: u16, reason: &str) -> Result<()> {
        if self.life.close() != Some(Phase::Open) {
            return Ok(());
        }
        // The connection closes even if there is no close frame.
        let closed = outbox.push_close(Some((code, reason)));
        self.flush(outbox);
        closed
    }

    /// For the worker: queues a close frame, which gives a reason or answers the server's close
    /// frame.
    pub fn close_as_told(&self, frame: Option<(u16, &str)>) {
        let mut outbox = self.outbox();
        let before = self.life.close();
        if before == Some(Phase::Open) {
            // This fails only without random bytes. Then the connection closes without a close
            // frame.
            let _ = outbox.push_close(frame);
        }
        drop(outbox);
        self.home.queue.touch();
    }

    /// Drops the connection without a closing handshake.
    pub fn abort(&self) -> Result<()> {
        self.refuse_closed()?;
        self.mute();
        self.life.abort();
        let outbox = self.outbox();
        self.life.close();
        self.let_go(outbox, false);
        self.changed();
        Ok(())
    }

    /// Accepts no more messages, and closes with 1001 when the waiting messages have left. For
    /// them, an opening is finished, and a lost connection is opened again.
    ///
    /// If `is_unattended`, the queue is closed and nobody can end the connection, so it gets less
    /// time: the close frame is queued at once, and a lost connection or an opening without a time
    /// limit is abandoned.
    pub fn drain(&self, is_unattended: bool) {
        self.mute();
        let mut outbox = self.outbox();
        let mut may_leave = true;
        if self.life.drain(is_unattended) {
            outbox.set_gathered(false);
            self.flush(&mut outbox);
            let is_opening = !self.life.is_open() && !self.life.is_suspended();
            let may_wait =
                !self.home.queue.is_closed() || is_opening && self.limits.open_timeout.is_some();
            if !may_wait || outbox.waiting_messages() == 0 {
                may_leave = self.life.is_open();
                // This fails only without random bytes. Then there is no close frame.
                let _ = self.begin_closing(&mut outbox, close_code::GOING_AWAY, "");
            }
        }
        self.let_go(outbox, may_leave);
        self.changed();
    }

    /// Closes a draining connection if everything has left. For the worker, after a write.
    pub fn close_if_drained(&self, outbox: &mut Outbox) {
        if !self.life.is_draining() || !self.life.is_open() {
            return;
        }
        if outbox.waiting_messages() == 0 || self.home.queue.is_closed() {
            // As above.
            let _ = self.begin_closing(outbox, close_code::GOING_AWAY, "");
        }
    }

    /// Releases the outbox. Unless they `may_leave`, the messages in it are lost.
    fn let_go(&self, outbox: Locked<'_>, may_leave: bool) {
        let bytes = if may_leave { 0 } else { outbox.waiting_messages() };
        let is_new = bytes > 0 && !self.life.lose();
        drop(outbox);
        if is_new {
            let id = self.id;
            log::line!(Warning, "connection {id}: {bytes} bytes of messages are dropped unsent");
        }
    }

    /// Ends the connection and tells the host.
    pub fn end(self: &Arc<Self>, ending: Ending) {
        self.report();
        self.release();
        self.emit(Event::Terminate(Box::new(ending)));
    }

    /// Frees the buffers: nothing more is sent or received. The connection itself may live longer,
    /// until TERMINATE is delivered and no thread refers to it.
    pub fn release(&self) {
        let mut outbox = self.outbox();
        self.life.close();
        let transport = outbox.detach();
        self.note_socket(transport.as_deref());
        drop(transport);
        outbox.release();
        self.let_go(outbox, false);
        // A thread that is compressing will see that the connection is closed, and drop the
        // compressor.
        if let Ok(mut composer) = self.composer.try_lock() {
            *composer = None;
        }
    }
}

impl Ends for Connection {
    fn is_over(&self) -> bool {
        self.life.is_over()
    }

    fn begin(&self) {
        self.home.seat.enter();
    }

    fn leave(&self) {
        self.home.seat.leave();
    }

    fn abandon(self: &Arc<Self>) {
        let error = Error::ws(Code::Internal, "a defect in hostws ended the connection");
        self.emit(Event::Error(Box::new(error)));
        self.end(Ending::unclean(close_code::ABNORMAL));
    }
}
