//! How a host with an event loop of its own learns that a queue has something:
//! a descriptor that is readable exactly while it has, or a function that is called.

use std::io::{Read, Write};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::error::{Code, Error, Result};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::sys::{self, PairEnd};

/// The host's function, called on the worker.
pub type Wakeup = Box<dyn Fn() + Send + Sync>;

/// The place for that function. It is called with no lock held, and not taken away while it runs.
#[derive(Default)]
pub struct WakeupSlot {
    state: Mutex<Slot>,
    returned: Condvar,
}

#[derive(Default)]
struct Slot {
    function: Option<Arc<Wakeup>>,
    /// How many calls of it have not returned.
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

    /// Puts another one in its place when the former does not run any more.
    pub fn set(&self, function: Option<Wakeup>) {
        let former = self.state().function.take();
        drop(former);
        self.wait(None);
        self.state().function = function.map(Arc::new);
    }

    /// Takes it away; false if it still ran at the deadline.
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

/// A call of the function, until it returns or is left otherwise.
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

    /// Makes it readable or not, whatever the host has read from it meanwhile.
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
