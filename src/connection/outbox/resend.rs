//! An outbox whose connection is lost and opened again: what has not left is sent anew.

use super::Outbox;
use crate::error::{Code, Error, Result};
use crate::protocol::DataFrame;

/// What is said where a message in fragments is lost with its connection.
fn torn() -> Error {
    let words = "the connection was lost in the middle of the message that was sent in \
                 fragments; what left of it is lost: send it again from its beginning";
    Error::ws(Code::Lost, words)
}

impl Outbox {
    /// Which of the connections in a row this is.
    pub fn epoch(&self) -> u32 {
        self.reconnect.as_ref().map_or(0, |reconnect| reconnect.epoch)
    }

    pub fn reconnects(&self) -> u64 {
        self.reconnect.as_ref().map_or(0, |reconnect| reconnect.reconnects)
    }

    /// The host's message in fragments was lost: told once.
    pub fn take_torn(&mut self) -> Result<()> {
        let is_torn =
            self.reconnect.as_mut().is_some_and(|reconnect| std::mem::take(&mut reconnect.is_torn));
        if is_torn {
            return Err(torn());
        }
        Ok(())
    }

    /// A message goes on, or the connection that had its beginning is gone.
    pub(super) fn check_continues(&mut self, frame: DataFrame) -> Result<()> {
        if frame.is_first || self.is_fragmented {
            return Ok(());
        }
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.is_torn = false;
        }
        Err(torn())
    }

    /// The frame that was appended last is compressed; `room` is for its copy.
    pub(super) fn push_copy(&mut self, room: Vec<u8>) {
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.push(room);
        }
    }

    /// What was compressed last and has not left: this is what it was made of. To be called
    /// before the lock is released under which it was queued.
    pub fn keep_copy(&mut self, payload: &[u8]) {
        if let Some(reconnect) = &mut self.reconnect {
            reconnect.unsent.keep(payload);
        }
    }

    /// The connection is lost: what has not left in whole waits anew, as before it was open.
    /// `Some`: a message that was complete lost its beginning.
    pub fn interrupt(&mut self) -> Result<Option<Error>> {
        drop(self.detach());
        let Some(reconnect) = &mut self.reconnect else { return Ok(None) };
        let remains = reconnect.unsent.take(&self.buffer)?;
        reconnect.epoch += 1;
        reconnect.is_torn = remains.is_torn;
        self.start_over();
        self.message_end = remains.buffer.len();
        self.buffer = remains.buffer;
        self.is_fragmented = remains.is_fragmented;
        Ok(remains.is_cut.then(torn))
    }

    /// Whether a frame could follow what has left.
    pub fn is_at_boundary(&self) -> bool {
        self.reconnect
            .as_ref()
            .is_some_and(|reconnect| reconnect.unsent.is_at_boundary(self.written))
    }
}
