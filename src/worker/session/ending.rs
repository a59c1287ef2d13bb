//! How an open connection ends: failed because of a fault of the server, closed, or lost.

use std::io;
use std::time::{Duration, Instant};

use super::parting::{Cause, Fault};
use super::{Flow, Session};
use crate::connection::{add, Outbox};
use crate::dial::broken_session;
use crate::error::{Code, Component, Error};
use crate::log;
use crate::protocol::{close_code, CloseFrame, MAX_REASON};
use crate::queue::{Ending, Event};
use crate::words::cut;
use crate::worker::reconnect::is_passing_close;

/// After a fault, how long the host may take to read and answer earlier messages before the
/// connection fails.
const GRACE: Duration = Duration::from_millis(500);

impl Session {
    /// Fails the connection (RFC 6455 7.1.7) as soon as the host had a chance to answer the
    /// messages before the fault. Nothing more is read.
    pub(super) fn fail(&mut self, close_code: u16, error: Error, now: Instant) {
        if !self.is_deaf() {
            let deadline = now + GRACE;
            self.parting_mut().cause = Cause::Fault(Fault { close_code, error, deadline });
            self.connection.await_reading();
            self.settle_fault(now);
        }
    }

    /// Whether further input is ignored, because the server has closed the connection or made a
    /// fault.
    pub(super) fn is_deaf(&self) -> bool {
        !matches!(self.parting().cause, Cause::Host)
    }

    pub(super) fn settle_fault(&mut self, now: Instant) {
        let is_due = self.parting().fault().is_some_and(|fault| {
            fault.deadline <= now
                || self.connection.has_read_all()
                || self.parting().broken.is_some()
                || self.connection.life().is_closing()
        });
        if !is_due {
            return;
        }
        let Cause::Fault(Fault { close_code, error, .. }) =
            std::mem::take(&mut self.parting_mut().cause)
        else {
            return;
        };
        log::line!(Error, "connection {}: {error}", self.connection.id);
        let reason = cut(&error.message, MAX_REASON);
        let resumes = self.connection.limits.reconnect.is_worth(None, close_code, false)
            && self.connection.resumes(now);
        if let Ok(Some(is_at_boundary)) = if resumes { self.connection.suspend() } else { Ok(None) }
        {
            if is_at_boundary {
                self.say_last(Some((close_code, reason)));
            }
            self.transport.finish();
            self.suspended(Ending::unclean(close_code), Some(error), now);
            return;
        }
        self.parting_mut().cause = Cause::Failed(close_code);
        self.connection.close_as_told(Some((close_code, reason)));
        self.connection.report();
        self.connection.emit(Event::Error(Box::new(error)));
    }

    /// The stream has ended.
    pub(super) fn on_end(&mut self, error: Option<io::Error>, now: Instant) -> Flow {
        let is_closing = self.connection.life().is_closing();
        if is_closing || self.parting().is_over() {
            // The answer to a close frame that came together with the end.
            self.write(now);
            return self.end();
        }
        let (words, error) = match self.parting_mut().broken.take() {
            Some(broken) => ("the connection was lost while sending", Some(broken)),
            None => ("the server ended the connection without a close frame", error),
        };
        let is_tls = |error: &&io::Error| error.raw_os_error().is_none();
        let broken = error.as_ref().filter(is_tls).map(io::Error::to_string);
        let words = broken.as_deref().and_then(broken_session).unwrap_or(words);
        let cause = error.map(|error| match error.raw_os_error() {
            Some(_) => Error::from(error),
            None => Error::tls(error.to_string()),
        });
        self.lost(words, cause)
    }

    /// Handles the server's close frame. The answer has the same code (RFC 6455 5.5.1).
    pub(super) fn close_with_server(&mut self, frame: Option<CloseFrame>, now: Instant) {
        let connection = &self.connection;
        let answer = frame.as_ref().map(|frame| frame.code);
        let CloseFrame { code, reason } =
            frame.unwrap_or(CloseFrame { code: close_code::NO_STATUS, reason: String::new() });
        let id = connection.id;
        let does = if connection.life().is_closing() { "answers our close" } else { "closes" };
        log::line!(Debug, "connection {id}: the server {does} with {code} {reason:?}");
        let policy = &connection.limits.reconnect;
        let resumes =
            policy.is_worth(None, code, is_passing_close(code)) && connection.resumes(now);
        // This fails only without random bytes. Then the connection ends as without `resumes`.
        match if resumes { connection.suspend() } else { Ok(None) } {
            Ok(Some(is_at_boundary)) => {
                // An answer cannot follow an incomplete frame. If the frame were completed, the
                // server could get its message twice.
                let was_clean = is_at_boundary && self.say_last(answer.map(|code| (code, "")));
                self.suspended(Ending { code, reason, was_clean }, None, now);
            }
            _ => {
                if connection.resumes(now) {
                    log::line!(Debug, "connection {id}: not opened again after this close code");
                }
                connection.close_as_told(answer.map(|code| (code, "")));
                let was_clean = true;
                self.parting_mut().cause = Cause::Server(Ending { code, reason, was_clean });
            }
        }
    }

    /// Prepares for another connection.
    fn suspended(&mut self, ending: Ending, why: Option<Error>, now: Instant) {
        self.parting_mut().cause = Cause::Restart { ending, why };
        self.parting_mut().finished = true;
        self.hasten(now);
    }

    /// Sends a close frame directly, because the outbox no longer has this stream.
    fn say_last(&self, code: Option<(u16, &str)>) -> bool {
        // OpenSSL would treat the frame as the rest of a record that has partly left.
        if self.transport.is_halfway() {
            return false;
        }
        let Ok(frame) = Outbox::close_frame(code) else { return false };
        let written = self.transport.write(&frame).unwrap_or(0);
        for line in self.transport.sent_lines(&frame[..written]).unwrap_or_default() {
            log::line!(Trace, "{line}");
        }
        add(&self.connection.counters.wire_sent, written);
        written == frame.len()
    }

    /// The stream has ended. The connection ends, or another attempt follows.
    pub(super) fn end(&mut self) -> Flow {
        match &mut self.parting_mut().cause {
            Cause::Restart { ending: close, why } => {
                if let Some(why) = why.take() {
                    return Flow::Lost(why, self.ending());
                }
                let mut words = match close.code {
                    close_code::NO_STATUS => {
                        "the server closed the connection without a code".to_owned()
                    }
                    code => format!("the server closed the connection with {code}"),
                };
                if !close.reason.is_empty() {
                    words.push_str(": ");
                    words.push_str(&close.reason);
                }
                Flow::Lost(Error::ws(Code::Lost, words), self.ending())
            }
            _ => Flow::End(self.ending()),
        }
    }

    /// The ending, if the connection ended now.
    pub(super) fn ending(&self) -> Ending {
        match &self.parting().cause {
            Cause::Host | Cause::Fault(_) => Ending::unclean(close_code::ABNORMAL),
            Cause::Failed(code) => Ending::unclean(*code),
            Cause::Restart { ending, .. } => ending.clone(),
            Cause::Server(ending) => {
                let was_clean = self.connection.outbox().waiting() == 0;
                Ending { was_clean, ..ending.clone() }
            }
        }
    }

    pub(super) fn lost(&mut self, words: &str, cause: Option<Error>) -> Flow {
        let mut error = Error::ws(Code::Lost, words);
        if let Some(cause) = cause {
            let via = if cause.component == Component::Os {
                Error::new(Code::Tcp, Component::Tcp, "the TCP connection broke").because(cause)
            } else {
                cause
            };
            error = error.because(via);
        }
        Flow::Lost(error, Ending::unclean(close_code::ABNORMAL))
    }
}
