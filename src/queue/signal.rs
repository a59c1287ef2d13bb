//! How a host with its own event loop learns of events: by a descriptor that is readable exactly
//! while the queue has some, or by a function that is called.

use std::io::{Read, Write};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::error::{Code, Error, Result};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::sys::{self, PairEnd};

/// The host's wake-up function, which the worker calls.
pub type Wakeup = Box<dyn Fn() + Send + Sync>;

/// Holds the wake-up function. It is called with no lock held, and never replaced while it runs.
#[derive(Default)]
pub struct WakeupSlot {
    state: Mutex<Slot>,
    returned: Condvar,
}

#[derive(Default)]
struct Slot {
    function: Option<Arc<Wakeup>>,
    /// The number of calls that have not returned.
    running: usize,
}

impl WakeupSlot {
    fn state(&self) -> MutexGuard<'_, Slot> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls it, if there is one.
    pub fn call(&self) {
        let mut state = self.state();
        let Some(function) = state.function.clone() else { return };
        state.running += 1;
        drop(state);
        let _running = Running(self);
        function();
    }

    /// Replaces the function, once the former one does not run any more.
    pub fn set(&self, function: Option<Wakeup>) {
        let former = self.state().function.take();
        drop(former);
        self.wait(None);
        self.state().function = function.map(Arc::new);
    }

    /// Removes the function. Returns false if it still runs at the deadline.
    pub fn clear(&self, deadline: Option<Instant>) -> bool {
        let former = self.state().function.take();
        drop(former);
        self.wait(deadline)
    }

    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state();
        while state.running > 0 {
            state = match deadline {
                None => self.returned.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let rest = deadline.saturating_duration_since(Instant::now());
                    if rest.is_zero() {
                        return false;
                    }
                    let waited = self.returned.wait_timeout(state, rest);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }
}

/// A call of the function, until it returns or an exception leaves it.
struct Running<'a>(&'a WakeupSlot);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
        self.0.returned.notify_all();
    }
}

pub struct Descriptor {
    host: PairEnd,
    ours: PairEnd,
    is_set: bool,
}

impl Descriptor {
    pub fn new() -> Result<Descriptor> {
        let (host, ours) = sys::socket_pair().map_err(|error| {
            Error::ws(Code::Resources, "the queue's descriptor could not be made").because(error)
        })?;
        Ok(Descriptor { host, ours, is_set: false })
    }

    pub fn number(&self) -> isize {
        self.host.number()
    }

    /// What it was last set to.
    pub fn is_set(&self) -> bool {
        self.is_set
    }

    /// Makes it readable or not readable, whatever the host has read from it.
    pub fn set(&mut self, readable: bool) {
        self.is_set = readable;
        let mut scratch = [0; 64];
        while matches!((&self.host).read(&mut scratch), Ok(1..)) {}
        if readable {
            // It was just emptied, so there is room for a byte.
            let _ = (&self.ours).write(&[1]);
        }
    }
}
