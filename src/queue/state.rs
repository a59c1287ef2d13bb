//! What a queue holds, behind its lock.

use std::any::Any;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use super::event::{Entry, Kind};
use super::signal::Descriptor;
use crate::process::ThreadToken;
use crate::protocol::Batch;

#[derive(Default)]
pub struct State {
    pub lanes: [Lane; 2],
    /// The event that `ws_next` gave out last.
    pub parked: Option<Parked>,
    pub poller: Option<(ThreadToken, usize)>,
    pub woken: bool,
    /// Goes up with every change that a waiter may look for.
    pub version: u64,
    pub waiters: usize,
    pub descriptor: Option<Descriptor>,
    /// The host's wake-up function is set, and whether a call of it is due.
    pub has_wakeup: bool,
    pub wakeup_due: bool,
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

impl Lane {
    /// The first entry whose recipient is not busy.
    pub fn take(&mut self, busy: &[i32]) -> Option<Entry> {
        let is_free = |entry: &Entry| !busy.contains(&entry.recipient.id());
        let entry = self.entries.remove(self.entries.iter().position(is_free)?)?;
        self.events -= entry.left();
        Some(entry)
    }
}

pub struct Parked {
    pub holder: Box<dyn Any + Send>,
    pub recipient: i32,
    /// Events that it still holds.
    pub left: usize,
}

impl State {
    pub fn ready(&self) -> usize {
        self.lanes.iter().map(|lane| lane.events).sum::<usize>() + self.parked_left()
    }

    pub fn parked_left(&self) -> usize {
        self.parked.as_ref().map_or(0, |parked| parked.left)
    }

    /// Events that can be delivered by `kind` while `busy` recipients are passed over.
    pub fn deliverable(&self, kind: Option<Kind>, busy: &[i32]) -> usize {
        match kind {
            None if busy.is_empty() => self.ready(),
            None => {
                self.deliverable(Some(Kind::Push), busy) + self.deliverable(Some(Kind::Pull), busy)
            }
            Some(Kind::Pull) => self.lanes[Kind::Pull as usize].events + self.parked_left(),
            Some(Kind::Push) if busy.is_empty() => self.lanes[Kind::Push as usize].events,
            Some(Kind::Push) => self.lanes[Kind::Push as usize]
                .entries
                .iter()
                .filter(|entry| !busy.contains(&entry.recipient.id()))
                .map(Entry::left)
                .sum(),
        }
    }

    /// Whether a connection is left that could bring such an event.
    pub fn expects(&self, kind: Option<Kind>, busy: &[i32]) -> bool {
        self.lanes.iter().enumerate().any(|(index, lane)| {
            kind.is_none_or(|kind| kind as usize == index)
                && match busy {
                    [] => !lane.live.is_empty(),
                    _ => lane.live.iter().any(|id| !busy.contains(id)),
                }
        })
    }

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

    /// Brings the descriptor in line with what the queue holds.
    pub fn settle_signal(&mut self) {
        let readable = self.ready() > 0;
        if let Some(descriptor) = &mut self.descriptor {
            descriptor.set(readable);
        }
    }
}
