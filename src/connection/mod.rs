//! What an id names: a connection's settings, its status, and what waits to be sent.
//! Host threads act on it here; the worker does the network's part.

mod answer;
mod backoff;
mod causes;
mod composer;
mod delivery;
mod end_guard;
mod gathering;
mod home;
mod interner;
mod life;
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
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use self::composer::Composer;
use self::delivery::Backlog;
use self::life::{Life, Phase};
pub use answer::Answer;
pub use backoff::Loss;
pub use end_guard::EndGuard;
pub use gathering::MOMENT as GATHERING_MOMENT;
pub use home::Home;
pub use interner::Interner;
pub use life::Opening;
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
use crate::log;
use crate::protocol;
use crate::queue::{Ending, Event, Kind, Queue};

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
    life: Life,
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

/// Close code for "this endpoint is going away" (RFC 6455 7.4.1).
const GOING_AWAY: u16 = 1001;
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
            life: Life::default(),
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
        self.life.status()
    }

    pub fn life(&self) -> &Life {
        &self.life
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

    /// Begins the closing handshake. What waits leaves before the close frame; while the
    /// connection is not open, it is dropped.
    pub fn close(&self, code: u16, reason: &str) -> Result<()> {
        self.mute();
        let mut outbox = self.outbox();
        let closed = self.begin_closing(&mut outbox, code, reason);
        drop(outbox);
        self.changed();
        closed
    }

    fn begin_closing(&self, outbox: &mut Outbox, code: u16, reason: &str) -> Result<()> {
        match self.life.close() {
            None => Ok(()),
            Some(Phase::Open) => {
                // Without a close frame it still closes.
                let closed = outbox.push_close(Some((code, reason)));
                self.flush(outbox);
                closed
            }
            Some(_) => {
                self.count_lost(outbox);
                Ok(())
            }
        }
    }

    /// For the worker: queues the close frame that says why, or answers the server's.
    pub fn close_as_told(&self, frame: Option<(u16, &str)>) {
        let mut outbox = self.outbox();
        match self.life.close() {
            Some(Phase::Open) => {
                // It fails only without random bytes: then it closes without a frame.
                let _ = outbox.push_close(frame);
            }
            Some(_) => self.count_lost(&outbox),
            None => return,
        }
        drop(outbox);
        self.home.queue.touch();
    }

    /// Drops the connection without a closing handshake.
    pub fn abort(&self) -> Result<()> {
        self.refuse_closed()?;
        self.mute();
        self.life.abort();
        let outbox = self.outbox();
        if self.life.close().is_some() {
            self.count_lost(&outbox);
        }
        drop(outbox);
        self.changed();
        Ok(())
    }

    /// Takes no more messages, and closes with 1001 when what waits has left. One that is not
    /// open yet is opened for it, and one that is lost is opened again.
    ///
    /// With its queue closed it has less time, for nobody is left who could end it: the close
    /// frame is queued at once, a lost connection is given up, and so is an opening without limit.
    pub fn drain(&self, is_unattended: bool) {
        self.mute();
        let mut outbox = self.outbox();
        if self.life.drain(is_unattended) {
            outbox.set_gathered(false);
            self.flush(&mut outbox);
            let is_opening = !self.life.is_open() && !self.life.is_suspended();
            let may_wait =
                !self.home.queue.is_closed() || is_opening && self.limits.open_timeout.is_some();
            if !may_wait || outbox.waiting_messages() == 0 {
                // It fails only without random bytes, and then there is no close frame.
                let _ = self.begin_closing(&mut outbox, GOING_AWAY, "");
            }
        }
        drop(outbox);
        self.changed();
    }

    /// For the worker, after it has written.
    pub fn close_if_drained(&self, outbox: &mut Outbox) {
        if !self.life.is_draining() || !self.life.is_open() {
            return;
        }
        if outbox.waiting_messages() == 0 || self.home.queue.is_closed() {
            // As above.
            let _ = self.begin_closing(outbox, GOING_AWAY, "");
        }
    }

    /// What still waits never leaves.
    fn count_lost(&self, outbox: &Outbox) {
        let bytes = outbox.waiting_messages();
        if bytes > 0 && !self.life.lose() {
            let id = self.id;
            log::line!(Warning, "connection {id}: {bytes} bytes of messages are dropped unsent");
        }
    }

    /// Tells the waiters and the worker.
    fn changed(&self) {
        self.home.queue.touch();
        self.post();
    }

    /// The network may have closed it meanwhile; what the host has not heard of yet is
    /// silenced all the same.
    fn refuse_closed(&self) -> Result<()> {
        if self.status() != Status::Closed {
            return Ok(());
        }
        // What waits is passed over when its turn comes: to search the queue for each of many
        // closed connections would take long, and the end of this one keeps it ready anyway.
        self.life.mute();
        Err(self.explain(Error::ws(Code::Closed, format!("connection {} is closed", self.id))))
    }

    /// The host hears nothing more of it, not even the end.
    pub fn discard(&self) {
        self.life.discard();
    }

    fn mute(&self) {
        self.life.mute();
        self.home.queue.purge(self);
    }

    /// Asks the worker to look.
    fn post(&self) {
        if !self.posted.swap(true, Ordering::SeqCst) {
            if let Some(me) = self.me.upgrade() {
                self.home.mailbox.send(Command::Attend(me));
                self.home.strand_if_lost();
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
                let opened = self.life.is_open_queued();
                if !opened && self.life.is_told() {
                    let words = format!("connection {} ended before it was open", self.id);
                    return Err(self.explain(Error::ws(Code::Closed, words)));
                }
                Ok(opened)
            }
            Status::Connected => Ok(self.life.is_open_told()),
            Status::Closing => Ok(status >= Status::Closing),
            // With callbacks it is reached when on_terminate has returned, and the id is gone.
            Status::Closed => Ok(self.kind == Kind::Pull && self.life.is_told()),
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

    pub fn set_answer(&self, answer: Answer) {
        let answer = Some(Arc::new(answer));
        let last = std::mem::replace(
            &mut *self.answer.lock().unwrap_or_else(PoisonError::into_inner),
            answer,
        );
        drop(last);
    }

    /// It is over, and the host hears of it.
    pub fn end(self: &Arc<Self>, ending: Ending) {
        self.release();
        self.emit(Event::Terminate(ending));
    }

    /// Nothing is sent or received any more. The host may not have heard of it yet, and a thread
    /// may know the connection for as long as it lives: what was to be sent does not stay so long.
    pub fn release(&self) {
        let mut outbox = self.outbox();
        self.life.close();
        self.count_lost(&outbox);
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
        self.life.forget();
        self.home.registry.remove(self.id);
        self.outbox().forget();
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(answer);
    }
}
