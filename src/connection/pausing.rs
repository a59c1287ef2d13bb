//! When the worker does not read a connection: too much waits for the host, or the host wants it.

use std::sync::atomic::Ordering;

use super::pauses::Reason;
use super::Connection;
use crate::error::Result;

impl Connection {
    /// The host wants no reading, or reading again.
    pub fn pause(&self, is_paused: bool) -> Result<()> {
        self.life.check_takes_messages()?;
        let has_changed = if is_paused {
            self.pauses.add(Reason::Host)
        } else {
            self.pauses.remove(Reason::Host)
        };
        // Meanwhile it may have been closed. Then it is read on, up to the server's close frame.
        if self.life.is_muted() {
            self.resume_muted();
        }
        if has_changed {
            // Also to pause, because the clocks stop when the worker looks at it.
            self.post();
        }
        Ok(())
    }

    /// Whether the worker must stop reading because too much waits for the host.
    pub fn must_pause(&self) -> bool {
        let limit = self.limits.receive_queue_max;
        if self.unread.load(Ordering::SeqCst) <= limit {
            return false;
        }
        self.pauses.add(Reason::Backlog);
        // Meanwhile the host may have read all of it or muted it. Then nobody else would resume.
        !(self.has_room() && self.pauses.remove(Reason::Backlog))
    }

    /// Whether the host can be sent more. A muted connection's messages are dropped, so they
    /// always have room.
    fn has_room(&self) -> bool {
        self.life.is_muted()
            || self.unread.load(Ordering::SeqCst) <= self.limits.receive_queue_max / 2
    }

    /// The host has read something.
    pub(super) fn resume_read(&self) {
        let is_over = self.pauses.has(Reason::Backlog) && self.has_room();
        if is_over && self.pauses.remove(Reason::Backlog) {
            self.post();
        }
    }

    /// The host wants no more messages: the worker reads on, up to the server's close frame.
    pub(super) fn resume_muted(&self) {
        self.pauses.clear();
    }

    /// Whether the worker must not read.
    pub fn is_paused(&self) -> bool {
        self.pauses.are_any()
    }
}
