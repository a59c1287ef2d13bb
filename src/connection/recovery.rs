//! Recovery of a lost connection: whether, when and how it is opened again.

use std::sync::Arc;
use std::time::Instant;

use super::backoff::{Attempts, Loss, Pause};
use super::outbox::{Locked, Outbox};
use super::reconnect::Reconnect;
use super::{Connection, Opening};
use crate::chance::Chance;
use crate::dial::{without_credentials, DialConfig, Target};
use crate::error::{Code, Error, Result};
use crate::protocol::{check_header, check_header_name};
use crate::queue::Event;
use crate::transport::{start_tls, Transport};

impl Connection {
    /// Whether the connection would be opened again if it was lost now.
    pub fn resumes(&self, now: Instant) -> bool {
        let Some(backoff) = &self.limits.backoff else { return false };
        match self.outbox().past() {
            Some(past) => backoff.resumes(&past.attempts, now),
            None => backoff.resumes(&Attempts::default(), now),
        }
    }

    /// Replaces the headers with that name for the next attempt; `None` removes them.
    pub fn set_header(&self, name: &str, value: Option<&str>) -> Result<()> {
        match value {
            Some(value) => check_header(name, value),
            None => check_header_name(name),
        }
        .map_err(|words| Error::ws(Code::Argument, words))?;
        self.prepare(|reconnect| {
            let headers = &mut Arc::make_mut(&mut reconnect.config).headers;
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
            Ok(())
        })
    }

    /// Sets the URL of the next attempt. All options stay as they are.
    pub fn set_url(&self, url: &str) -> Result<()> {
        let target = Target::parse(url)?;
        self.prepare(|reconnect| {
            let proxy = reconnect.config.proxies.choose(&target)?;
            let config = Arc::make_mut(&mut reconnect.config);
            config.target = target;
            config.proxy = proxy;
            if config.may_speak_tls() {
                start_tls();
            }
            reconnect.past_mut().url = Some(without_credentials(url).into());
            Ok(())
        })
    }

    /// Changes the settings of the next attempt.
    fn prepare(&self, change: impl FnOnce(&mut Reconnect) -> Result<()>) -> Result<()> {
        let mut outbox = self.outbox();
        self.life.check_takes_messages()?;
        let Some(reconnect) = &mut outbox.reconnect else {
            let words = "the connection was created without reconnect_max: there is no other \
                         attempt to set anything for";
            return Err(Error::ws(Code::Argument, words));
        };
        change(reconnect)
    }

    /// The connection was lost or could not be opened. Returns the delay before the next attempt,
    /// if there is one; then the status is Connecting.
    pub fn retry(self: &Arc<Self>, now: Instant, loss: Loss) -> Result<Option<Pause>> {
        let mut outbox = self.outbox();
        if !self.may_reopen(&outbox) {
            return Ok(None);
        }
        let (Some(reconnect), Some(backoff)) = (&mut outbox.reconnect, &self.limits.backoff) else {
            return Ok(None);
        };
        let attempts = &mut reconnect.past_mut().attempts;
        let Some(pause) = backoff.next(attempts, now, loss, Chance::draw()) else {
            return Ok(None);
        };
        self.interrupt(outbox)?;
        Ok(Some(pause))
    }

    /// The server closes the connection, and another attempt will follow: the status becomes
    /// Connecting. Returns `None` if the host has closed the connection; otherwise whether a close
    /// frame can follow the bytes that have left.
    pub fn suspend(self: &Arc<Self>) -> Result<Option<bool>> {
        let outbox = self.outbox();
        if !self.may_reopen(&outbox) {
            return Ok(None);
        }
        let is_at_boundary = outbox.is_at_boundary();
        self.interrupt(outbox)?;
        Ok(Some(is_at_boundary))
    }

    /// A draining connection is not opened again if no message waits, or if its queue is closed.
    fn may_reopen(&self, outbox: &Outbox) -> bool {
        let is_done = self.life.is_draining()
            && (outbox.waiting_messages() == 0 || self.home.queue.is_closed());
        !self.life.is_closing() && !is_done
    }

    /// Fails only without random bytes for masks, or without memory. Then nothing could be sent
    /// again.
    fn interrupt(self: &Arc<Self>, mut outbox: Locked<'_>) -> Result<()> {
        if !self.life.suspend() {
            return Ok(());
        }
        let cut = outbox.interrupt()?;
        let sent = self.take_reports(&mut outbox);
        drop(outbox);
        self.report_sent(sent);
        self.home.queue.touch();
        if let Some(cut) = cut {
            self.life.lose();
            self.emit(Event::Warning(Box::new(cut)));
        }
        Ok(())
    }

    /// The upgrade is done: bytes can leave from now on. Returns false if the host has closed the
    /// connection meanwhile.
    pub fn open(self: &Arc<Self>, transport: &Arc<Transport>, now: Instant) -> bool {
        let mut outbox = self.outbox();
        let Some(opening) = self.life.open() else { return false };
        let mut attempts = 0;
        if let Some(past) = outbox.past_mut() {
            past.attempts.opened(now);
            attempts = past.attempts.count();
            past.reconnects += u64::from(opening == Opening::Again);
        }
        // Before any message leaves, because the answer to a message must come after this event.
        self.emit(match opening {
            Opening::First => Event::Open,
            Opening::Again => Event::Reconnected(attempts),
        });
        outbox.open(Arc::clone(transport));
        true
    }

    /// The settings of the next attempt, if there can be more than one.
    pub fn dial_config(&self) -> Option<Arc<DialConfig>> {
        self.outbox().reconnect.as_ref().map(|reconnect| Arc::clone(&reconnect.config))
    }
}
