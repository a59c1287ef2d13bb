//! The library as a whole: its queues and connections, its start and its end.

mod idle;
mod metrics;
mod shutdown;

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::connection::{
    Command, Connection, DataType, EndGuard, Home, Interner, Limits, Options, Parts, Reconnect,
    Registry, Settings, Status,
};
use crate::dial::DialConfig;
use crate::error::{Code, Error, Result};
use crate::ids::IdMap;
use crate::process::{self, PerProcess, ThreadToken};
use crate::queue::{Attached, Kind, Queue};
use crate::transport::start_tls;
use crate::worker::{Crew, Pair};
use crate::{dial, log, sys, tls};

pub use self::idle::idle;
pub use self::metrics::metrics;
pub use self::shutdown::shutdown;
pub use crate::process::is_forked;

#[derive(Default)]
struct Library {
    registry: Registry,
    queues: Mutex<IdMap<Arc<Pair>>>,
    urls: Interner<str>,
    limits: Interner<Limits>,
    configs: Interner<DialConfig>,
    homes: Interner<Home>,
    crew: Arc<Crew>,
    /// The main thread's own queue.
    main: OnceLock<Arc<Pair>>,
    closing: AtomicBool,
}

static LIBRARY: PerProcess<Library> = PerProcess::new();
/// Outside the library: a forked child starts with a new one, and numbers no queue twice.
static NEXT_QUEUE: AtomicI32 = AtomicI32::new(1);

/// How long the end of a thread waits for a wake-up function that runs.
const WAKEUP_PATIENCE: Duration = Duration::from_secs(1);

/// A thread's own queue, which ends with the thread. The main thread's queue lives as long as the
/// process: exit handlers may use it after the thread-local values are gone.
struct Own {
    pair: Arc<Pair>,
    generation: u32,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

impl Drop for Own {
    fn drop(&mut self) {
        if !process::is_left_behind(self.generation) {
            let library = LIBRARY.get();
            if !library.is_main(&self.pair) {
                library.retire_queue(&self.pair);
                // Bounded, for this runs within `exit`, too.
                self.pair.queue.forget_wakeup(Some(Instant::now() + WAKEUP_PATIENCE));
            }
        }
    }
}

impl Library {
    fn queues(&self) -> MutexGuard<'_, IdMap<Arc<Pair>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_queue(&self, owner: Option<ThreadToken>) -> Result<Arc<Pair>> {
        let id = NEXT_QUEUE
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1))
            .map_err(|_| Error::ws(Code::Resources, "all queue numbers have been used"))?;
        let pair = Arc::new(Pair::new(Queue::new(id, owner), Arc::clone(&self.crew)));
        self.queues().insert(id, Arc::clone(&pair));
        Ok(pair)
    }

    /// The queue takes nothing more, and its connections close.
    fn retire_queue(&self, pair: &Arc<Pair>) {
        self.queues().remove(&pair.queue.id());
        pair.queue.close();
        // At once, so that no more messages are taken. The worker sees to a connection that is
        // being created at this moment.
        for connection in self.registry.all() {
            if Arc::ptr_eq(connection.queue(), &pair.queue) {
                connection.drain(true);
            }
        }
        pair.orphan();
    }

    fn pair(&self, queue: i32) -> Result<Arc<Pair>> {
        match queue {
            0 => self.own(),
            1.. => self.queues().get(&queue).map(Arc::clone).ok_or_else(|| no_queue(queue)),
            _ => Err(Error::ws(Code::Argument, format!("a queue is 0 or more, not {queue}"))),
        }
    }

    /// The calling thread's own.
    fn own(&self) -> Result<Arc<Pair>> {
        self.with_own(Arc::clone)
    }

    /// Lends the thread's own queue to `act`, which must not call this function.
    fn with_own<T>(&self, act: impl FnOnce(&Arc<Pair>) -> T) -> Result<T> {
        let generation = process::generation();
        if OWN.try_with(|_| ()).is_err() {
            return match sys::is_main_thread() {
                true => Ok(act(&self.make_own()?)),
                false => {
                    let words = "this thread is ending: its queue is gone";
                    Err(Error::ws(Code::WrongThread, words))
                }
            };
        }
        OWN.with(|own| {
            let mut own = own.borrow_mut();
            match &*own {
                Some(own) if own.generation == generation => Ok(act(&own.pair)),
                _ => {
                    let pair = self.make_own()?;
                    let done = act(&pair);
                    // The parent's stays where it is.
                    std::mem::forget(own.replace(Own { pair, generation }));
                    Ok(done)
                }
            }
        })
    }

    fn make_own(&self) -> Result<Arc<Pair>> {
        let is_main = sys::is_main_thread();
        match self.main.get().filter(|_| is_main) {
            Some(pair) => Ok(Arc::clone(pair)),
            None => {
                let pair = self.add_queue(Some(ThreadToken::current()))?;
                if is_main {
                    // This thread alone sets it.
                    let _ = self.main.set(Arc::clone(&pair));
                }
                Ok(pair)
            }
        }
    }

    fn is_main(&self, pair: &Arc<Pair>) -> bool {
        self.main.get().is_some_and(|main| Arc::ptr_eq(main, pair))
    }
}

fn no_queue(queue: i32) -> Error {
    Error::ws(Code::NoSuchId, format!("there is no queue {queue}"))
}

/// Creates a connection and begins to open it.
pub fn open(
    url: &str,
    data_type: DataType,
    options: Options,
    kind: Kind,
    host: Attached,
) -> Result<i32> {
    let library = LIBRARY.get();
    // On the host's thread, because it reads the environment; so does the start of TLS below.
    log::start();
    let queue = options.queue;
    library.crew.shared.resources.start();
    let Settings { config, limits, given } = options.resolve(url, data_type)?;
    if config.may_speak_tls() {
        start_tls();
    }
    let config = library.configs.share(config);
    let reconnect = limits.backoff.is_some().then(|| Reconnect::new(Arc::clone(&config)));
    let pair = library.pair(queue)?;
    if pair.queue.is_owned() && queue != 0 && library.own()?.queue.id() != queue {
        let words = format!("queue {queue} belongs to another thread");
        return Err(Error::ws(Code::WrongThread, words));
    }
    if library.closing.load(Ordering::SeqCst) {
        return Err(Error::ws(Code::Shutdown, "the library is shutting down"));
    }
    let mut issued = 0;
    pair.launch(|mailbox, seat| {
        issued = Registry::issue()?;
        let home = Home {
            registry: &library.registry,
            queue: Arc::clone(&pair.queue),
            mailbox: Arc::clone(mailbox),
            seat: Arc::clone(seat),
        };
        let connection = Connection::new(Parts {
            id: issued,
            url: library.urls.share(dial::without_credentials(url)),
            data_type,
            kind,
            host,
            limits: library.limits.share(limits),
            reconnect,
            home: library.homes.share(home),
        });
        library.registry.insert(issued, Arc::clone(&connection))?;
        pair.queue.expect(connection.as_ref());
        // Nothing fails from here on: it is ours now.
        Ok(Command::Open(EndGuard::new(connection), config, given.map(sys::take_given)))
    })?;
    Ok(issued)
}

/// The connection of that id, until its on_terminate has returned.
pub fn find(id: i32) -> Result<Arc<Connection>> {
    LIBRARY.get().registry.find(id)
}

/// The connection that a thread used last.
struct Latest {
    connection: ManuallyDrop<Arc<Connection>>,
    generation: u32,
}

thread_local! {
    static LATEST: Cell<Option<Latest>> = const { Cell::new(None) };
}

impl Latest {
    fn is(&self, id: i32, generation: u32) -> bool {
        self.connection.id == id
            && self.generation == generation
            && !self.connection.life().is_forgotten()
    }
}

impl Drop for Latest {
    fn drop(&mut self) {
        if !process::is_left_behind(self.generation) {
            // SAFETY: it is not used after this.
            unsafe { ManuallyDrop::drop(&mut self.connection) };
        }
    }
}

/// Does something with the connection of that id. It finds the connection that the thread used
/// last without a look at the table.
pub fn with<T>(id: i32, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let generation = process::generation();
    // A thread that is ending remembers none.
    let latest = match LATEST.try_with(Cell::take).unwrap_or_default() {
        Some(latest) if latest.is(id, generation) => latest,
        // The former connection may be freed here.
        _ => sys::uncancelled(|| {
            find(id).map(|found| Latest { connection: ManuallyDrop::new(found), generation })
        })?,
    };
    let done = act(&latest.connection).map_err(|error| match error.code {
        code if code == Code::Closed as i32 => latest.connection.explain(error),
        _ => error,
    });
    let _ = LATEST.try_with(|place| place.set(Some(latest)));
    done
}

pub fn status(id: i32) -> Result<i32> {
    match find(id) {
        Ok(connection) => Ok(connection.status() as i32),
        Err(error) if error.code == Code::Closed as i32 => Ok(Status::Closed as i32),
        Err(error) => Err(error),
    }
}

/// All that is known of a connection, as JSON. The last ones that ended are still known.
pub fn explain(id: i32) -> Result<String> {
    let registry = &LIBRARY.get().registry;
    match registry.find(id) {
        Ok(connection) => Ok(connection.explanation().to_json()),
        Err(error) => match registry.ended().find(id) {
            Some(ended) => Ok(ended.to_json()),
            None => Err(error),
        },
    }
}

/// The network of the machine has changed: every connection looks whether it still works.
pub fn network_changed() {
    LIBRARY.get().crew.network_changed();
}

pub fn new_queue() -> Result<i32> {
    let library = LIBRARY.get();
    if library.closing.load(Ordering::SeqCst) {
        return Err(Error::ws(Code::Shutdown, "the library is shutting down"));
    }
    Ok(library.add_queue(None)?.queue.id())
}

pub fn free_queue(id: i32) -> Result<()> {
    let library = LIBRARY.get();
    let pair = library.pair(id)?;
    if pair.queue.is_owned() {
        let words = "a thread's own queue ends with the thread; it cannot be freed";
        return Err(Error::ws(Code::Argument, words));
    }
    // From here on, no other thread can poll it.
    pair.queue.enter()?;
    let freed = if pair.queue.is_nested() {
        Err(Error::ws(Code::Busy, "a callback of this queue is running"))
    } else {
        library.retire_queue(&pair);
        Ok(())
    };
    pair.queue.leave();
    freed?;
    pair.queue.forget_wakeup(None);
    Ok(())
}

/// Drops what a queue holds, and all later events of its connections that are ending.
pub fn discard_queue(id: i32) -> Result<()> {
    let library = LIBRARY.get();
    let pair = library.pair(id)?;
    // Meanwhile, no other thread delivers from it.
    pair.queue.enter()?;
    let discarded = if pair.queue.is_nested() {
        Err(Error::ws(Code::Busy, "a callback of this queue is running"))
    } else {
        for connection in library.registry.all() {
            let is_its = Arc::ptr_eq(connection.queue(), &pair.queue);
            if is_its && connection.status() >= Status::Closing {
                connection.discard();
            }
        }
        pair.queue.discard();
        Ok(())
    };
    pair.queue.leave();
    discarded
}

/// The queue of that number; 0 is the calling thread's own.
pub fn queue(id: i32) -> Result<Arc<Queue>> {
    with_queue(id, Arc::clone)
}

/// Does something short with it. `act` calls no function of the host or of this module.
pub fn with_queue<T>(id: i32, act: impl FnOnce(&Arc<Queue>) -> T) -> Result<T> {
    let library = LIBRARY.get();
    match id {
        0 => library.with_own(|pair| act(&pair.queue)),
        _ => {
            let pair = library.pair(id)?;
            let done = act(&pair.queue);
            // It may be the last to hold the queue, which closes descriptors.
            sys::uncancelled(|| drop(pair));
            Ok(done)
        }
    }
}

/// The queue of a connection; with 0, the calling thread's own queue.
pub fn queue_of(ws: i32) -> Result<i32> {
    match ws {
        0 => Ok(LIBRARY.get().own()?.queue.id()),
        id => Ok(find(id)?.queue().id()),
    }
}
/// Version, TLS library and target of this build.
pub fn build_info() -> &'static CStr {
    static INFO: OnceLock<CString> = OnceLock::new();
    let make = || {
        let (version, tls) = (env!("CARGO_PKG_VERSION"), tls::description());
        let words = format!("hostws {version}, {tls}, {}", env!("HOSTWS_TARGET"));
        CString::new(words).unwrap_or_default()
    };
    INFO.get_or_init(make)
}
