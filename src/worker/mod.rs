//! The threads that do the I/O. A queue and its worker are a pair: the worker starts with
//! the queue's first connection and ends some time after its last.

mod baton;
mod driver;
mod engine;
mod link;
mod reconnect;
mod session;
mod sleep;
mod timers;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::driver::{Driver, Patience};
use self::engine::{Engine, Standing};
use crate::connection::{Command, Mailbox};
use crate::dial::{Jobs, Resources};
use crate::error::{Code, Error, Result};
use crate::exit;
use crate::log;
use crate::queue::{Neglect, Queue, NEGLECTED_AFTER};

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
            exit::join(handle);
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
    engine: Mutex<Option<Arc<Engine>>>,
}

impl Pair {
    pub fn new(queue: Queue, shared: Arc<Shared>) -> Pair {
        Pair { queue: Arc::new(queue), shared, engine: Mutex::default() }
    }

    fn engine(&self) -> MutexGuard<'_, Option<Arc<Engine>>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what `make` makes to the worker, which is started if need be.
    pub fn launch(
        self: &Arc<Self>,
        make: impl FnOnce(&Arc<Mailbox>) -> Result<Command>,
    ) -> Result<()> {
        let mut current = self.engine();
        // Looked at under the lock under which `orphan` tells the worker.
        if self.queue.is_closed() {
            return Err(Error::ws(Code::NoSuchId, "the queue has just been freed"));
        }
        let mailbox = match &*current {
            Some(engine) => Arc::clone(engine.mailbox()),
            None => {
                let driver = Driver::new(Arc::clone(&self.shared))?;
                let engine = Arc::new(Engine::new(driver));
                self.spawn(Arc::clone(&engine))?;
                self.queue.set_engine(Some(Arc::clone(&engine) as _));
                let mailbox = Arc::clone(engine.mailbox());
                *current = Some(engine);
                mailbox
            }
        };
        mailbox.send(make(&mailbox)?);
        Ok(())
    }

    fn spawn(self: &Arc<Self>, engine: Arc<Engine>) -> Result<()> {
        let pair = Arc::clone(self);
        let mut threads = self.shared.threads();
        threads.handles.retain(|handle| !handle.is_finished());
        let handle = exit::spawn("hostws", move || {
            pair.run(&engine);
            drop(engine);
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

    fn run(&self, engine: &Engine) {
        let mut idle_since: Option<Instant> = None;
        loop {
            let Standing { is_idle, is_retiring } = engine.standing();
            let watched = self.watch_polling();
            let timeout = match idle_since {
                _ if is_retiring && is_idle => Some(Duration::ZERO),
                None => None,
                // Somebody may empty the queue without a word to this thread.
                Some(_) if self.queue.needs_worker() => Some(LINGER),
                Some(since) => Some(LINGER.saturating_sub(since.elapsed())),
            };
            let timeout = [timeout, watched].into_iter().flatten().min();
            engine.run_turn(Patience::Own(timeout));
            engine.lend(&self.queue);
            // After a loan, too: the function may have been set in the middle of it.
            self.queue.call_wakeup();
            let Standing { is_idle, is_retiring } = engine.standing();
            if !is_idle {
                idle_since = None;
                continue;
            }
            let since = *idle_since.get_or_insert_with(Instant::now);
            let is_needed = self.queue.needs_worker() || watched.is_some();
            let is_over = since.elapsed() >= LINGER && !is_needed;
            if is_retiring || is_over {
                let mut current = self.engine();
                if engine.standing().is_idle {
                    *current = None;
                    engine.mailbox().close();
                    self.queue.set_engine(None);
                    return;
                }
            }
        }
    }

    /// Says once that events wait and nobody polls. Tells when to look at it again.
    fn watch_polling(&self) -> Option<Duration> {
        if !log::wants(log::Level::Warning) {
            return None;
        }
        match self.queue.neglect() {
            Neglect::None => None,
            Neglect::In(rest) => Some(rest),
            Neglect::Now { pushed, pulled } => {
                let (count, id) = (pushed + pulled, self.queue.id());
                let (noun, verb) = if count == 1 { ("event", "waits") } else { ("events", "wait") };
                let fetch = match (pushed, pulled) {
                    (_, 0) => "ws_poll()",
                    (0, _) => "ws_next()",
                    _ => "ws_poll() and ws_next()",
                };
                let seconds = NEGLECTED_AFTER.as_secs();
                log::line!(
                    Warning,
                    "{count} {noun} {verb} in queue {id}, which nobody has polled for {seconds} s: \
                     call {fetch} on its thread"
                );
                None
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
        if let Some(engine) = &*self.engine() {
            engine.mailbox().send(command);
        }
    }
}
