//! Lines on their way from our threads to the log function.
//!
//! The function may be slow, call `ws_wake`, or end its thread, as CPython does after its own end.
//! So it is called on a thread of its own, for which no other thread of ours waits.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::level::Level;
use super::sink::{self, deliver, wants};
use crate::exit;

/// At most this many bytes of lines wait. Further lines are dropped and counted.
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
    /// The number of lines that were taken, and of those whose delivery is over.
    taken: u64,
    delivered: u64,
    /// There is a thread that delivers the lines.
    is_running: bool,
    /// The thread ends when no line is left.
    is_ending: bool,
    thread: Option<JoinHandle<()>>,
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
        state.taken += 1;
        state.lines.push_back((level, line));
        if !state.is_running {
            // The new thread waits for the lock. If there is none, the next line tries again.
            state.thread = exit::spawn("hostws-log", || self.serve()).ok();
            state.is_running = state.thread.is_some();
        }
        self.changed.notify_all();
    }

    /// Waits until the lines that were taken so far are delivered, or the deadline passes.
    pub fn wait_delivered(&self, deadline: Option<Instant>) {
        let taken = self.state().taken;
        // Without a thread, nobody delivers them.
        let waited = self.wait(deadline, |state| state.delivered >= taken || !state.is_running);
        drop(waited);
    }

    /// Delivers the lines and ends the thread. Returns false if that takes longer.
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
            drop(state);
            let mut call = Call { courier: self, has_returned: false };
            // The level may have changed since.
            if wants(level) {
                deliver(level, &line);
            }
            if dropped > 0 && wants(Level::Warning) {
                let words = format!("{dropped} lines were dropped: the log function is slow");
                deliver(Level::Warning, &words);
            }
            call.has_returned = true;
        }
    }
}

/// A call of the function. If an unwind leaves the function, it must not reach the start of the
/// thread, because it would end the process there.
struct Call<'a> {
    courier: &'a Courier,
    has_returned: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        // Our own panics go on as usual.
        let was_left = !self.has_returned && !thread::panicking();
        if was_left {
            let _ = catch_unwind(AssertUnwindSafe(sink::lose));
        }
        let mut state = self.courier.state();
        state.delivered += 1;
        if !self.has_returned {
            // The next line starts another thread, and nobody may wait for this one.
            state.is_running = false;
            state.thread = None;
        }
        if was_left {
            state.lines.clear();
            state.bytes = 0;
            state.delivered = state.taken;
        }
        drop(state);
        self.courier.changed.notify_all();
        if was_left {
            // Nothing can stop the unwind, but it can wait for ever.
            loop {
                thread::park();
            }
        }
    }
}
