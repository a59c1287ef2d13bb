//! Short-lived threads for what must block: the resolver, reading files.
//!
//! At most eight, started on demand; each ends after two idle seconds. One
//! that hangs in the resolver holds back no work but its own, until all eight
//! hang.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use crate::error::{Code, Component, Error};
use crate::exit;

const MAX_THREADS: usize = 8;
const IDLE_LIMIT: Duration = Duration::from_secs(2);

type Work = Box<dyn FnOnce() + Send>;

/// The pool. Dropping it ends its idle threads and does not wait for the
/// others.
pub struct Jobs {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work_or_end: Condvar,
    thread_ended: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Work>,
    threads: Vec<JoinHandle<()>>,
    /// Threads on their way out that somebody waits for.
    ended: Vec<JoinHandle<()>>,
    idle: usize,
    /// How many callers want the idle threads gone.
    ending: usize,
}

impl Jobs {
    pub fn new() -> Jobs {
        Jobs { shared: Arc::default() }
    }

    /// Runs `work` on a thread of the pool as soon as one is free. Fails when
    /// there is no thread and none can be started.
    pub fn submit(&self, work: Box<dyn FnOnce() + Send>) -> Result<(), Error> {
        let mut state = self.shared.lock();
        state.queue.push_back(work);
        if state.idle >= state.queue.len() || state.threads.len() >= MAX_THREADS {
            self.shared.work_or_end.notify_one();
            return Ok(());
        }
        // The new thread waits for the lock, so it finds its handle in place.
        let shared = self.shared.clone();
        match exit::spawn("hostws-job", move || shared.serve()) {
            Ok(handle) => state.threads.push(handle),
            Err(error) if state.threads.is_empty() => {
                state.queue.pop_back();
                let words = "no thread could be started to resolve the host's name";
                return Err(Error::new(Code::Resources, Component::Ws, words).because(error));
            }
            // A thread that is busy now will come to it.
            Err(_) => {}
        }
        Ok(())
    }

    /// Tells idle threads to end now and waits until all have ended; `false`
    /// if some have not by `deadline`. Work that is queued is still done.
    pub fn wait_idle_exit(&self, deadline: Instant) -> bool {
        let mut state = self.shared.lock();
        state.ending += 1;
        self.shared.work_or_end.notify_all();
        while !state.threads.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = match self.shared.thread_ended.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        state.ending -= 1;
        let all = state.threads.is_empty();
        let ended = std::mem::take(&mut state.ended);
        drop(state);
        for handle in ended {
            // These have let go of the lock for the last time. What they
            // return with is nothing.
            exit::join(handle);
        }
        all
    }
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs::new()
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.shared.lock().ending += 1;
        self.shared.work_or_end.notify_all();
    }
}

impl Shared {
    /// The life of one thread.
    fn serve(&self) {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.queue.pop_front() {
                drop(state);
                // A job reports its own panic; this keeps the count right.
                let _ = catch_unwind(AssertUnwindSafe(work));
                state = self.lock();
                continue;
            }
            if state.ending > 0 {
                break;
            }
            state.idle += 1;
            let waited = self.work_or_end.wait_timeout(state, IDLE_LIMIT);
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if timeout.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        let me: ThreadId = thread::current().id();
        if let Some(at) = state.threads.iter().position(|handle| handle.thread().id() == me) {
            let handle = state.threads.swap_remove(at);
            // Without a waiter the handle is dropped, which detaches a thread
            // that has nothing left to do but to return.
            if state.ending > 0 {
                state.ended.push(handle);
            }
        }
        drop(state);
        self.thread_ended.notify_all();
    }

    /// No invariant is ever broken while the lock is held, so a poisoned one
    /// is still sound.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
