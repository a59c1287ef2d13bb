//! The workers: one for each thread's own queue, and a few that all other queues share.
//!
//! A thread's own queue has a worker to itself, so that the thread can always borrow the loop, and
//! no other thread can delay it. A program may have any number of other queues, for example one for
//! each goroutine, so they must not cost a thread each.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

use super::driver::Driver;
use super::engine::Engine;
use super::network;
use super::shared::Shared;
use super::thread::work;
use crate::connection::Command;
use crate::error::Result;
use crate::queue::Queue;
use crate::{log, sys};

/// The most shared workers, unless the environment says otherwise.
const MOST: usize = 8;
/// The most shared workers that the environment can ask for.
const MOST_BY_ENVIRONMENT: usize = 256;
/// The variable with the number of shared workers.
const VARIABLE: &str = "HOSTWS_WORKERS";

#[derive(Default)]
pub struct Crew {
    pub shared: Arc<Shared>,
    members: Mutex<Vec<Member>>,
    /// The number of shared workers.
    size: OnceLock<usize>,
    /// Whether changes of the network are to be noticed.
    is_watchful: OnceLock<bool>,
}

struct Member {
    engine: Arc<Engine>,
    is_shared: bool,
    /// It notices changes of the network for all.
    watches_network: bool,
}

impl Crew {
    fn members(&self) -> MutexGuard<'_, Vec<Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets each worker end with its last connection.
    pub fn retire(&self) {
        for member in &*self.members() {
            member.engine.seats().retire();
            member.engine.mailbox().send(Command::Wakeup);
        }
    }

    /// Tells all workers that the network of the machine has changed.
    pub fn network_changed(&self) {
        for member in &*self.members() {
            member.engine.mailbox().send(Command::NetworkChanged);
        }
    }

    /// Chooses or starts a worker for the connections of a queue.
    pub fn engine_for(self: &Arc<Self>, queue: &Queue) -> Result<Arc<Engine>> {
        let mut members = self.members();
        let is_shared = !queue.is_owned();
        if !is_shared {
            return self.start(&mut members, is_shared);
        }
        let load = |engine: &Arc<Engine>| engine.seats().load().connections();
        let usable = |member: &&Member| {
            let engine = &member.engine;
            member.is_shared && !engine.mailbox().is_lost() && !engine.seats().have_ended()
        };
        let count = members.iter().filter(usable).count();
        let least =
            members.iter().filter(usable).map(|member| &member.engine).min_by_key(|it| load(it));
        let least = least.map(Arc::clone);
        match least {
            Some(least) if load(&least) == 0 || count >= self.size() => Ok(least),
            // If no thread can be started, an existing worker gets the queue.
            least => self.start(&mut members, is_shared).or_else(|error| least.ok_or(error)),
        }
    }

    fn start(self: &Arc<Self>, members: &mut Vec<Member>, is_shared: bool) -> Result<Arc<Engine>> {
        let crew = Arc::downgrade(self);
        let announce = move || crew.upgrade().iter().for_each(|crew| crew.network_changed());
        let driver = Driver::new(Arc::clone(&self.shared), Box::new(announce))?;
        // On a host's thread, because it may read the environment.
        let is_watchful = *self.is_watchful.get_or_init(network::is_to_be_watched);
        let watches_network = is_watchful && !members.iter().any(|member| member.watches_network);
        let engine = Arc::new(Engine::new(driver));
        self.spawn(Arc::clone(&engine))?;
        if watches_network {
            engine.mailbox().send(Command::WatchNetwork);
        }
        members.push(Member { engine: Arc::clone(&engine), is_shared, watches_network });
        Ok(engine)
    }

    /// Call it on a host thread, because it may read the environment.
    fn size(&self) -> usize {
        *self.size.get_or_init(|| {
            let cores = thread::available_parallelism().map_or(1, usize::from).min(MOST);
            let Some(given) = sys::environment(VARIABLE) else { return cores };
            let number = given.to_str().and_then(|text| text.trim().parse().ok());
            let number = number.filter(|number| (1..=MOST_BY_ENVIRONMENT).contains(number));
            if number.is_none() {
                log::line!(
                    Warning,
                    "{VARIABLE} is not a number from 1 to {MOST_BY_ENVIRONMENT}; {cores} workers \
                     are shared"
                );
            }
            number.unwrap_or(cores)
        })
    }

    fn spawn(self: &Arc<Self>, engine: Arc<Engine>) -> Result<()> {
        let crew = Arc::clone(self);
        self.shared.spawn(move || {
            work(&engine, |queue| crew.call_wakeup(&engine, queue));
            crew.dismiss(&engine);
            if engine.mailbox().is_lost() {
                // The host may own the numbers of its descriptors by now, so they are not closed.
                std::mem::forget(engine);
            }
        })
    }

    /// The worker has ended.
    fn dismiss(&self, engine: &Arc<Engine>) {
        engine.mailbox().close();
        let mut members = self.members();
        let index = members.iter().position(|member| Arc::ptr_eq(&member.engine, engine));
        let member = index.map(|index| members.swap_remove(index));
        if member.as_ref().is_some_and(|member| member.watches_network) {
            let heir = members.iter_mut().find(|member| !member.engine.mailbox().is_lost());
            if let Some(heir) = heir {
                heir.watches_network = true;
                heir.engine.mailbox().send(Command::WatchNetwork);
            }
        }
        drop(members);
        drop(member);
    }

    /// Calls the wake-up function of that queue if a call is due. Returns the queue if the function
    /// must be called again.
    fn call_wakeup(
        self: &Arc<Self>,
        engine: &Arc<Engine>,
        queue: Arc<Queue>,
    ) -> Option<Arc<Queue>> {
        let mut call = WakeupCall { crew: self, engine, queue: Some(queue) };
        let is_told = call.queue.as_ref().is_none_or(|queue| queue.call_wakeup());
        // The function has returned.
        call.queue.take().filter(|_| !is_told)
    }

    /// The queue's wake-up function is ending the calling thread. Another thread continues the
    /// work, and the function is not called again.
    fn replace_thread(self: &Arc<Self>, engine: &Arc<Engine>, queue: &Queue) {
        log::line!(Error, "a wake-up function ended its thread; it is not called again");
        queue.forget_wakeup(Some(Instant::now()));
        let spawned = self.spawn(Arc::clone(engine));
        if spawned.is_err() {
            log::line!(Error, "no thread could be started in its place; the connections end");
            engine.abandon();
            engine.seats().end(|queue| queue.set_engine(None));
            self.dismiss(engine);
        }
        self.shared.forget_thread();
    }
}

/// A call of the wake-up function, which may not return: it may throw an exception, or end the
/// thread, as CPython does after it has been finalized. Such an unwind must not reach the start of
/// the thread, where it would end the process.
struct WakeupCall<'a> {
    crew: &'a Arc<Crew>,
    engine: &'a Arc<Engine>,
    /// `None` once the call has returned.
    queue: Option<Arc<Queue>>,
}

impl Drop for WakeupCall<'_> {
    fn drop(&mut self) {
        let Some(queue) = self.queue.take() else { return };
        // Our own panics unwind as usual.
        if thread::panicking() {
            return;
        }
        let (crew, engine) = (self.crew, self.engine);
        let _ = catch_unwind(AssertUnwindSafe(|| crew.replace_thread(engine, &queue)));
        drop(queue);
        // SAFETY: this thread was started with these references. It never returns to the frames
        // that hold them, so they are neither used nor dropped again.
        unsafe {
            Arc::decrement_strong_count(Arc::as_ptr(engine));
            Arc::decrement_strong_count(Arc::as_ptr(crew));
        }
        // The unwind cannot be stopped, but this thread can wait for ever.
        loop {
            thread::park();
        }
    }
}
