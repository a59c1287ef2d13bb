//! Short-lived threads for calls that block: the resolver, reading files, and functions of the
//! host.
//!
//! They are started on demand, and each ends after two idle seconds. A look-up that hangs delays no
//! other job: files have threads of their own, and so has each look-up, up to a limit that only a
//! broken resolver reaches.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use crate::error::{Code, Component, Error};
use crate::exit;

/// The most look-ups at the same time.
const MAX_LOOK_UPS: usize = 64;
/// The most threads that read files. More would not be faster.
const MAX_READERS: usize = 4;
/// The most calls of a host's function at the same time.
const MAX_HOST_CALLS: usize = 8;
const IDLE_LIMIT: Duration = Duration::from_secs(2);

pub type Work = Box<dyn FnOnce() + Send>;

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    Resolver,
    Files,
    /// A function of the host. It may never return.
    Host,
}

/// The threads for each kind of job.
pub struct Jobs {
    look_ups: Pool,
    readers: Pool,
    host_calls: Pool,
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs {
            look_ups: Pool::new("hostws-dns", MAX_LOOK_UPS),
            readers: Pool::new("hostws-files", MAX_READERS),
            host_calls: Pool::new("hostws-socket", MAX_HOST_CALLS),
        }
    }
}

impl Jobs {
    /// Runs `work` on a thread for its kind, as soon as one is free. Fails if there is none and
    /// none can be started.
    pub fn submit(&self, wait: Wait, work: Work) -> Result<(), Error> {
        match wait {
            Wait::Resolver => self.look_ups.submit(work),
            Wait::Files => self.readers.submit(work),
            Wait::Host => self.host_calls.submit(work),
        }
    }

    /// Ends idle threads now, and waits until all threads have ended. If some have not ended by
    /// `deadline`, the error says what they are doing. Queued work is still done.
    pub fn wait_idle_exit(&self, deadline: Instant) -> Result<(), Error> {
        let late = |words| Err(Error::ws(Code::Timeout, words));
        let have_read = self.readers.wait_idle_exit(deadline);
        let have_called = self.host_calls.wait_idle_exit(deadline);
        if !(self.look_ups.wait_idle_exit(deadline) & have_read) {
            return late("a name is still being looked up; its thread ends with that");
        }
        if !have_called {
            return late("an on_socket function has not returned in time");
        }
        Ok(())
    }
}

/// The threads of one kind. Its drop ends idle threads and does not wait for the others.
struct Pool {
    name: &'static str,
    most: usize,
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
    /// Threads that are ending while a caller waits for them.
    ended: Vec<JoinHandle<()>>,
    idle: usize,
    /// How many callers want idle threads to end.
    ending: usize,
}

impl State {
    fn remove_this_thread(&mut self) -> Option<JoinHandle<()>> {
        let me: ThreadId = thread::current().id();
        let at = self.threads.iter().position(|handle| handle.thread().id() == me)?;
        Some(self.threads.swap_remove(at))
    }
}

/// A running job. A foreign unwind out of it must not reach the start of the thread, where it would
/// end the process: see `log::courier`.
struct Call<'a> {
    shared: &'a Shared,
    has_returned: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.has_returned || thread::panicking() {
            return;
        }
        // Another thread does the remaining work. Nobody waits for this thread.
        let detached = self.shared.lock().remove_this_thread();
        drop(detached);
        self.shared.thread_ended.notify_all();
        // The unwind cannot be stopped, but this thread can wait for ever.
        loop {
            thread::park();
        }
    }
}

impl Pool {
    fn new(name: &'static str, most: usize) -> Pool {
        Pool { name, most, shared: Arc::default() }
    }

    fn submit(&self, work: Work) -> Result<(), Error> {
        let mut state = self.shared.lock();
        state.queue.push_back(work);
        if state.idle >= state.queue.len() || state.threads.len() >= self.most {
            self.shared.work_or_end.notify_one();
            return Ok(());
        }
        // The new thread first waits for the lock, so its handle is in place by then.
        let shared = self.shared.clone();
        match exit::spawn(self.name, move || shared.serve()) {
            Ok(handle) => state.threads.push(handle),
            Err(error) if state.threads.is_empty() => {
                state.queue.pop_back();
                let words = "no thread could be started to look up a name or read a file";
                return Err(Error::new(Code::Resources, Component::Ws, words).because(error));
            }
            // A busy thread will run it later.
            Err(_) => {}
        }
        Ok(())
    }

    fn wait_idle_exit(&self, deadline: Instant) -> bool {
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
            // These threads have released the lock for the last time and are about to return.
            exit::join(handle);
        }
        all
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().ending += 1;
        self.shared.work_or_end.notify_all();
    }
}

impl Shared {
    /// The body of a thread.
    fn serve(&self) {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.queue.pop_front() {
                drop(state);
                // A job reports its own panic. Catching it here keeps the count right.
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    let mut call = Call { shared: self, has_returned: false };
                    work();
                    call.has_returned = true;
                }));
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
        // If nobody waits, the handle is dropped, which detaches this thread. It is about to
        // return.
        let handle = state.remove_this_thread().filter(|_| state.ending > 0);
        state.ended.extend(handle);
        drop(state);
        self.thread_ended.notify_all();
    }

    /// The state is always consistent when a panic may happen, so a poisoned lock is still sound.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
