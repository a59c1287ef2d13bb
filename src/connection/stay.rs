//! What a connection has that is opened again when it is lost: it hangs on the outbox, behind
//! its lock, and the others have none.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use rand::rngs::SysRng;
use rand::TryRng;

use super::backoff::{Backoff, Pause};
use super::outbox::Outbox;
use super::unsent::{Kept, Unsent};
use super::Connection;
use crate::dial::DialConfig;
use crate::error::{Code, Error, Result};
use crate::protocol::{check_header, DataFrame};
use crate::queue::{Event, Recipient};

pub struct Stay {
    pub backoff: Backoff,
    /// What the next attempt is made with.
    config: Arc<DialConfig>,
    pub unsent: Unsent,
    /// Goes up with each loss: what was compressed for one connection is nothing to the next.
    pub epoch: u32,
    /// The host is to hear that the message it sends in fragments is lost.
    pub is_torn: bool,
    /// How often it was opened again.
    pub reconnects: u64,
}

impl Stay {
    pub fn new(backoff: Backoff, config: Arc<DialConfig>) -> Stay {
        Stay { backoff, config, unsent: Unsent::default(), epoch: 0, is_torn: false, reconnects: 0 }
    }
}

/// What is said where a message in fragments is lost with its connection.
fn torn() -> Error {
    let words = "the connection was lost in the middle of the message that was sent in \
                 fragments; what left of it is lost: send it again from its beginning";
    Error::ws(Code::Lost, words)
}

impl Outbox {
    /// Which of the connections in a row this is.
    pub fn epoch(&self) -> u32 {
        self.stay.as_ref().map_or(0, |stay| stay.epoch)
    }

    pub fn reconnects(&self) -> u64 {
        self.stay.as_ref().map_or(0, |stay| stay.reconnects)
    }

    /// The host's message in fragments was lost: told once.
    pub fn take_torn(&mut self) -> Result<()> {
        let is_torn = self.stay.as_mut().is_some_and(|stay| std::mem::take(&mut stay.is_torn));
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
        if let Some(stay) = &mut self.stay {
            stay.is_torn = false;
        }
        Err(torn())
    }

    /// Notes what was appended to the buffer.
    pub(super) fn note(&mut self, message: impl FnOnce() -> Option<Kept>) {
        if let Some(stay) = &mut self.stay {
            stay.unsent.push(self.buffer.len(), message());
        }
    }

    /// The connection is lost: what has not left in whole waits anew, as before it was open.
    /// `Some`: a message that was complete lost its beginning.
    pub fn interrupt(&mut self) -> Result<Option<Error>> {
        drop(self.detach());
        let Some(stay) = &mut self.stay else { return Ok(None) };
        let remains = stay.unsent.take();
        stay.epoch += 1;
        stay.is_torn = remains.is_torn;
        self.start_over();
        for (frame, payload) in remains.frames {
            self.encode(DataFrame { is_compressed: false, ..frame }, &payload, || payload.clone())?;
        }
        Ok(remains.is_cut.then(torn))
    }

    /// Whether a frame could follow what has left.
    fn is_at_boundary(&self) -> bool {
        self.stay.as_ref().is_some_and(|stay| stay.unsent.is_at_boundary(self.written))
    }
}

impl Connection {
    /// Whether it would be opened again if it were lost now.
    pub fn resumes(&self, now: Instant) -> bool {
        self.outbox().stay.as_ref().is_some_and(|stay| stay.backoff.resumes(now))
    }

    /// Replaces the headers of that name for the next attempt; `None` takes them away.
    pub fn set_header(&self, name: &str, value: Option<&str>) -> Result<()> {
        check_header(name, value.unwrap_or_default())
            .map_err(|words| Error::ws(Code::Argument, words))?;
        let mut outbox = self.outbox();
        if outbox.is_sealed() {
            return Err(Error::ws(Code::Closed, "the connection is closing"));
        }
        let Some(stay) = &mut outbox.stay else {
            let words = "the connection was created without reconnect_max: there is no attempt \
                         to set a header for";
            return Err(Error::ws(Code::Argument, words));
        };
        let headers = &mut Arc::make_mut(&mut stay.config).headers;
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        Ok(())
    }

    /// It was lost, or could not be opened: how long to wait until it is tried again, if it
    /// is. From here on it is Connecting.
    pub fn retry(
        self: &Arc<Self>,
        now: Instant,
        retry_after: Option<Duration>,
    ) -> Result<Option<Pause>> {
        let mut outbox = self.outbox();
        if outbox.is_sealed() || self.is_muted() {
            return Ok(None);
        }
        let Some(stay) = &mut outbox.stay else { return Ok(None) };
        // Without random bytes every client waits the same time: a pity, no more.
        let chance = SysRng.try_next_u32().unwrap_or(u32::MAX);
        let Some(pause) = stay.backoff.next(now, retry_after, chance) else { return Ok(None) };
        self.interrupt(outbox)?;
        Ok(Some(pause))
    }

    /// The server closes the connection, and another one is going to follow: from here on
    /// it is Connecting. `None` if the host has closed it; else whether a close frame can
    /// follow what has left.
    pub fn suspend(self: &Arc<Self>) -> Result<Option<bool>> {
        let outbox = self.outbox();
        if outbox.is_sealed() || self.is_muted() {
            return Ok(None);
        }
        let is_at_boundary = outbox.is_at_boundary();
        self.interrupt(outbox)?;
        Ok(Some(is_at_boundary))
    }

    /// It fails only without random bytes to mask with: then nothing could be sent again.
    fn interrupt(self: &Arc<Self>, mut outbox: MutexGuard<'_, Outbox>) -> Result<()> {
        if !self.leave_open() {
            return Ok(());
        }
        let cut = outbox.interrupt()?;
        self.step_back();
        drop(outbox);
        if let Some(cut) = cut {
            self.emit(Event::Warning(cut));
        }
        Ok(())
    }

    /// The upgrade is done and `outbox` is going to be opened: what to tell the host.
    pub fn opening_event(&self, outbox: &mut Outbox, now: Instant) -> Event {
        let mut attempts = 0;
        if let Some(stay) = &mut outbox.stay {
            stay.backoff.opened(now);
            attempts = stay.backoff.attempts();
            if self.was_told_open() {
                stay.reconnects += 1;
            }
        }
        if self.was_told_open() {
            Event::Reconnected(attempts)
        } else {
            Event::Open
        }
    }

    /// What the next attempt is made with, if there can be another than the first.
    pub fn dial_config(&self) -> Option<Arc<DialConfig>> {
        self.outbox().stay.as_ref().map(|stay| Arc::clone(&stay.config))
    }
}
