//! Waiting for events: asleep, or by running the loop that brings them.
//!
//! A thread that sleeps costs a hand-over and two context switches for each message. So while
//! events come in quick succession, the worker lends its loop to the thread that waits for them.
//! That thread then reads, decodes and delivers by itself. When nothing comes for a moment, the
//! worker takes the loop back, and the thread sleeps. In a burst, the loop is lent to a thread that
//! was woken and does not come: where both share a core, it would otherwise not run before the worker
//! has read everything.
//!
//! A host with its own event loop waits there and not here. It can watch a descriptor that becomes
//! readable when the lent loop has something to do. It then polls without a wait, which runs a turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::engine::Turned;
use super::event::Kind;
use super::state::State;
use super::Queue;
use crate::process::ThreadToken;
use crate::sync::{MutexGuard, Notifier, Sleep};
use crate::sys::{Roused, WakePipe};

/// A wait is short if it takes less than this.
const SHORT: Duration = Duration::from_millis(2);
/// The loop is lent after this many short waits in a row.
const MANY_SHORT_WAITS: u8 = 3;

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// An event of that kind. The caller is the queue's poller.
    Event(Kind),
    /// Any event.
    Any,
    /// Something else, which the caller checks.
    Other,
}

/// How a wait ended, or that it goes on.
pub enum Waited {
    /// This many events can be delivered.
    Ready(usize),
    /// The caller's own condition holds.
    Done,
    TimeUp,
    /// Somebody woke the queue.
    Woken,
    /// A signal handler ran on the calling thread.
    Interrupted,
    /// No connection is left that could bring it.
    Idle,
    /// The caller must sleep now and then call again. The queue wakes it as long as it keeps the
    /// `Sleeper`.
    Asleep(Sleeper, Sleep),
}

/// To whom the loop is lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loan {
    /// A thread that waits for the queue.
    Waiting,
    /// A host that watches the loop's descriptor.
    Watching,
}

/// A thread that sleeps until its queue changes.
pub struct Sleeper {
    queue: Arc<Queue>,
    notifier: Option<Arc<Notifier>>,
    /// The sleep watches this pipe too.
    _pipe: Option<Arc<WakePipe>>,
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        if let Some(notifier) = &self.notifier {
            self.queue.rise(notifier);
        }
    }
}

/// A wait, which may take several sleeps. It is plain data, because it is on the stack of a thread
/// that may be cancelled.
#[derive(Clone, Copy)]
pub struct Wait {
    goal: Goal,
    timeout: Option<Duration>,
    /// It waits until the time is up even if no connection could bring anything.
    is_patient: bool,
    /// When the time is up. It is set when the wait begins.
    deadline: Option<Option<Instant>>,
    is_flushed: bool,
    /// It has run a turn of the loop, though it does not wait.
    has_turned: bool,
    pace: Pace,
    /// What ended the last sleep.
    roused: Option<Roused>,
}

impl Wait {
    pub fn new(goal: Goal) -> Wait {
        Wait {
            goal,
            timeout: None,
            is_patient: true,
            deadline: None,
            is_flushed: false,
            has_turned: false,
            pace: Pace::Immediate,
            roused: None,
        }
    }

    /// A wait that ends at once if no connection could bring anything.
    pub fn impatient(goal: Goal) -> Wait {
        Wait { is_patient: false, ..Wait::new(goal) }
    }

    pub fn set_goal(&mut self, goal: Goal) {
        self.goal = goal;
    }

    /// How long it may take; `None`: for ever.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    pub fn has_slept(&self) -> bool {
        self.roused.is_some()
    }

    /// The sleep is over.
    pub fn rise(&mut self, roused: Roused) {
        self.roused = Some(roused);
    }

    fn deadline(&mut self) -> Option<Instant> {
        let timeout = self.timeout;
        *self
            .deadline
            .get_or_insert_with(|| timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }
}

/// How long a wait has been.
#[derive(Clone, Copy)]
enum Pace {
    Immediate,
    /// It has slept since then.
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
    /// Waits until the goal is reached or `done` returns true.
    pub fn wait(self: &Arc<Self>, wait: &mut Wait, done: &dyn Fn() -> bool) -> Waited {
        let mut is_interrupted = wait.roused == Some(Roused::BySignal);
        let mut state = self.state();
        if matches!(wait.goal, Goal::Event(_)) {
            state.is_asleep = false;
        }
        loop {
            let events = match wait.goal {
                Goal::Event(kind) => state.deliverable(kind),
                Goal::Any => state.ready(),
                Goal::Other => 0,
            };
            if events > 0 {
                if matches!(wait.goal, Goal::Event(_)) {
                    if wait.timeout != Some(Duration::ZERO) {
                        state.count_wait(wait.pace.is_short());
                    } else if state.signal.is_attachable() {
                        let since = state.rests_since.take();
                        if !state.is_lent {
                            state.count_wait(since.is_none_or(|since| since.elapsed() < SHORT));
                        }
                    }
                }
                return Waited::Ready(events);
            }
            // First of all, messages that were gathered leave: the host has time now.
            if !std::mem::replace(&mut wait.is_flushed, true) {
                let version = state.version;
                state = self.flush(state);
                if state.version != version {
                    continue;
                }
            }
            if done() {
                return Waited::Done;
            }
            let is_poll = matches!(wait.goal, Goal::Event(_));
            if wait.timeout == Some(Duration::ZERO) {
                let may_turn = is_poll && state.is_watched_loop();
                if may_turn && !std::mem::replace(&mut wait.has_turned, true) {
                    state = self.turn(state);
                    continue;
                }
                return Waited::TimeUp;
            }
            if state.take_wake() {
                return Waited::Woken;
            }
            if is_interrupted {
                return Waited::Interrupted;
            }
            let is_expected = match wait.goal {
                Goal::Event(kind) => state.expects(Some(kind)),
                Goal::Any => state.expects(None),
                Goal::Other => true,
            };
            let is_patient = wait.is_patient && wait.timeout.is_some() && !state.closed;
            if !is_expected && !is_patient {
                return Waited::Idle;
            }
            let deadline = wait.deadline();
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return if is_expected { Waited::TimeUp } else { Waited::Idle };
            }
            if is_poll && is_expected && state.is_lent && !state.has_wakeup {
                (state, is_interrupted) = self.ride(state, deadline);
                if !state.is_lent {
                    wait.pace = Pace::Long;
                }
            } else {
                if let Pace::Immediate = wait.pace {
                    wait.pace = Pace::Asleep(Instant::now());
                }
                state.is_asleep |= is_poll;
                let (sleeper, sleep) = self.lie_down(state, deadline);
                return Waited::Asleep(sleeper, sleep);
            }
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

    /// From here on, each change wakes the calling thread.
    fn lie_down(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        deadline: Option<Instant>,
    ) -> (Sleeper, Sleep) {
        let spare = state.spare_notifier.take();
        // Without a notifier, the thread looks every few milliseconds.
        let notifier = spare.or_else(|| Notifier::new().ok().map(Arc::new));
        state.sleepers.extend(notifier.clone());
        let pipe = state.wake_pipe.clone();
        drop(state);
        let sleep = Sleep::new(notifier.as_ref(), pipe.as_ref(), deadline);
        (Sleeper { queue: Arc::clone(self), notifier, _pipe: pipe }, sleep)
    }

    /// The thread with that notifier is awake.
    fn rise(&self, notifier: &Arc<Notifier>) {
        notifier.clear();
        let mut state = self.state();
        state.sleepers.retain(|sleeper| !Arc::ptr_eq(sleeper, notifier));
        if state.engine.is_some() && state.spare_notifier.is_none() {
            state.spare_notifier = Some(Arc::clone(notifier));
        }
    }

    /// Runs the lent loop until the queue changes, the deadline passes or the worker takes the loop
    /// back. Also returns whether a signal handler ran meanwhile.
    fn ride<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
    ) -> (MutexGuard<'a, State>, bool) {
        let Some(engine) = state.engine.clone() else {
            state.end_loan();
            return (state, false);
        };
        let version = state.version;
        state.rider = Some(ThreadToken::current());
        let mut awake_until =
            (!state.busy_poll.is_zero()).then(|| Instant::now() + state.busy_poll);
        let is_watched = state.signal.is_attached();
        loop {
            drop(state);
            let rest = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            let is_late = rest == Some(Duration::ZERO);
            awake_until = awake_until.filter(|&until| Instant::now() < until);
            let patience = if awake_until.is_some() { Some(Duration::ZERO) } else { rest };
            let turn = match is_late {
                true => Turned::Done.into(),
                false => engine.turn(patience, is_watched),
            };
            state = self.state();
            if state.version != version || is_late || turn.ended != Turned::Done {
                state.alight(turn);
                return (state, turn.ended == Turned::Interrupted);
            }
        }
    }

    /// Runs one turn of the lent loop, without a wait.
    fn turn<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let Some(engine) = state.engine.clone() else {
            state.end_loan();
            return state;
        };
        state.rider = Some(ThreadToken::current());
        drop(state);
        let turn = engine.turn(Some(Duration::ZERO), true);
        let mut state = self.state();
        state.alight(turn);
        state
    }

    pub fn set_busy_poll(&self, most: Duration) {
        self.state().busy_poll = most;
    }

    // ---- for the worker

    /// Lends the loop if the poller waits for events that come in quick succession, or was woken by
    /// a burst. The poller is awake then: it has just got an event, or was not asleep. Or it watches
    /// a descriptor to which that of the loop, `looped`, can be added. `lend` returns whether
    /// something is left to do that nothing announces.
    pub fn lend_to_host(
        &self,
        looped: Option<isize>,
        lend: impl FnOnce(Loan) -> bool,
    ) -> Option<Loan> {
        let mut state = self.state();
        let is_quick = state.short_waits >= MANY_SHORT_WAITS;
        if !(is_quick || state.is_late())
            || (!state.sleepers.is_empty() && state.ready() == 0)
            // A host that is told in another way does not wait here.
            || state.has_wakeup
            || state.closed
        {
            return None;
        }
        let loan = match state.signal.is_watched() {
            false => Loan::Waiting,
            true if state.signal.attach(looped) => Loan::Watching,
            true => return None,
        };
        // A burst is a reason once in each wait: a host that does not come must not keep the loop
        // again and again.
        state.is_asleep = false;
        state.rests_since = None;
        state.is_lent = true;
        state.is_behind = lend(loan) && loan == Loan::Watching;
        state.settle_change();
        Some(loan)
    }

    /// The loop belongs to the worker again.
    pub fn end_loan(&self) {
        let mut state = self.state();
        state.end_loan();
        state.short_waits = 0;
        state.settle_change();
    }
}
