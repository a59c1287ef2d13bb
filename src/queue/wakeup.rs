//! The host's wake-up function, by which a host with its own event loop can learn of events.

use std::ffi::c_void;
use std::io;
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::error::{Code, Error, Result};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::sys;

/// The host's wake-up function, which the worker calls. It returns false if it could not tell the
/// host and must be called again.
pub type Wakeup = Box<dyn Fn() -> bool + Send + Sync>;

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

    /// Calls it, if there is one. Returns false if it must be called again.
    pub fn call(&self) -> bool {
        let mut state = self.state();
        let Some(function) = state.function.clone() else { return true };
        state.running += 1;
        drop(state);
        let _running = Running(self);
        function()
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

/// The numbers of messages that programs define themselves.
const MESSAGES: RangeInclusive<u32> = 0x0400..=0xFFFF;

/// A wake-up function that posts a message to a window, with the queue as its wParam.
pub fn poster(window: *mut c_void, message: u32, queue: i32) -> Result<Wakeup> {
    if !MESSAGES.contains(&message) {
        let words =
            format!("message is {message:#06X}; it must be from WM_USER (0x0400) to 0xFFFF");
        return Err(Error::ws(Code::Argument, words));
    }
    sys::poster(window, message, queue).map_err(|error| match error.kind() {
        io::ErrorKind::Unsupported => {
            let words = "only Windows has messages for windows; see ws_queue_on_wakeup()";
            Error::ws(Code::Argument, words)
        }
        _ => Error::ws(Code::Argument, "no message can be posted to the window").because(error),
    })
}
