//! Sending again: when a lost connection is opened again, the outbox sends the messages that have
//! not left.

use super::Outbox;
use crate::connection::reconnect::Past;
use crate::error::{Code, Error, Result};
use crate::protocol::DataFrame;

/// The error of a message in fragments that is lost with its connection.
fn torn() -> Error {
    let words = "the connection was lost in the middle of the message that was sent in \
                 fragments; what left of it is lost: send it again from its beginning";
    Error::ws(Code::Lost, words)
}

impl Outbox {
    /// The epoch: how many times the connection was lost before.
    pub fn epoch(&self) -> u32 {
        self.past().map_or(0, |past| past.epoch)
    }

    pub fn reconnects(&self) -> u64 {
        self.past().map_or(0, |past| past.reconnects)
    }

    /// What happened to the connection before, if it was lost.
    pub fn past(&self) -> Option<&Past> {
        self.reconnect.as_ref()?.past.as_deref()
    }

    pub fn past_mut(&mut self) -> Option<&mut Past> {
        self.reconnect.as_mut()?.past.as_deref_mut()
    }

    /// Fails once if the host's message in fragments was lost.
    pub fn take_torn(&mut self) -> Result<()> {
        if self.past_mut().is_some_and(|past| std::mem::take(&mut past.is_torn)) {
            return Err(torn());
        }
        Ok(())
    }

    /// Fails if the frame continues a message whose beginning is lost.
    #[inline]
    pub(super) fn check_continues(&mut self, frame: DataFrame) -> Result<()> {
        if frame.is_first || self.is_fragmented {
            return Ok(());
        }
        Err(self.lost_beginning())
    }

    #[cold]
    fn lost_beginning(&mut self) -> Error {
        if let Some(past) = self.past_mut() {
            past.is_torn = false;
        }
        torn()
    }

    /// Takes note that the last appended frame is compressed. `room` is for its copy.
    pub(super) fn push_copy(&mut self, room: Vec<u8>) {
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.push(room, self.written);
        }
    }

    /// Keeps the uncompressed payload of the last frame, unless the frame has left. Call it under
    /// the same lock under which the frame was queued.
    #[inline]
    pub fn keep_copy(&mut self, payload: &[u8]) {
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.keep(payload);
        }
    }

    /// The connection is lost: frames that have not left completely wait to be sent again. Returns
    /// an error if a complete message has lost its beginning.
    pub fn interrupt(&mut self) -> Result<Option<Error>> {
        drop(self.detach());
        let Some(reconnect) = &mut self.reconnect else { return Ok(None) };
        let remains = reconnect.unsent.take(&self.buffer, self.written)?;
        let past = reconnect.past_mut();
        past.epoch += 1;
        past.is_torn = remains.is_torn;
        self.start_over();
        self.message_end = remains.buffer.len();
        self.buffer = remains.buffer;
        self.is_fragmented = remains.is_fragmented;
        self.renew_marks();
        Ok(remains.is_cut.then(torn))
    }

    /// Whether the bytes that have left end with a whole frame.
    pub fn is_at_boundary(&self) -> bool {
        self.reconnect
            .as_ref()
            .is_some_and(|reconnect| reconnect.unsent.is_at_boundary(self.written))
    }
}
