//! Decides when the worker does not read a connection: too much waits for the host, or the host has
//! paused it.

use std::sync::atomic::Ordering;

use super::pauses::Reason;
use super::Connection;
use crate::error::Result;

impl Connection {
    /// The host pauses or resumes reading.
    pub fn pause(&self, is_paused: bool) -> Result<()> {
        self.life.check_takes_messages()?;
        let has_changed = if is_paused {
            self.pauses.add(Reason::Host)
        } else {
            self.pauses.remove(Reason::Host)
        };
        // The connection may have been closed meanwhile. Then reading continues, up to the server's
        // close frame.
        if self.life.is_muted() {
            self.resume_muted();
        }
        if has_changed {
            // Also for a pause, because the worker must stop the clocks.
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
        // The host may have read everything or muted the connection meanwhile. Then nobody else
        // would resume.
        !(self.has_room() && self.pauses.remove(Reason::Backlog))
    }

    /// Whether more may wait for the host. A muted connection drops its messages, so there is
    /// always room.
    fn has_room(&self) -> bool {
        self.life.is_muted()
            || self.unread.load(Ordering::SeqCst) <= self.limits.receive_queue_max / 2
    }

    /// Resumes reading if the host has read enough.
    pub(super) fn resume_read(&self) {
        let is_over = self.pauses.has(Reason::Backlog) && self.has_room();
        if is_over && self.pauses.remove(Reason::Backlog) {
            self.post();
        }
    }

    /// Resumes reading because the host wants no more messages: the worker reads up to the server's
    /// close frame.
    pub(super) fn resume_muted(&self) {
        self.pauses.clear();
    }

    /// Whether reading is paused.
    pub fn is_paused(&self) -> bool {
        self.pauses.are_any()
    }
}
