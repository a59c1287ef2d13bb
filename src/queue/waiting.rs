//! Waiting for what comes: asleep, or by running the loop that brings it.
//!
//! A thread that sleeps costs a hand-over and two context switches a message. While events
//! come in quick succession the worker therefore lends its loop to the thread that waits for
//! them, which then reads, decodes and delivers itself. When nothing comes for a moment, the
//! worker takes the loop back, and the thread sleeps.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::event::Kind;
use super::state::State;
use super::Queue;
use crate::error::{Code, Error, Result};
use crate::process::ThreadToken;
use crate::sync::MutexGuard;

/// A wait of less than this is short.
const SHORT: Duration = Duration::from_millis(2);
/// After so many short waits in a row the loop is lent.
const MANY_SHORT_WAITS: u8 = 3;

/// How a wait ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// So many events can be delivered.
    Ready(usize),
    /// The time was up, or somebody woke the queue.
    InVain,
}

/// How long a wait has been.
#[derive(Clone, Copy)]
enum Pace {
    Immediate,
    /// Since then.
    Asleep(Instant),
    /// The loop was lent, and the worker has taken it back because nothing came.
    Long,
}

impl Pace {
    fn is_short(self) -> bool {
        match self {
            Pace::Immediate => true,
            Pace::Asleep(since) => since.elapsed() < SHORT,
            Pace::Long => false,
        }
    }
}

impl Queue {
    /// Waits until an event of that kind can be delivered, or `done` says so. With a kind, the
    /// caller is the queue's poller.
    pub fn wait(
        &self,
        kind: Option<Kind>,
        timeout: Option<Duration>,
        done: &dyn Fn() -> bool,
    ) -> Result<Waited> {
        let mut is_flushed = false;
        let mut pace = Pace::Immediate;
        let mut deadline = None;
        let mut state = self.state();
        loop {
            let events = kind.map_or_else(|| state.ready(), |kind| state.deliverable(kind));
            if events > 0 {
                if kind.is_some() && timeout != Some(Duration::ZERO) {
                    state.count_wait(pace.is_short());
                }
                return Ok(Waited::Ready(events));
            }
            // Before anything else: what is gathered leaves when the host has time.
            if !std::mem::replace(&mut is_flushed, true) {
                let version = state.version;
                state = self.flush(state);
                if state.version != version {
                    continue;
                }
            }
            let is_over = done() || timeout == Some(Duration::ZERO);
            if std::mem::take(&mut state.woken) || is_over {
                return Ok(Waited::InVain);
            }
            if !state.expects(kind) {
                let words = "no connection is left that could ever bring an event";
                return Err(Error::ws(Code::Idle, words));
            }
            let deadline = *deadline.get_or_insert_with(|| {
                timeout.and_then(|timeout| Instant::now().checked_add(timeout))
            });
            let next = if kind.is_some() && state.is_lent && !state.has_wakeup {
                let next = self.ride(state, deadline);
                if next.as_ref().is_some_and(|state| !state.is_lent) {
                    pace = Pace::Long;
                }
                next
            } else {
                if let Pace::Immediate = pace {
                    pace = Pace::Asleep(Instant::now());
                }
                self.sleep(state, deadline)
            };
            let Some(next) = next else { return Ok(Waited::InVain) };
            state = next;
        }
    }

    /// Sends what the host's messages gathered.
    pub(super) fn flush<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let Some(engine) = &state.engine else { return state };
        if !engine.uncork() {
            return state;
        }
        let engine = Arc::clone(engine);
        drop(state);
        engine.flush();
        self.state()
    }

    /// Waits for `done`, looking again at each change; false if the time was up first.
    pub fn wait_until(&self, deadline: Option<Instant>, done: impl Fn() -> bool) -> bool {
        let mut state = self.state();
        loop {
            if done() {
                return true;
            }
            if std::mem::take(&mut state.woken) {
                return false;
            }
            let Some(next) = self.sleep(state, deadline) else { return done() };
            state = next;
        }
    }

    /// Sleeps until the queue changes; `None` when the deadline has passed.
    fn sleep<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
    ) -> Option<MutexGuard<'a, State>> {
        let version = state.version;
        state.waiters += 1;
        while state.version == version {
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let rest = deadline.saturating_duration_since(Instant::now());
                    if rest.is_zero() {
                        state.waiters -= 1;
                        return None;
                    }
                    self.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.waiters -= 1;
        Some(state)
    }

    /// Runs the loop, which is lent, until the queue changes or the worker takes the loop back;
    /// `None` when the deadline has passed.
    fn ride<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
    ) -> Option<MutexGuard<'a, State>> {
        let Some(engine) = state.engine.clone() else {
            state.end_loan();
            return Some(state);
        };
        let version = state.version;
        state.rider = Some(ThreadToken::current());
        let mut awake_until =
            (!state.busy_poll.is_zero()).then(|| Instant::now() + state.busy_poll);
        loop {
            drop(state);
            let rest = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            let is_late = rest == Some(Duration::ZERO);
            awake_until = awake_until.filter(|&until| Instant::now() < until);
            let patience = if awake_until.is_some() { Some(Duration::ZERO) } else { rest };
            let is_lent = !is_late && engine.turn(patience);
            state = self.state();
            if state.version != version || !is_lent {
                state.rider = None;
                if !is_lent && !is_late {
                    state.end_loan();
                }
                return (!is_late).then_some(state);
            }
        }
    }

    pub fn set_busy_poll(&self, most: Duration) {
        self.state().busy_poll = most;
    }

    // ---- on the side of the worker

    /// Lends the loop if the poller waits for events that come in quick succession. It is
    /// awake then: it has just been told of an event, or was not asleep.
    pub fn lend_to_host(&self, lend: impl FnOnce()) -> bool {
        let mut state = self.state();
        if state.short_waits < MANY_SHORT_WAITS
            || (state.waiters > 0 && state.ready() == 0)
            // Who is told by other means waits elsewhere.
            || state.has_wakeup
            || state.descriptor.is_some()
            || state.closed
        {
            return false;
        }
        state.is_lent = true;
        lend();
        true
    }

    /// The loop is the worker's again.
    pub fn end_loan(&self) {
        let mut state = self.state();
        state.end_loan();
        state.short_waits = 0;
    }
}
