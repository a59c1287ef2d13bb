//! How an opening fails.

use std::time::Duration;

use super::{Dialer, Result};
use crate::dial::http::Refusal;
use crate::dial::outcome::Failure;
use crate::dial::phase::Phase;
use crate::dial::trail::Outcome;
use crate::error::{Code, Component, Error};
use crate::protocol::close_code;

impl Dialer {
    /// The failure to report when the time limit of the whole opening has passed. It says in which
    /// phase.
    pub fn timed_out(&mut self, limit: Duration) -> Box<Failure> {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        let lap = self.lap();
        if let Some(time) = phase.time(&mut self.timings) {
            *time = time.saturating_add(lap);
        }
        let (component, during) = match phase {
            // The server has answered, so the answer is reported.
            Phase::Refused(refusal) => return self.refusal_failure(*refusal),
            Phase::Asking(_, asked) | Phase::Answered(_, asked) => {
                return self.unanswered_in_time(asked)
            }
            phase => phase.doing(&self.config),
        };
        let words = format!("{} passed while {during}", spoken(limit));
        self.failure(Error::new(Code::Timeout, component, words))
    }

    /// An error while connecting. It names the proxy, if there is one.
    pub(super) fn on_the_way(&self, error: Error) -> Error {
        match &self.config.proxy {
            Some(proxy) => proxy.failed("could not reach", error),
            None => error,
        }
    }

    pub(super) fn refusal_failure(&mut self, refusal: Refusal) -> Box<Failure> {
        let (error, response, body) = refusal.into_failure();
        let mut failure = self.failure(error);
        failure.response = Some((response, body));
        failure
    }

    /// The error of a phase that lacks its proxy or TLS context. This cannot happen.
    pub(super) fn lost<T>(&mut self) -> Result<T> {
        let words = "a defect in this library lost the way to the server";
        Err(self.failure(Error::ws(Code::Internal, words)))
    }

    pub(super) fn failure(&mut self, cause: Error) -> Box<Failure> {
        let is_tls = cause.component == Component::Tls;
        let target = &self.config.target;
        let way = self.redirects.spoken(target);
        let words = format!("could not open a connection to {}{way}", target.authority());
        let error = Error::ws(Code::Open, words).because(cause);
        self.notes.ended(self.timings, Outcome::Failed(error.clone()));
        Box::new(Failure {
            error,
            response: None,
            close_code: if is_tls { close_code::TLS } else { close_code::ABNORMAL },
            timings: self.timings,
            certificate: self.certificate.take(),
        })
    }
}

/// Formats a time limit: `30 s`, `1500 ms`.
fn spoken(limit: Duration) -> String {
    let ms = limit.as_millis();
    if ms % 1000 == 0 {
        format!("{} s", ms / 1000)
    } else {
        format!("{ms} ms")
    }
}
