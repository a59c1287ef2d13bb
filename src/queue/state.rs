//! The state of a queue, protected by its lock.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::engine::{Engine, Turn, Turned};
use super::event::{Entry, Kind, Recipient};
use super::pool::Pool;
use super::signal::Signal;
use crate::ids::IdSet;
use crate::process::ThreadToken;
use crate::protocol::Batch;
use crate::sync::Notifier;
use crate::sys::WakePipe;

/// An empty queue keeps room for this many entries.
const MANY: usize = 256;

/// So many entries are a burst.
const MUCH_WAITS: usize = 8;

/// The most entries that the end of a connection needs: RECONNECTING, ERROR and TERMINATE.
const ENDING: usize = 3;

#[derive(Default)]
pub struct State {
    pub lanes: [Lane; 2],
    /// The event that `ws_next` gave out last.
    pub parked: Option<Parked>,
    pub poller: Option<(ThreadToken, usize)>,
    /// The connections with a callback on the poller's stack: their events cannot be delivered now.
    busy: Vec<Busy>,
    pub woken: bool,
    /// Incremented by every change that a waiting thread may wait for.
    pub version: u64,
    /// The threads that sleep until something changes.
    pub sleepers: Vec<Arc<Notifier>>,
    /// Kept for the next thread that sleeps, as long as there is a worker.
    pub spare_notifier: Option<Arc<Notifier>>,
    /// The host ends a wait by writing to it.
    pub wake_pipe: Option<Arc<WakePipe>>,
    pub signal: Signal,
    /// Whether the host has set a wake-up function.
    pub has_wakeup: bool,
    /// The worker must call it.
    pub wakeup_due: bool,
    /// The host has been told since it last began to poll.
    is_told: bool,
    /// Since when events wait and nobody polls, and how many were parked then.
    unpolled_since: Option<(Instant, usize)>,
    pub closed: bool,
    /// The loop that fills it.
    pub engine: Option<Arc<dyn Engine>>,
    /// The worker has lent the loop to the poller.
    pub is_lent: bool,
    /// Memory for the poller's next turn of the loop.
    pub spare: Option<Box<Batch>>,
    /// Memory for large messages.
    pub pool: Pool,
    /// The poller, while it runs the loop in its wait.
    pub rider: Option<ThreadToken>,
    /// The poller's last turn of the loop has left something to do, which nothing announces.
    pub is_behind: bool,
    /// When the host last left nothing to deliver, if it then watches the loop's descriptor.
    pub rests_since: Option<Instant>,
    /// How long the poller spins before it sleeps.
    pub busy_poll: Duration,
    /// The poller sleeps in its wait, or was woken and does not run yet.
    pub is_asleep: bool,
    /// How many short waits the poller has had in a row.
    pub short_waits: u8,
}

#[derive(Default)]
pub struct Lane {
    pub entries: VecDeque<Entry>,
    /// The number of events in `entries`.
    pub events: usize,
    /// The connections that may still bring events.
    pub live: IdSet,
}

/// A queue is neglected if it holds events and is not polled for this long.
pub const NEGLECTED_AFTER: Duration = Duration::from_secs(5);

/// Whether events wait and nobody polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neglect {
    None,
    /// Not yet; look again after this time.
    In(Duration),
    /// Yes: this many events wait for callbacks, and this many for `ws_next`.
    Now {
        pushed: usize,
        pulled: usize,
    },
}

/// A connection with a callback on the poller's stack.
struct Busy {
    id: i32,
    /// The number of its events that wait.
    events: usize,
}

pub struct Parked {
    pub recipient: Arc<dyn Recipient>,
    /// The number of events that it still holds.
    pub left: Arc<AtomicUsize>,
    /// `None` if the thread that owns the queue keeps it.
    pub holder: Option<Box<dyn Any + Send>>,
}

/// What remains to be done, without the queue's lock, after memory was kept.
#[derive(Default)]
pub struct Kept {
    /// Memory to be freed.
    unused: Option<Box<Batch>>,
    unused_large: Option<Vec<Vec<u8>>>,
    /// The loop that is to free the memory of large messages later.
    to_tell: Option<Arc<dyn Engine>>,
}

impl Kept {
    pub fn finish(self) {
        drop((self.unused, self.unused_large));
        if let Some(engine) = self.to_tell {
            engine.hold();
        }
    }
}

/// The end of a lane.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Front,
    Back,
}

impl State {
    // ---- what it holds

    /// Whether there is memory for one more entry. A long queue also needs room for the end of each
    /// connection, which cannot be refused.
    pub fn has_room(&mut self, kind: Kind) -> bool {
        let lane = &mut self.lanes[kind as usize];
        let kept = if lane.entries.len() < MANY { 0 } else { ENDING * lane.live.len() };
        lane.entries.try_reserve(1 + kept).is_ok()
    }

    pub fn put(&mut self, entry: Entry, end: End) {
        let left = entry.left();
        let recipient = entry.recipient.as_ref();
        recipient.queued().fetch_add(left, Ordering::Relaxed);
        if let Some(busy) = self.busy.iter_mut().find(|busy| busy.id == recipient.id()) {
            busy.events += left;
        }
        let lane = &mut self.lanes[recipient.kind() as usize];
        lane.events += left;
        match end {
            End::Front => lane.entries.push_front(entry),
            End::Back => lane.entries.push_back(entry),
        }
    }

    /// Removes the entry at an index.
    pub fn remove(&mut self, kind: Kind, index: usize) -> Option<Entry> {
        let lane = &mut self.lanes[kind as usize];
        let entry = lane.entries.remove(index)?;
        if lane.entries.is_empty() && lane.entries.capacity() > MANY + 2 * ENDING * lane.live.len()
        {
            // The memory of a burst is given back.
            lane.entries = VecDeque::new();
        }
        let left = entry.left();
        lane.events -= left;
        let recipient = entry.recipient.as_ref();
        recipient.queued().fetch_sub(left, Ordering::Relaxed);
        if let Some(busy) = self.busy.iter_mut().find(|busy| busy.id == recipient.id()) {
            busy.events -= left;
        }
        Some(entry)
    }

    /// Removes all entries.
    pub fn empty(&mut self) -> Vec<Entry> {
        self.wakeup_due = false;
        let mut entries = Vec::new();
        for kind in [Kind::Push, Kind::Pull] {
            while let Some(entry) = self.remove(kind, 0) {
                entries.push(entry);
            }
        }
        entries
    }

    /// Removes all entries for good: the queue is closed.
    pub fn take_lanes(&mut self) -> [Lane; 2] {
        // The events that they count are gone.
        self.busy.clear();
        std::mem::take(&mut self.lanes)
    }

    /// Removes the first entry that can be delivered. If it is for a callback, its connection is
    /// busy until `release`.
    pub fn take(&mut self, kind: Kind) -> Option<Entry> {
        let entries = &self.lanes[kind as usize].entries;
        let index = entries.iter().position(|entry| !self.is_busy(entry.recipient.id()))?;
        let entry = self.remove(kind, index)?;
        if kind == Kind::Push {
            let events = entry.recipient.queued().load(Ordering::Relaxed);
            self.busy.push(Busy { id: entry.recipient.id(), events });
        }
        Some(entry)
    }

    /// The connection's callback has returned, or was left by an exception.
    #[inline]
    pub fn release(&mut self, id: i32) {
        self.busy.retain(|busy| busy.id != id);
    }

    #[inline]
    fn is_busy(&self, id: i32) -> bool {
        self.busy.iter().any(|busy| busy.id == id)
    }

    /// Whether the queue holds nothing at all.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.entries.is_empty()) && self.parked_left() == 0
    }

    #[inline]
    fn parked_left(&self) -> usize {
        let parked = self.parked.as_ref().filter(|parked| !parked.recipient.is_muted());
        parked.map_or(0, |parked| parked.left.load(Ordering::Relaxed))
    }

    /// The number of events that can be delivered now.
    #[inline]
    pub fn ready(&self) -> usize {
        self.deliverable(Kind::Push) + self.deliverable(Kind::Pull)
    }

    /// The number of events of one kind that can be delivered now.
    #[inline]
    pub fn deliverable(&self, kind: Kind) -> usize {
        let waiting = self.lanes[kind as usize].events;
        match kind {
            Kind::Push => waiting - self.busy.iter().map(|busy| busy.events).sum::<usize>(),
            Kind::Pull => waiting + self.parked_left(),
        }
    }

    /// Whether some connection may still bring an event of that kind to the calling thread.
    pub fn expects(&self, kind: Option<Kind>) -> bool {
        // A thread that waits inside a callback keeps that callback from returning.
        let is_poller = self.poller.is_some_and(|(poller, _)| poller == ThreadToken::current());
        self.lanes.iter().enumerate().any(|(index, lane)| {
            kind.is_none_or(|kind| kind as usize == index)
                && if is_poller && !self.busy.is_empty() {
                    lane.live.iter().any(|&id| !self.is_busy(id))
                } else {
                    !lane.live.is_empty()
                }
        })
    }

    /// Whether a wake-up is pending, which this call takes.
    pub fn take_wake(&mut self) -> bool {
        let is_written = self.wake_pipe.as_ref().is_some_and(|pipe| pipe.drain());
        std::mem::take(&mut self.woken) || is_written
    }

    // ---- what the host is told

    /// Makes a call of the wake-up function due, if there is one. Returns true if the worker does
    /// not know of it yet.
    pub fn announce(&mut self) -> bool {
        self.is_told = true;
        self.has_wakeup && !std::mem::replace(&mut self.wakeup_due, true)
    }

    /// A callback begins, in which another event loop may run. What is left in the queue is
    /// announced once in each poll, so that this loop can deliver it.
    pub fn announce_rest(&mut self) -> bool {
        self.has_wakeup && !self.is_told && self.ready() > 0 && self.announce()
    }

    /// The host polls, so it knows of the events.
    pub fn heard(&mut self) {
        self.is_told = false;
        self.unpolled_since = None;
    }

    /// The host has stopped polling: from now on, the time counts for which events wait.
    #[inline]
    pub fn left(&mut self) {
        if self.ready() > 0 && self.unpolled_since.is_none() {
            self.unpolled_since = Some((Instant::now(), self.parked_left()));
        }
    }

    /// Reports once that nobody polls, until somebody does.
    pub fn neglect(&mut self) -> Neglect {
        let neglect = self.foresee_neglect();
        if matches!(neglect, Neglect::Now { .. }) {
            self.unpolled_since = None;
        }
        neglect
    }

    /// The same without the report.
    pub fn foresee_neglect(&self) -> Neglect {
        let [pushed, pulled] = [Kind::Push, Kind::Pull].map(|kind| self.deliverable(kind));
        if self.closed || self.poller.is_some() || pushed + pulled == 0 {
            return Neglect::None;
        }
        let Some((since, parked)) = self.unpolled_since else { return Neglect::None };
        // The host has taken some of them without the lock.
        if parked != self.parked_left() {
            return Neglect::None;
        }
        let rest = NEGLECTED_AFTER.saturating_sub(since.elapsed());
        if !rest.is_zero() {
            return Neglect::In(rest);
        }
        Neglect::Now { pushed, pulled }
    }

    /// Makes the descriptor readable if something can be delivered, whatever the host has read.
    pub fn settle_signal(&mut self) {
        if self.signal.is_watched() {
            self.signal.set(self.is_to_be_polled());
        }
    }

    /// The same, where the host cannot have read from it since the last call.
    #[inline]
    pub fn settle_change(&mut self) {
        if self.signal.is_watched() && self.signal.is_set() != self.is_to_be_polled() {
            self.settle_signal();
        }
    }

    #[inline]
    fn is_to_be_polled(&self) -> bool {
        self.ready() > 0 || (self.is_behind && self.signal.is_attached())
    }

    // ---- the loop

    /// The loop belongs to the worker again.
    pub fn end_loan(&mut self) {
        self.is_lent = false;
        self.is_behind = false;
        self.spare = None;
        self.signal.detach();
    }

    /// Whether the host watches the descriptor of the loop, and runs the loop when it polls.
    pub fn is_watched_loop(&self) -> bool {
        self.is_lent && self.signal.is_attached() && !self.has_wakeup
    }

    /// The poller has run a turn, and does something else now.
    pub fn alight(&mut self, turn: Turn) {
        self.rider = None;
        self.is_behind = turn.is_behind;
        if turn.ended == Turned::NotLent {
            self.end_loan();
        }
    }

    /// Whether the calling thread runs the loop in its wait.
    pub fn is_ridden_here(&self) -> bool {
        self.rider.is_some_and(|rider| rider == ThreadToken::current())
    }

    /// Keeps memory for the next messages. That of small ones is kept while the poller runs the
    /// loop: then it is still in the nearest cache.
    pub fn keep(&mut self, delivered: Option<Box<Batch>>) -> Kept {
        let Some(mut batch) = delivered else { return Kept::default() };
        let mut kept = match batch.take_spares() {
            Some(spares) => self.keep_large(spares, Pool::put),
            None => Kept::default(),
        };
        kept.unused = match self.is_lent {
            true => self.spare.replace(batch),
            false => Some(batch),
        };
        kept
    }

    /// The same for the memory of large messages.
    pub fn keep_large(
        &mut self,
        spares: Vec<Vec<u8>>,
        put: impl FnOnce(&mut Pool, Vec<Vec<u8>>) -> Vec<Vec<u8>>,
    ) -> Kept {
        let mut kept = Kept::default();
        if self.engine.is_none() || self.closed {
            kept.unused_large = Some(spares);
        } else {
            kept.unused_large = Some(put(&mut self.pool, spares));
            kept.to_tell = if self.pool.is_news() { self.engine.clone() } else { None };
        }
        kept
    }

    /// The host goes back to its own event loop, and waits there.
    pub fn rest(&mut self) {
        if self.signal.is_attachable() && self.ready() == 0 {
            self.rests_since = Some(Instant::now());
        }
    }

    /// Whether the poller, or the host's own event loop, was woken and has not come, although much
    /// waits.
    pub fn is_late(&self) -> bool {
        let waiting = self.lanes.iter().map(|lane| lane.entries.len()).sum::<usize>();
        waiting >= MUCH_WAITS && (self.is_asleep || self.rests_since.is_some())
    }

    /// Counts a wait of the poller.
    pub fn count_wait(&mut self, is_short: bool) {
        self.short_waits = if is_short { self.short_waits.saturating_add(1) } else { 0 };
    }

    /// The loop in which the poller waits, if it is another thread than the caller.
    pub fn engine_to_interrupt(&self) -> Option<Arc<dyn Engine>> {
        let rider = self.rider?;
        (rider != ThreadToken::current()).then(|| self.engine.clone())?
    }
}
