//! The threads that do the I/O. A queue and its worker are a pair: the worker starts with
//! the queue's first connection and ends some time after its last.

mod driver;
mod link;
mod reconnect;
mod session;
mod sleep;
mod timers;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::driver::Driver;
use crate::connection::{Command, Mailbox};
use crate::dial::{spawn_quiet, Jobs, Resources};
use crate::error::{Code, Error, Result};
use crate::log;
use crate::queue::Queue;

/// How long a worker without connections waits for the next.
const LINGER: Duration = Duration::from_secs(2);

/// What all workers share.
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

    /// Waits until no worker runs; false if the time was up first.
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
            // They are past their last line: this waits for the system to clear them away.
            let _ = handle.join();
        }
        true
    }
}

/// A queue and the worker that fills it.
pub struct Pair {
    pub queue: Arc<Queue>,
    shared: Arc<Shared>,
    /// That of the running worker. Its lock decides between a new connection and the
    /// worker's end.
    mailbox: Mutex<Option<Arc<Mailbox>>>,
}

impl Pair {
    pub fn new(queue: Queue, shared: Arc<Shared>) -> Pair {
        Pair { queue: Arc::new(queue), shared, mailbox: Mutex::default() }
    }

    fn mailbox(&self) -> MutexGuard<'_, Option<Arc<Mailbox>>> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what `make` makes to the worker, which is started if need be.
    pub fn launch(
        self: &Arc<Self>,
        make: impl FnOnce(&Arc<Mailbox>) -> Result<Command>,
    ) -> Result<()> {
        let mut current = self.mailbox();
        // Looked at under the lock under which `orphan` tells the worker.
        if self.queue.is_closed() {
            return Err(Error::ws(Code::NoSuchId, "the queue has just been freed"));
        }
        let mailbox = match &*current {
            Some(mailbox) => Arc::clone(mailbox),
            None => {
                let driver = Driver::new(Arc::clone(&self.queue), Arc::clone(&self.shared))?;
                let mailbox = Arc::clone(driver.mailbox());
                self.spawn(driver)?;
                let rouse = Arc::clone(&mailbox);
                self.queue.set_rouse(Some(Box::new(move || rouse.send(Command::Wakeup))));
                *current = Some(Arc::clone(&mailbox));
                mailbox
            }
        };
        mailbox.send(make(&mailbox)?);
        Ok(())
    }

    fn spawn(self: &Arc<Self>, mut driver: Driver) -> Result<()> {
        let pair = Arc::clone(self);
        let mut threads = self.shared.threads();
        threads.handles.retain(|handle| !handle.is_finished());
        let handle = spawn_quiet("hostws", move || {
            pair.run(&mut driver);
            drop(driver);
            let shared = Arc::clone(&pair.shared);
            drop(pair);
            shared.threads().running -= 1;
            shared.ended.notify_all();
        })
        .map_err(|error| Error::ws(Code::Resources, "no thread could be started").because(error))?;
        threads.running += 1;
        threads.handles.push(handle);
        Ok(())
    }

    fn run(&self, driver: &mut Driver) {
        let mut idle_since: Option<Instant> = None;
        loop {
            let timeout = match idle_since {
                _ if driver.is_retiring() && driver.is_idle() => Some(Duration::ZERO),
                None => None,
                // Somebody may empty the queue without a word to this thread.
                Some(_) if self.queue.needs_worker() => Some(LINGER),
                Some(since) => Some(LINGER.saturating_sub(since.elapsed())),
            };
            if catch_unwind(AssertUnwindSafe(|| driver.turn(timeout))).is_err() {
                log::line!(Error, "a turn of the loop panicked; its connections end");
                // A second panic ends the thread, but not the process.
                let _ = catch_unwind(AssertUnwindSafe(|| driver.abandon()));
            }
            if !driver.is_idle() {
                idle_since = None;
                continue;
            }
            let since = *idle_since.get_or_insert_with(Instant::now);
            let is_over = since.elapsed() >= LINGER && !self.queue.needs_worker();
            if driver.is_retiring() || is_over {
                let mut current = self.mailbox();
                if driver.is_idle() {
                    *current = None;
                    driver.mailbox().close();
                    self.queue.set_rouse(None);
                    return;
                }
            }
        }
    }

    /// The queue's thread has ended, or the queue is freed: its connections close.
    pub fn orphan(&self) {
        self.tell(Command::Orphaned);
    }

    /// The worker is to end with its last connection.
    pub fn retire(&self) {
        self.tell(Command::Retire);
    }

    fn tell(&self, command: Command) {
        if let Some(mailbox) = &*self.mailbox() {
            mailbox.send(command);
        }
    }
}
