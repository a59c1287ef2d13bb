//! Lines on their way from threads of the library to the log function.
//!
//! The function may be slow, call `ws_wake`, or end its thread: CPython does that to threads that
//! come back to it after its end. So it has a thread to itself, and nothing waits for that.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{deliver, lose_sink, Level};
use crate::exit;

/// More bytes of lines do not wait; further lines are dropped and counted.
const MOST: usize = 256 * 1024;
const IDLE_LIMIT: Duration = Duration::from_secs(2);

#[derive(Default)]
pub struct Courier {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<(Level, String)>,
    bytes: usize,
    dropped: usize,
    /// The function is running.
    is_calling: bool,
    /// There is a thread that comes for the lines.
    is_running: bool,
    /// It ends when there are none.
    is_ending: bool,
    thread: Option<JoinHandle<()>>,
}

impl State {
    fn has_delivered(&self) -> bool {
        // Nobody comes for them if no thread could be started.
        !self.is_calling && (self.lines.is_empty() || !self.is_running)
    }
}

impl Courier {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn take(&'static self, level: Level, line: String) {
        let mut state = self.state();
        if state.bytes + line.len() > MOST {
            state.dropped += 1;
            return;
        }
        state.bytes += line.len();
        state.lines.push_back((level, line));
        if !state.is_running {
            // The new thread waits for the lock. Without one, the next line is another try.
            state.thread = exit::spawn("hostws-log", || self.serve()).ok();
            state.is_running = state.thread.is_some();
        }
        self.changed.notify_all();
    }

    /// Waits until every line taken so far is delivered; false if it is not by the deadline.
    pub fn wait_delivered(&self, deadline: Option<Instant>) -> bool {
        self.wait(deadline, State::has_delivered).is_some()
    }

    /// Delivers what there is and ends the thread; false if that takes longer.
    pub fn end(&self, deadline: Instant) -> bool {
        self.state().is_ending = true;
        self.changed.notify_all();
        let ended = self.wait(Some(deadline), |state| !state.is_running);
        let has_ended = ended.is_some();
        let thread = ended.and_then(|mut state| state.thread.take());
        self.state().is_ending = false;
        if let Some(thread) = thread {
            exit::join(thread);
        }
        has_ended
    }

    fn wait(
        &self,
        deadline: Option<Instant>,
        done: impl Fn(&State) -> bool,
    ) -> Option<MutexGuard<'_, State>> {
        let mut state = self.state();
        while !done(&state) {
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let rest = deadline.saturating_duration_since(Instant::now());
                    if rest.is_zero() {
                        return None;
                    }
                    let waited = self.changed.wait_timeout(state, rest);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        Some(state)
    }

    fn serve(&self) {
        loop {
            let idle_until = Instant::now() + IDLE_LIMIT;
            let waited = self
                .wait(Some(idle_until), |state| !state.lines.is_empty() || state.is_ending)
                .unwrap_or_else(|| self.state());
            let mut state = waited;
            let Some((level, line)) = state.lines.pop_front() else {
                state.is_running = false;
                self.changed.notify_all();
                return;
            };
            state.bytes -= line.len();
            let dropped = std::mem::take(&mut state.dropped);
            state.is_calling = true;
            drop(state);
            let mut call = Call { courier: self, has_returned: false };
            deliver(level, &line);
            if dropped > 0 {
                let words = format!("{dropped} lines were dropped: the log function is slow");
                deliver(Level::Warning, &words);
            }
            call.has_returned = true;
        }
    }
}

/// A call of the function. An unwind out of it must not reach the thread's beginning, where the
/// process would be ended for it.
struct Call<'a> {
    courier: &'a Courier,
    has_returned: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let has_returned = self.has_returned || thread::panicking();
        if !has_returned {
            let _ = catch_unwind(AssertUnwindSafe(lose_sink));
        }
        let mut state = self.courier.state();
        state.is_calling = false;
        if !has_returned {
            state.is_running = false;
            state.lines.clear();
            state.bytes = 0;
            // Nobody is to wait for it.
            state.thread = None;
        }
        drop(state);
        self.courier.changed.notify_all();
        if has_returned {
            return;
        }
        // Nothing can stop the unwind, but it need not go on.
        loop {
            thread::park();
        }
    }
}
