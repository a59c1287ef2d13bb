//! Decides who runs the loop: the worker, or a host thread that waits for events. When events come
//! in quick succession, passing each from thread to thread would take most of the time.
//!
//! The worker lends the loop and parks. It takes the loop back when no turn has begun within a
//! tick: no more events come, or the host is in a slow callback or has left. So the connections are
//! served whatever the host does, and a host that waits for a long time sleeps.

use std::sync::PoisonError;
use std::time::Duration;

use crate::sync::{Condvar, Mutex, MutexGuard};

/// How often a parked worker checks whether the host still runs the loop.
const TICK: Duration = Duration::from_millis(2);

#[derive(Default)]
pub struct Baton {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_lent: bool,
    /// The number of the queue whose host may run the loop.
    queue: i32,
    /// The host is inside a turn of the loop.
    is_in_use: bool,
    /// The host has begun a turn since the last tick.
    was_used: bool,
}

impl Baton {
    #[inline]
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- for the worker

    /// Lets the host that waits for that queue run the loop.
    pub fn lend(&self, queue: i32) {
        *self.state() = State { is_lent: true, queue, is_in_use: false, was_used: true };
    }

    /// Waits until the worker may run the loop again. `interrupt` ends the host's turn.
    pub fn await_return(&self, interrupt: impl Fn()) {
        let mut state = self.state();
        while state.is_lent || state.is_in_use {
            let (next, waited) =
                self.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if waited.timed_out() && state.tick() {
                drop(state);
                interrupt();
                state = self.state();
            }
        }
    }

    // ---- for the host

    /// Begins a turn, if the loop is lent to that queue.
    pub fn begin(&self, queue: i32) -> bool {
        let mut state = self.state();
        if !state.is_lent || state.queue != queue {
            return false;
        }
        state.is_in_use = true;
        state.was_used = true;
        true
    }

    pub fn end(&self) {
        let mut state = self.state();
        state.is_in_use = false;
        if !state.is_lent {
            drop(state);
            self.changed.notify_one();
        }
    }

    // ---- for any thread

    /// Returns the loop to the worker after the current turn.
    pub fn recall(&self) {
        let mut state = self.state();
        let was_lent = std::mem::take(&mut state.is_lent);
        let is_free = !state.is_in_use;
        drop(state);
        if was_lent && is_free {
            self.changed.notify_one();
        }
    }
}

impl State {
    /// Takes the loop back if it was not used. Returns true if the host's turn must be interrupted
    /// first.
    fn tick(&mut self) -> bool {
        if !std::mem::take(&mut self.was_used) {
            self.is_lent = false;
        }
        !self.is_lent && self.is_in_use
    }
}
