//! What an id names: a connection's settings, its status, and what waits to be sent.
//! Host threads act on it here; the worker does the network's part.

mod answer;
mod backoff;
mod causes;
mod composer;
mod delivery;
mod gathering;
mod interner;
mod mailbox;
mod masks;
mod options;
mod outbox;
mod policy;
mod reconnect;
mod recovery;
mod registry;
mod sending;
mod spare;
mod stats;
mod status;
mod unsent;

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use self::composer::Composer;
use self::delivery::Backlog;
pub use answer::Answer;
pub use backoff::Loss;
pub use gathering::MOMENT as GATHERING_MOMENT;
pub use interner::Interner;
pub use mailbox::{Command, Mailbox};
pub(crate) use options::options_table;
pub use options::{DataType, Limits, Options, Settings};
pub use outbox::Outbox;
pub use reconnect::Reconnect;
pub use registry::Registry;
pub use sending::SendFlags;
pub use stats::{add, Snapshot, Stats};
pub use status::Status;

use crate::error::{Code, Error, Result};
use crate::protocol;
use crate::queue::{Kind, Queue};

pub struct Connection {
    pub id: i32,
    me: Weak<Connection>,
    url: Arc<str>,
    data_type: DataType,
    kind: Kind,
    /// What the host attached; only `capi` knows what it is.
    host: Box<dyn Any + Send + Sync>,
    pub limits: Arc<Limits>,
    home: Arc<Home>,
    status: AtomicU8,
    /// It is open.
    opened: AtomicBool,
    /// Its OPEN and its TERMINATE are in the queue.
    open_queued: AtomicBool,
    end_queued: AtomicBool,
    /// on_open has returned.
    told_open: AtomicBool,
    /// The host wants to hear of nothing but the end.
    muted: AtomicBool,
    /// The host wants no closing handshake.
    aborted: AtomicBool,
    /// The one error has been reported.
    failed: AtomicBool,
    /// It is in the mailbox.
    posted: AtomicBool,
    /// The worker's place for it.
    slot: AtomicU32,
    outbox: Mutex<Outbox>,
    /// Used only by what is compressed or sent in fragments.
    composer: Mutex<Option<Box<Composer>>>,
    /// Entries of the queue that are for it.
    waiting: AtomicUsize,
    /// Events that the queue holds for it.
    queued: AtomicUsize,
    /// Bytes of messages on their way to the host.
    unread: AtomicUsize,
    backlog: Backlog,
    /// The worker has stopped reading until the host has read.
    paused: AtomicBool,
    /// The worker waits for the host to have read everything.
    is_awaited: AtomicBool,
    /// It is not in the registry any more.
    forgotten: AtomicBool,
    /// The last answer to an upgrade request.
    answer: Mutex<Option<Arc<Answer>>>,
    pub counters: Stats,
}

/// What a connection is made of.
pub struct Parts {
    pub id: i32,
    pub url: Arc<str>,
    pub data_type: DataType,
    pub kind: Kind,
    pub host: Box<dyn Any + Send + Sync>,
    pub limits: Arc<Limits>,
    /// If it is opened again when it is lost.
    pub reconnect: Option<Reconnect>,
    pub home: Arc<Home>,
}

/// Where a connection belongs; the same for all that one worker has.
pub struct Home {
    pub registry: &'static Registry,
    pub queue: Arc<Queue>,
    pub mailbox: Arc<Mailbox>,
}

impl PartialEq for Home {
    fn eq(&self, other: &Home) -> bool {
        Arc::ptr_eq(&self.queue, &other.queue) && Arc::ptr_eq(&self.mailbox, &other.mailbox)
    }
}

/// Close code for "this endpoint is going away" (RFC 6455 7.4.1).
pub const GOING_AWAY: u16 = 1001;
const NORMAL: u16 = 1000;

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
            status: AtomicU8::new(Status::Connecting as u8),
            opened: AtomicBool::new(false),
            open_queued: AtomicBool::new(false),
            end_queued: AtomicBool::new(false),
            told_open: AtomicBool::new(false),
            muted: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            posted: AtomicBool::new(false),
            slot: AtomicU32::new(u32::MAX),
            outbox: Mutex::new(Outbox::new(parts.reconnect)),
            composer: Mutex::default(),
            waiting: AtomicUsize::new(0),
            queued: AtomicUsize::new(0),
            unread: AtomicUsize::new(0),
            backlog: Backlog::default(),
            paused: AtomicBool::new(false),
            is_awaited: AtomicBool::new(false),
            forgotten: AtomicBool::new(false),
            answer: Mutex::default(),
            counters: Stats::default(),
        })
    }

    // ---- what a host thread asks and does

    /// The one that the host gave last.
    pub fn url(&self) -> Arc<str> {
        let outbox = self.outbox();
        let later = outbox.reconnect.as_ref().and_then(|reconnect| reconnect.url.as_ref());
        Arc::clone(later.unwrap_or(&self.url))
    }

    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    pub fn queue(&self) -> &Arc<Queue> {
        &self.home.queue
    }

    pub fn status(&self) -> Status {
        let number = self.status.load(Ordering::SeqCst);
        Status::from_number(number.into()).unwrap_or(Status::Closed)
    }

    pub fn answer(&self) -> Option<Arc<Answer>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    pub fn stats(&self) -> Snapshot {
        let timings = self.answer().map(|answer| answer.timings).unwrap_or_default();
        self.counters.snapshot(timings, self.outbox().reconnects())
    }

    pub fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes as the host wants it: with code and reason, and no message after the call.
    pub fn terminate(&self, code: i32, reason: &str) -> Result<()> {
        let code = match u16::try_from(code) {
            Ok(0) => NORMAL,
            Ok(code) if protocol::is_sendable_close_code(code) => code,
            _ => {
                let words = format!("{code} is not a close code to send: 1000, or 3000 to 4999");
                return Err(Error::ws(Code::Argument, words));
            }
        };
        if reason.len() > protocol::MAX_REASON {
            let words = format!(
                "the reason is {} bytes; a close frame has room for {}",
                reason.len(),
                protocol::MAX_REASON
            );
            return Err(Error::ws(Code::Argument, words));
        }
        self.refuse_closed()?;
        self.close(code, reason)
    }

    /// Begins the closing handshake; while connecting, gives up.
    pub fn close(&self, code: u16, reason: &str) -> Result<()> {
        self.mute();
        let mut outbox = self.outbox();
        let mut closed = Ok(());
        if !outbox.is_sealed() {
            if self.opened.load(Ordering::SeqCst) {
                // Without a close frame it still closes.
                closed = outbox.push_close(Some((code, reason)));
                self.flush(&mut outbox);
            } else {
                outbox.seal();
            }
            self.advance(Status::Closing);
        }
        drop(outbox);
        self.post();
        closed
    }

    /// Drops the connection without a closing handshake.
    pub fn abort(&self) -> Result<()> {
        self.refuse_closed()?;
        self.mute();
        self.aborted.store(true, Ordering::SeqCst);
        self.outbox().seal();
        self.advance(Status::Closing);
        self.post();
        Ok(())
    }

    /// The network may have closed it meanwhile; what the host has not heard of yet is
    /// silenced all the same.
    fn refuse_closed(&self) -> Result<()> {
        if self.status() != Status::Closed {
            return Ok(());
        }
        // What waits is passed over when its turn comes: to search the queue for each of many
        // closed connections would take long, and the end of this one keeps it ready anyway.
        self.muted.store(true, Ordering::SeqCst);
        Err(self.explain(Error::ws(Code::Closed, format!("connection {} is closed", self.id))))
    }

    fn mute(&self) {
        self.muted.store(true, Ordering::SeqCst);
        self.home.queue.purge(self);
    }

    /// Asks the worker to look.
    fn post(&self) {
        if !self.posted.swap(true, Ordering::SeqCst) {
            if let Some(me) = self.me.upgrade() {
                self.home.mailbox.send(Command::Attend(me));
            }
        }
    }

    /// Whether the status is reached and the host has been told so; an error if it cannot be.
    pub fn has_reached(&self, wanted: Status) -> Result<bool> {
        let status = self.status();
        match wanted {
            Status::Connecting if status == Status::Connecting => Ok(true),
            Status::Connecting => {
                Err(Error::ws(Code::Closed, "the connection is past Connecting already"))
            }
            Status::Connected if self.kind == Kind::Pull => {
                let opened = self.open_queued.load(Ordering::SeqCst);
                if !opened && self.end_queued.load(Ordering::SeqCst) {
                    let words = format!("connection {} ended before it was open", self.id);
                    return Err(self.explain(Error::ws(Code::Closed, words)));
                }
                Ok(opened)
            }
            Status::Connected => Ok(self.told_open.load(Ordering::SeqCst)),
            Status::Closing => Ok(status >= Status::Closing),
            // With callbacks it is reached when on_terminate has returned, and the id is gone.
            Status::Closed => Ok(self.kind == Kind::Pull && self.end_queued.load(Ordering::SeqCst)),
        }
    }

    /// The error of a wait for a status that took too long.
    pub fn late(&self) -> Error {
        let words = format!("connection {} did not get there in time", self.id);
        self.explain(Error::ws(Code::Timeout, words))
    }

    /// The error with what last went wrong with the connection as its cause.
    pub fn explain(&self, error: Error) -> Error {
        self.home.registry.explain(self.id, error)
    }

    // ---- what the worker does

    /// The worker looks now: what is asked from here on is a new request.
    pub fn attended(&self) {
        self.posted.store(false, Ordering::SeqCst);
    }

    /// The worker's place for it.
    pub fn slot(&self) -> usize {
        self.slot.load(Ordering::Relaxed) as usize
    }

    pub fn set_slot(&self, slot: usize) {
        self.slot.store(u32::try_from(slot).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    pub fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::SeqCst)
    }

    pub fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    pub fn set_answer(&self, answer: Answer) {
        let answer = Some(Arc::new(answer));
        let last = std::mem::replace(
            &mut *self.answer.lock().unwrap_or_else(PoisonError::into_inner),
            answer,
        );
        drop(last);
    }

    /// The upgrade is done; false if the host gave up meanwhile.
    pub fn set_open(&self, outbox: &Outbox) -> bool {
        if outbox.is_sealed() {
            return false;
        }
        self.opened.store(true, Ordering::SeqCst);
        self.advance(Status::Connected);
        true
    }

    /// It is not open any more, though it may be again; false if it was not.
    fn leave_open(&self) -> bool {
        self.opened.swap(false, Ordering::SeqCst)
    }

    fn is_open(&self) -> bool {
        self.opened.load(Ordering::SeqCst)
    }

    /// The first opening has been told, or will be.
    fn was_told_open(&self) -> bool {
        self.open_queued.load(Ordering::SeqCst)
    }

    /// From Connected to Connecting, the one step back that there is. Whoever wants it closed
    /// seals the outbox first, and this is done under its lock: so Closing stays.
    fn step_back(&self) {
        let (from, to) = (Status::Connected as u8, Status::Connecting as u8);
        if self.status.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.home.queue.touch();
        }
    }

    pub fn advance(&self, status: Status) {
        if self.status.fetch_max(status as u8, Ordering::SeqCst) < status as u8 {
            self.home.queue.touch();
        }
    }

    /// Nothing is sent or received any more. The host may not have heard of it yet, and a thread
    /// may know the connection for as long as it lives: what was to be sent does not stay so long.
    pub fn release(&self) {
        let mut outbox = self.outbox();
        outbox.seal();
        drop(outbox.detach());
        outbox.release();
        drop(outbox);
        // A thread that is compressing finds it closed, and drops the compressor itself.
        if let Ok(mut composer) = self.composer.try_lock() {
            *composer = None;
        }
    }

    /// It is over for everybody: for a connection whose queue takes no events any more.
    pub fn forget(&self) {
        self.forgotten.store(true, Ordering::SeqCst);
        self.home.registry.remove(self.id);
        self.outbox().forget();
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(answer);
    }
}
