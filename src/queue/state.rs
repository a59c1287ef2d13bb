//! What a queue holds, behind its lock.

use std::any::Any;
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::event::{Entry, Kind};
use super::signal::Descriptor;
use crate::process::ThreadToken;
use crate::protocol::Batch;
use crate::sync::Notifier;
use crate::sys::WakePipe;

/// Room for so many entries is kept while there are none.
const MANY: usize = 256;

/// Entries that the end of a connection takes at most: why it is tried again, ERROR, TERMINATE.
const ENDING: usize = 3;

#[derive(Default)]
pub struct State {
    pub lanes: [Lane; 2],
    /// The event that `ws_next` gave out last.
    pub parked: Option<Parked>,
    pub poller: Option<(ThreadToken, usize)>,
    /// Those with a callback on the poller's stack: what waits for them cannot be delivered now.
    busy: Vec<Busy>,
    pub woken: bool,
    /// Goes up with every change that a waiter may look for.
    pub version: u64,
    /// The threads that sleep until something changes.
    pub sleepers: Vec<Arc<Notifier>>,
    /// For the next one that does, while there is a worker.
    pub spare_notifier: Option<Arc<Notifier>>,
    /// What the host writes to, to end a wait.
    pub wake_pipe: Option<Arc<WakePipe>>,
    pub descriptor: Option<Descriptor>,
    /// The host's wake-up function is set, and whether a call of it is due.
    pub has_wakeup: bool,
    pub wakeup_due: bool,
    /// A call has been due since the host last began to poll.
    is_told: bool,
    /// Events wait, and nobody has polled since then.
    unpolled_since: Option<Instant>,
    pub closed: bool,
    /// The loop that fills it.
    pub engine: Option<Arc<dyn Engine>>,
    /// The worker has lent it to the poller.
    pub is_lent: bool,
    /// Memory for the next turn of the poller's.
    pub spare: Option<Batch>,
    /// The thread that runs a turn of it while it waits.
    pub rider: Option<ThreadToken>,
    /// How long the poller looks again and again before it sleeps.
    pub busy_poll: Duration,
    /// How many of the poller's waits in a row were short.
    pub short_waits: u8,
}

#[derive(Default)]
pub struct Lane {
    pub entries: VecDeque<Entry>,
    /// Events in `entries`.
    pub events: usize,
    /// The connections that could still bring one.
    pub live: HashSet<i32>,
}

/// After so long a queue is neglected that holds events and is not polled.
pub const NEGLECTED_AFTER: Duration = Duration::from_secs(5);

/// Whether events wait and nobody polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neglect {
    None,
    /// It is to be said after this time.
    In(Duration),
    /// It is to be said now. So many wait for callbacks, and so many to be fetched.
    Now {
        pushed: usize,
        pulled: usize,
    },
}

/// A connection with a callback on the poller's stack.
struct Busy {
    id: i32,
    /// Events of it that wait.
    events: usize,
}

pub struct Parked {
    pub holder: Box<dyn Any + Send>,
    pub recipient: i32,
    /// Events that it still holds.
    pub left: usize,
}

/// Where an entry is put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Front,
    Back,
}

impl State {
    // ---- what it holds

    /// Whether there is memory for one more entry. A long queue must also have room for the end of
    /// each connection: that could not be refused.
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

    /// Takes out the entry at that place.
    pub fn remove(&mut self, kind: Kind, index: usize) -> Option<Entry> {
        let lane = &mut self.lanes[kind as usize];
        let entry = lane.entries.remove(index)?;
        if lane.entries.is_empty() && lane.entries.capacity() > MANY + 2 * ENDING * lane.live.len()
        {
            // A burst does not keep its memory.
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

    /// Takes out everything.
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

    /// Takes out everything for good: no connection brings or gets anything after this.
    pub fn take_lanes(&mut self) -> [Lane; 2] {
        // What they count is gone, too.
        self.busy.clear();
        std::mem::take(&mut self.lanes)
    }

    /// Takes the first entry that can be delivered. If it is for a callback, its connection is
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

    /// The callback of that connection has returned, or been left.
    pub fn release(&mut self, id: i32) {
        self.busy.retain(|busy| busy.id != id);
    }

    fn is_busy(&self, id: i32) -> bool {
        self.busy.iter().any(|busy| busy.id == id)
    }

    /// Whether it holds anything at all.
    pub fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.entries.is_empty()) && self.parked_left() == 0
    }

    fn parked_left(&self) -> usize {
        self.parked.as_ref().map_or(0, |parked| parked.left)
    }

    /// Events that can be delivered now.
    pub fn ready(&self) -> usize {
        self.deliverable(Kind::Push) + self.deliverable(Kind::Pull)
    }

    /// The same of one kind.
    pub fn deliverable(&self, kind: Kind) -> usize {
        let waiting = self.lanes[kind as usize].events;
        match kind {
            Kind::Push => waiting - self.busy.iter().map(|busy| busy.events).sum::<usize>(),
            Kind::Pull => waiting + self.parked_left(),
        }
    }

    /// Whether a connection is left that could bring an event of that kind to the calling thread.
    pub fn expects(&self, kind: Option<Kind>) -> bool {
        // Who waits below a callback keeps it from returning.
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

    /// Whether somebody has woken the wait, which hears of it once.
    pub fn take_wake(&mut self) -> bool {
        let is_written = self.wake_pipe.as_ref().is_some_and(|pipe| pipe.drain());
        std::mem::take(&mut self.woken) || is_written
    }

    // ---- what the host is told of it

    /// A call of the wake-up function is due, if there is one; true if the worker does not know.
    pub fn announce(&mut self) -> bool {
        self.is_told = true;
        self.has_wakeup && !std::mem::replace(&mut self.wakeup_due, true)
    }

    /// A callback begins. If it polls, it finds what is left: that is said once in each poll,
    /// for another loop may run in the callback.
    pub fn announce_rest(&mut self) -> bool {
        self.has_wakeup && !self.is_told && self.ready() > 0 && self.announce()
    }

    /// The host polls: it has heard.
    pub fn heard(&mut self) {
        self.is_told = false;
        self.unpolled_since = None;
    }

    /// The host does not poll: from here on it is looked how long what there is waits.
    pub fn left(&mut self) {
        if self.ready() > 0 && self.unpolled_since.is_none() {
            self.unpolled_since = Some(Instant::now());
        }
    }

    /// Says once that nobody polls, until somebody does.
    pub fn neglect(&mut self) -> Neglect {
        let [pushed, pulled] = [Kind::Push, Kind::Pull].map(|kind| self.deliverable(kind));
        if self.closed || self.poller.is_some() || pushed + pulled == 0 {
            return Neglect::None;
        }
        let Some(since) = self.unpolled_since else { return Neglect::None };
        let rest = NEGLECTED_AFTER.saturating_sub(since.elapsed());
        if !rest.is_zero() {
            return Neglect::In(rest);
        }
        self.unpolled_since = None;
        Neglect::Now { pushed, pulled }
    }

    /// Brings the descriptor in line with what can be delivered, whatever the host has read.
    pub fn settle_signal(&mut self) {
        let readable = self.ready() > 0;
        if let Some(descriptor) = &mut self.descriptor {
            descriptor.set(readable);
        }
    }

    /// The same where the host cannot have read from it since it was last settled.
    pub fn settle_change(&mut self) {
        let readable = self.ready() > 0;
        if self.descriptor.as_ref().is_some_and(|descriptor| descriptor.is_set() != readable) {
            self.settle_signal();
        }
    }

    // ---- the loop

    /// The loop is the worker's.
    pub fn end_loan(&mut self) {
        self.is_lent = false;
        self.spare = None;
    }

    /// While the poller runs the loop itself, its next turn uses the same memory again, which is
    /// in the nearest cache. Gives back what is not kept.
    pub fn keep(&mut self, spare: Option<Batch>) -> Option<Batch> {
        match spare {
            Some(_) if self.is_lent => std::mem::replace(&mut self.spare, spare),
            spare => spare,
        }
    }

    /// Whether the poller waited briefly only, or for long.
    pub fn count_wait(&mut self, is_short: bool) {
        self.short_waits = if is_short { self.short_waits.saturating_add(1) } else { 0 };
    }

    /// The loop in which the poller waits, if it is another thread than the caller.
    pub fn engine_to_interrupt(&self) -> Option<Arc<dyn Engine>> {
        let rider = self.rider?;
        (rider != ThreadToken::current()).then(|| self.engine.clone())?
    }
}
