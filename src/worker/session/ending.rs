//! How an open connection ends: failed for a fault of the server's, closed, or lost.

use std::io;
use std::time::{Duration, Instant};

use super::Session;
use crate::connection::Status;
use crate::error::{Code, Component, Error};
use crate::log;
use crate::protocol::MAX_REASON;
use crate::queue::{Ending, Event};

/// How long a host gets to read and answer what came before a fault, before the connection
/// is failed for it.
const GRACE: Duration = Duration::from_millis(500);

/// RFC 6455 7.4.1
const ABNORMAL: u16 = 1006;

/// A fault of the server's that the connection is yet to be failed for.
pub(super) struct Fault {
    close_code: u16,
    error: Error,
    pub(super) deadline: Instant,
}

impl Session {
    /// Fails the connection (RFC 6455 7.1.7), once the host has had a chance to answer
    /// what came before the fault. Nothing more is read from here on.
    pub(super) fn fail(&mut self, close_code: u16, error: Error, now: Instant) {
        if !self.has_fault() {
            self.fault = Some(Fault { close_code, error, deadline: now + GRACE });
            self.connection.await_reading();
            self.settle_fault(now);
        }
    }

    /// The connection has been failed, or is going to be.
    pub(super) fn has_fault(&self) -> bool {
        self.fault.is_some() || self.failed.is_some()
    }

    pub(super) fn settle_fault(&mut self, now: Instant) {
        let is_due = self.fault.as_ref().is_some_and(|fault| {
            fault.deadline <= now
                || self.connection.has_read_all()
                || self.broken.is_some()
                || self.connection.outbox().is_sealed()
        });
        if !is_due {
            return;
        }
        let Some(Fault { close_code, error, .. }) = self.fault.take() else { return };
        log::line!(Error, "connection {}: {error}", self.connection.id);
        self.failed = Some(close_code);
        self.connection.advance(Status::Closing);
        let reason = clipped(&error.message);
        // It fails only when no random bytes are to be had: then it closes without a frame.
        let _ = self.connection.outbox().push_close(Some((close_code, reason)));
        self.connection.outbox().seal();
        self.connection.emit(Event::Error(error));
    }

    /// The stream has ended.
    pub(super) fn on_end(&mut self, error: Option<io::Error>) -> Ending {
        let is_closing = self.connection.outbox().is_sealed();
        if is_closing || self.server_close.is_some() || self.failed.is_some() {
            return self.ending();
        }
        let (words, error) = match self.broken.take() {
            Some(broken) => ("the connection was lost while sending", Some(broken)),
            None => ("the server ended the connection without a close frame", error),
        };
        let cause = error.map(|error| match error.raw_os_error() {
            Some(_) => Error::from(error),
            None => Error::tls(error.to_string()),
        });
        self.lost(words, cause)
    }

    /// How it ends, as things stand.
    pub(super) fn ending(&self) -> Ending {
        if let Some(code) = self.failed {
            return Ending::unclean(code);
        }
        match &self.server_close {
            Some(ending) => {
                let all_left = self.connection.outbox().waiting() == 0;
                Ending { was_clean: all_left, ..ending.clone() }
            }
            None => Ending::unclean(ABNORMAL),
        }
    }

    pub(super) fn lost(&mut self, words: &str, cause: Option<Error>) -> Ending {
        let mut error = Error::ws(Code::Lost, words);
        if let Some(cause) = cause {
            let via = if cause.component == Component::Os {
                Error::new(Code::Tcp, Component::Tcp, "the TCP connection broke").because(cause)
            } else {
                cause
            };
            error = error.because(via);
        }
        log::line!(Error, "connection {}: {error}", self.connection.id);
        self.connection.emit(Event::Error(error));
        Ending::unclean(ABNORMAL)
    }
}

/// As much of the words as a close frame has room for.
fn clipped(words: &str) -> &str {
    let mut end = words.len().min(MAX_REASON);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    &words[..end]
}
