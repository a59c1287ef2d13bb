//! A connection: its settings, its status, and the messages that wait to be sent. Host threads and
//! the worker share it.

mod answer;
mod asking;
mod backlog;
mod backoff;
mod causes;
mod closing;
mod composer;
mod delivery;
mod end_guard;
mod explaining;
mod explanation;
mod gathering;
mod held;
mod history;
mod interner;
mod life;
mod mailbox;
mod masks;
mod options;
mod outbox;
mod pauses;
mod pausing;
mod policy;
mod questions;
mod reconnect;
mod recovery;
mod registry;
mod reporting;
mod seat;
mod sending;
mod spare;
mod stats;
mod status;
mod stranding;
pub mod tally;
mod unsent;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use self::backlog::Backlog;
use self::composer::Composer;
use self::history::Known;
use self::life::Life;
use self::outbox::Locked;
use self::pauses::Pauses;
pub use answer::Answer;
pub use backoff::{Loss, Pause};
pub use gathering::MOMENT as GATHERING_MOMENT;
pub use held::Held;
pub use interner::Interner;
pub use life::Opening;
pub(crate) use options::options_table;
pub use options::{DataType, Limits, Options, Settings};
pub use outbox::Outbox;
pub use questions::OpenQuestion;
pub use reconnect::Reconnect;
pub use seat::{Load, Seat};
pub use sending::SendFlags;
pub use stats::{add, Snapshot, Stats, Totals};
pub use status::Status;

use socket2::Socket;

use crate::dial::{DialConfig, Place, Prepared};
use crate::error::{Code, Error, Result};
use crate::queue::{Attached, Kind, Queue};
use crate::sys::WakePipe;

pub type EndGuard = end_guard::EndGuard<Connection>;
pub type Mailbox = mailbox::Mailbox<Command>;
pub type Registry = registry::Registry<Connection>;

/// A request to the worker. A connection is in the mailbox at most once, however often it is
/// posted, because the request itself is stored in the connection.
pub enum Command {
    /// Open a new connection with these settings, perhaps on a socket from the host.
    Open(EndGuard, Arc<DialConfig>, Option<Socket>),
    /// Attend to a connection: its outbox or its life has changed.
    Attend(Arc<Connection>),
    /// A job of the attempt with that number is done.
    Prepared(Arc<Connection>, u32, Prepared),
    /// The attempt with that number has got its turn to open.
    Admitted(Arc<Connection>, u32, Place),
    /// The queue's thread has ended or the queue was freed: close its connections.
    Orphaned(Arc<Queue>),
    /// End the turn: a call of a wake-up function is due, or a queue has changed.
    Wakeup,
    /// Send the messages gathered there, in a moment.
    Gathered(Arc<Seat>),
    /// The network of the machine has changed: check whether connections still work.
    NetworkChanged,
    /// From here on, notice such changes.
    WatchNetwork,
    /// End turns when the host writes into a queue's wake pipe.
    Watch(Arc<WakePipe>),
    /// Free that memory when it is idle.
    Hold(Held),
}

/// The queue and the worker of a connection. The connections of a queue at a worker share one
/// `Home`.
pub struct Home {
    pub registry: &'static Registry,
    pub queue: Arc<Queue>,
    pub mailbox: Arc<Mailbox>,
    pub seat: Arc<Seat>,
}

pub struct Connection {
    pub id: i32,
    me: Weak<Connection>,
    url: Arc<str>,
    data_type: DataType,
    kind: Kind,
    host: Attached,
    pub limits: Arc<Limits>,
    home: Arc<Home>,
    life: Life,
    /// Whether it is in the mailbox.
    posted: AtomicBool,
    /// The worker's key for it.
    slot: AtomicU32,
    outbox: Mutex<Outbox>,
    /// Used only for messages that are compressed or sent in fragments.
    composer: Mutex<Option<Box<Composer>>>,
    /// The number of its entries in the queue.
    waiting: AtomicUsize,
    /// The number of its events in the queue.
    queued: AtomicUsize,
    /// The bytes of messages that the host has not read.
    unread: AtomicUsize,
    backlog: Backlog,
    pauses: Pauses,
    /// The worker wants to know when the host has read everything.
    is_awaited: AtomicBool,
    known: Mutex<Known>,
    pub counters: Stats,
}

/// The parts of a new connection.
pub struct Parts {
    pub id: i32,
    pub url: Arc<str>,
    pub data_type: DataType,
    pub kind: Kind,
    pub host: Attached,
    pub limits: Arc<Limits>,
    /// `Some` if the connection is opened again when it is lost.
    pub reconnect: Option<Reconnect>,
    pub home: Arc<Home>,
}

impl Connection {
    pub fn new(parts: Parts) -> Arc<Connection> {
        Arc::new_cyclic(|me| Connection {
            id: parts.id,
            me: Weak::clone(me),
            url: parts.url,
            data_type: parts.data_type,
            kind: parts.kind,
            host: parts.host,
            limits: parts.limits,
            home: parts.home,
            life: Life::default(),
            posted: AtomicBool::new(false),
            slot: AtomicU32::new(u32::MAX),
            outbox: Mutex::new(Outbox::new(parts.reconnect)),
            composer: Mutex::default(),
            waiting: AtomicUsize::new(0),
            queued: AtomicUsize::new(0),
            unread: AtomicUsize::new(0),
            backlog: Backlog::default(),
            pauses: Pauses::default(),
            is_awaited: AtomicBool::new(false),
            known: Mutex::default(),
            counters: Stats::default(),
        })
    }

    // ---- for host threads

    /// The URL that the host gave last.
    pub fn url(&self) -> Arc<str> {
        let outbox = self.outbox();
        let later = outbox.past().and_then(|past| past.url.as_ref());
        Arc::clone(later.unwrap_or(&self.url))
    }

    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    pub fn queue(&self) -> &Arc<Queue> {
        &self.home.queue
    }

    pub fn status(&self) -> Status {
        self.life.status()
    }

    pub fn life(&self) -> &Life {
        &self.life
    }

    pub fn answer(&self) -> Option<Arc<Answer>> {
        self.known().answer.clone()
    }

    pub fn subprotocol(&self) -> Option<String> {
        self.answer()?.subprotocol().map(str::to_owned)
    }

    /// The server's certificate in DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.outbox().peer_certificate()
    }

    pub fn buffered_amount(&self) -> usize {
        self.outbox().waiting_messages()
    }

    /// The bytes of messages that wait for the host.
    pub fn unread_bytes(&self) -> usize {
        self.unread.load(Ordering::Relaxed)
    }

    pub fn stats(&self) -> Snapshot {
        let timings = self.answer().map(|answer| answer.timings).unwrap_or_default();
        self.counters.snapshot(timings, self.outbox().reconnects())
    }

    #[inline]
    pub fn outbox(&self) -> Locked<'_> {
        Locked::new(self.outbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells the waiters and the worker.
    fn changed(&self) {
        self.home.queue.touch();
        self.post();
    }

    /// Fails if the connection is already closed. Even then, the host gets no more events but
    /// TERMINATE.
    fn refuse_closed(&self) -> Result<()> {
        if self.status() != Status::Closed {
            return Ok(());
        }
        // Waiting events are skipped when their turn comes. It would take too long to search the
        // queue for each of many closed connections.
        self.life.mute();
        Err(self.explain(Error::ws(Code::Closed, format!("connection {} is closed", self.id))))
    }

    /// Ends all events to the host, even TERMINATE.
    pub fn discard(&self) {
        self.life.discard();
    }

    fn mute(&self) {
        self.life.mute();
        self.home.queue.purge(self);
        // The events that ws_next returned may still exceed the limit.
        self.resume_muted();
    }

    /// Asks the worker to attend to the connection.
    fn post(&self) {
        if !self.posted.swap(true, Ordering::SeqCst) {
            if let Some(me) = self.me.upgrade() {
                self.home.mailbox.send(Command::Attend(me));
                self.home.strand_if_lost();
            }
        }
    }

    /// Whether the status is reached and the host was told. Fails if it can no longer be reached.
    pub fn has_reached(&self, wanted: Status) -> Result<bool> {
        let status = self.status();
        match wanted {
            Status::Connecting if status == Status::Connecting => Ok(true),
            Status::Connecting => {
                Err(Error::ws(Code::Closed, "the connection is past Connecting already"))
            }
            Status::Connected if self.kind == Kind::Pull => {
                let opened = self.life.is_open_queued();
                if !opened && self.life.is_told() {
                    let words = format!("connection {} ended before it was open", self.id);
                    return Err(self.explain(Error::ws(Code::Closed, words)));
                }
                Ok(opened)
            }
            Status::Connected => Ok(self.life.is_open_told()),
            Status::Closing => Ok(status >= Status::Closing),
            // With callbacks, it is reached when on_terminate has returned. Then the id is no
            // longer valid.
            Status::Closed => Ok(self.kind == Kind::Pull && self.life.is_told()),
        }
    }

    /// The error of a wait for a status whose time is up.
    pub fn late(&self) -> Error {
        let words =
            format!("connection {} was still {:?} when the time was up", self.id, self.status());
        self.explain(Error::ws(Code::Timeout, words))
    }

    /// Adds the connection's last failure to the error as its cause.
    pub fn explain(&self, error: Error) -> Error {
        self.home.registry.explain(self.id, error)
    }

    // ---- for the worker

    /// The worker attends to it now. Later requests must be posted again.
    pub fn attended(&self) {
        self.posted.store(false, Ordering::SeqCst);
    }

    /// The worker's key for it.
    pub fn slot(&self) -> usize {
        self.slot.load(Ordering::Relaxed) as usize
    }

    pub fn set_slot(&self, slot: usize) {
        self.slot.store(u32::try_from(slot).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    pub fn set_answer(&self, answer: Answer) {
        let last = self.known().answer.replace(Arc::new(answer));
        drop(last);
    }

    /// Removes the id with everything that it kept: TERMINATE was delivered, or never will be.
    pub fn forget(&self) {
        self.life.forget();
        self.home.registry.ended().keep(self.explanation());
        self.home.registry.remove(self.id, &self.counters);
        self.outbox().forget();
        let known = std::mem::take(&mut *self.known());
        drop(known);
    }
}
