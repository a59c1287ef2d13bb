//! State that all workers share, and their threads.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::dial::{Jobs, Resources};
use crate::error::{Code, Error, Result};
use crate::exit;

/// State that all workers share.
#[derive(Default)]
pub struct Shared {
    pub jobs: Jobs,
    pub resources: Arc<Resources>,
    threads: Mutex<Threads>,
    ended: Condvar,
}

#[derive(Default)]
struct Threads {
    running: usize,
    handles: Vec<JoinHandle<()>>,
}

impl Shared {
    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the thread of a worker.
    pub fn spawn(self: &Arc<Self>, run: impl FnOnce() + Send + 'static) -> Result<()> {
        let shared = Arc::clone(self);
        let mut threads = self.threads();
        threads.handles.retain(|handle| !handle.is_finished());
        let handle = exit::spawn("hostws", move || {
            run();
            shared.threads().running -= 1;
            shared.ended.notify_all();
        })
        .map_err(|error| Error::ws(Code::Resources, "no thread could be started").because(error))?;
        threads.running += 1;
        threads.handles.push(handle);
        Ok(())
    }

    /// Removes the thread of the calling worker, which will never end, so that nobody waits for it.
    pub fn forget_thread(&self) {
        let me = thread::current().id();
        let mut threads = self.threads();
        threads.running -= 1;
        threads.handles.retain(|handle| handle.thread().id() != me);
        drop(threads);
        self.ended.notify_all();
    }

    /// Waits until no worker runs. Returns false if the time was up first.
    pub fn wait_for_workers(&self, deadline: Instant) -> bool {
        let mut threads = self.threads();
        while threads.running > 0 {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return false;
            }
            threads =
                self.ended.wait_timeout(threads, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        let handles = std::mem::take(&mut threads.handles);
        drop(threads);
        for handle in handles {
            // The threads have returned: this only waits for the system to remove them.
            exit::join(handle);
        }
        true
    }
}
