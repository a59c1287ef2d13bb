//! The threads that do the I/O. A queue and its worker are a pair: the worker starts with the
//! queue's first connection and ends some time after its last.

mod baton;
mod driver;
mod engine;
mod link;
mod reconnect;
mod session;
mod shared;
mod sleep;
mod timers;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use self::driver::{Driver, Patience};
use self::engine::{Engine, Standing};
pub use self::shared::Shared;
use crate::connection::{Command, Mailbox};
use crate::error::{Code, Error, Result};
use crate::log;
use crate::queue::{Neglect, Queue, NEGLECTED_AFTER};

/// How long a worker without connections waits for the next.
const LINGER: Duration = Duration::from_secs(2);

/// A call of the wake-up function, which may not return. An exception may leave it, or it may end
/// the thread, as CPython does after its own end. Such an unwind must not reach the start of the
/// thread, because it would end the process there.
struct WakeupCall<'a> {
    /// `None` once the call has returned.
    worker: Option<(&'a Arc<Pair>, &'a Arc<Engine>)>,
}

impl Drop for WakeupCall<'_> {
    fn drop(&mut self) {
        let Some((pair, engine)) = self.worker.take() else { return };
        // Our own panics go on as usual.
        if thread::panicking() {
            return;
        }
        let _ = catch_unwind(AssertUnwindSafe(|| pair.replace_thread(engine)));
        // SAFETY: this thread was started with these references. It never returns to the frames
        // that hold them, so they are neither used nor dropped again.
        unsafe {
            Arc::decrement_strong_count(Arc::as_ptr(engine));
            Arc::decrement_strong_count(Arc::as_ptr(pair));
        }
        // Nothing can stop the unwind, but it can wait for ever.
        loop {
            thread::park();
        }
    }
}

/// A queue and the worker that fills it.
pub struct Pair {
    pub queue: Arc<Queue>,
    shared: Arc<Shared>,
    /// The engine of the running worker. Its lock decides between a new connection and the end of
    /// the worker.
    engine: Mutex<Option<Arc<Engine>>>,
}

impl Pair {
    pub fn new(queue: Queue, shared: Arc<Shared>) -> Pair {
        Pair { queue: Arc::new(queue), shared, engine: Mutex::default() }
    }

    fn engine(&self) -> MutexGuard<'_, Option<Arc<Engine>>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the command of `make` to the worker, and starts the worker if there is none.
    pub fn launch(
        self: &Arc<Self>,
        make: impl FnOnce(&Arc<Mailbox>) -> Result<Command>,
    ) -> Result<()> {
        let mut current = self.engine();
        // Checked under the lock that `orphan` also takes.
        if self.queue.is_closed() {
            return Err(Error::ws(Code::NoSuchId, "the queue has just been freed"));
        }
        let mailbox = match &*current {
            Some(engine) if !engine.mailbox().is_lost() => Arc::clone(engine.mailbox()),
            _ => {
                let driver = Driver::new(Arc::clone(&self.shared))?;
                let engine = Arc::new(Engine::new(driver));
                self.spawn(Arc::clone(&engine))?;
                self.queue.set_engine(Some(Arc::clone(&engine) as _));
                let mailbox = Arc::clone(engine.mailbox());
                *current = Some(engine);
                mailbox
            }
        };
        let command = make(&mailbox)?;
        let connection = match &command {
            Command::Open(connection, _) => Some(Arc::clone(connection)),
            _ => None,
        };
        mailbox.send(command);
        if mailbox.is_lost() {
            // The next connection gets a new worker.
            std::mem::forget(current.take());
            if let Some(connection) = connection {
                connection.strand_if_lost();
            }
        }
        Ok(())
    }

    fn spawn(self: &Arc<Self>, engine: Arc<Engine>) -> Result<()> {
        let pair = Arc::clone(self);
        self.shared.spawn(move || {
            pair.run(&engine);
            if engine.mailbox().is_lost() {
                // By now its descriptors may belong to the host.
                std::mem::forget(engine);
            } else {
                drop(engine);
            }
        })
    }

    fn run(self: &Arc<Self>, engine: &Arc<Engine>) {
        let mut idle_since: Option<Instant> = None;
        loop {
            let Standing { is_idle, is_retiring } = engine.standing();
            let watched = self.watch_polling();
            let timeout = match idle_since {
                _ if is_retiring && is_idle => Some(Duration::ZERO),
                None => None,
                // The queue may be emptied without a word to this thread.
                Some(_) if self.queue.needs_worker() || watched.is_some() => Some(LINGER),
                Some(since) => Some(LINGER.saturating_sub(since.elapsed())),
            };
            let timeout = [timeout, watched].into_iter().flatten().min();
            engine.run_turn(Patience::Own(timeout));
            engine.lend(&self.queue);
            // Also after a loan: the function may have been set meanwhile.
            self.call_wakeup(engine);
            let Standing { is_idle, is_retiring } = engine.standing();
            if !is_idle {
                idle_since = None;
                continue;
            }
            let since = *idle_since.get_or_insert_with(Instant::now);
            let is_needed = self.queue.needs_worker() || watched.is_some();
            let is_lost = engine.mailbox().is_lost();
            let is_over = is_lost || (since.elapsed() >= LINGER && !is_needed);
            if is_retiring || is_over {
                let mut current = self.engine();
                if engine.standing().is_idle {
                    engine.mailbox().close();
                    // A lost engine may have been replaced already.
                    if current.as_ref().is_some_and(|it| Arc::ptr_eq(it, engine)) {
                        let ended = current.take();
                        if is_lost {
                            self.queue.strand();
                            std::mem::forget(ended);
                        } else {
                            self.queue.set_engine(None);
                        }
                    }
                    return;
                }
            }
        }
    }

    /// Calls the host's wake-up function if a call is due.
    fn call_wakeup(self: &Arc<Self>, engine: &Arc<Engine>) {
        let mut call = WakeupCall { worker: Some((self, engine)) };
        self.queue.call_wakeup();
        // The function has returned.
        call.worker = None;
    }

    /// The wake-up function ends the calling thread. Another thread goes on with the work, and the
    /// function is not called again.
    fn replace_thread(self: &Arc<Self>, engine: &Arc<Engine>) {
        log::line!(Error, "a wake-up function ended its thread; it is not called again");
        self.queue.forget_wakeup(Some(Instant::now()));
        let spawned = self.spawn(Arc::clone(engine));
        if spawned.is_err() {
            log::line!(Error, "no thread could be started in its place; the connections end");
            engine.abandon();
            *self.engine() = None;
            engine.mailbox().close();
            self.queue.set_engine(None);
        }
        self.shared.forget_thread();
    }

    /// Warns once if events wait and nobody polls. Returns when to check again.
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

    /// The queue's thread has ended, or the queue was freed: its connections close.
    pub fn orphan(&self) {
        self.tell(Command::Orphaned);
    }

    /// The worker ends with its last connection, without a linger.
    pub fn retire(&self) {
        self.tell(Command::Retire);
    }

    fn tell(&self, command: Command) {
        if let Some(engine) = &*self.engine() {
            engine.mailbox().send(command);
        }
    }
}
