//! The queues that a worker serves. One lock decides between a new connection and the end of a
//! place or of the worker.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::connection::{Load, Seat};
use crate::queue::Queue;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// How long a queue keeps its place without connections, and a worker its thread without queues.
pub const LINGER: Duration = Duration::from_secs(2);

pub struct Seats {
    places: Mutex<Places>,
    load: Arc<Load>,
    /// The number of places.
    count: AtomicUsize,
    /// At least one place ends without lingering.
    is_hurried: AtomicBool,
}

struct Places {
    list: Vec<Place>,
    /// The worker ends with its last connection.
    is_retiring: bool,
    has_ended: bool,
    /// When the worker ends if it gets no queue; `None` once it has had one.
    unused_until: Option<Instant>,
}

struct Place {
    queue: Arc<Queue>,
    seat: Arc<Seat>,
    idle_since: Option<Instant>,
    lingers: bool,
}

/// What is left after a sweep of idle places.
pub enum Swept {
    /// The worker ends.
    Nothing,
    /// There are places. The next sweep is due then, if one is idle.
    Some(Option<Instant>),
}

impl Seats {
    pub fn new(now: Instant) -> Seats {
        let places = Places {
            list: Vec::new(),
            is_retiring: false,
            has_ended: false,
            unused_until: Some(now + LINGER),
        };
        Seats {
            places: Mutex::new(places),
            load: Arc::default(),
            count: AtomicUsize::new(0),
            is_hurried: AtomicBool::new(false),
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn load(&self) -> &Load {
        &self.load
    }

    pub fn have_ended(&self) -> bool {
        self.places().has_ended
    }

    /// Gives the queue a seat, and calls `begin` to begin a connection there, with whether the seat
    /// is new. Returns `None` if the worker has ended.
    pub fn admit<T>(
        &self,
        queue: &Arc<Queue>,
        begin: impl FnOnce(&Arc<Seat>, bool) -> T,
    ) -> Option<T> {
        let mut places = self.places();
        if places.has_ended {
            return None;
        }
        places.unused_until = None;
        let known = places.list.iter_mut().find(|place| Arc::ptr_eq(&place.queue, queue));
        let (seat, is_new) = match known {
            Some(place) => {
                place.idle_since = None;
                (Arc::clone(&place.seat), false)
            }
            None => {
                let seat = Arc::new(Seat::new(&self.load));
                let (queue, place) = (Arc::clone(queue), Arc::clone(&seat));
                places.list.push(Place { queue, seat: place, idle_since: None, lingers: true });
                self.count.store(places.list.len(), Ordering::SeqCst);
                (seat, true)
            }
        };
        Some(begin(&seat, is_new))
    }

    /// Calls `act` with the only queue that has connections. Meanwhile, no other queue gets a
    /// connection.
    pub fn with_sole<T>(&self, act: impl FnOnce(&Arc<Queue>, &Arc<Seat>) -> T) -> Option<T> {
        if self.load.seats() != 1 {
            return None;
        }
        let places = self.places();
        let mut busy = places.list.iter().filter(|place| !place.seat.is_empty());
        match (busy.next(), busy.next()) {
            (Some(place), None) => Some(act(&place.queue, &place.seat)),
            _ => None,
        }
    }

    /// All queues with a place.
    pub fn queues(&self) -> Vec<Arc<Queue>> {
        self.places().list.iter().map(|place| Arc::clone(&place.queue)).collect()
    }

    /// Lets the place of that queue end with its last connection.
    pub fn hurry(&self, queue: &Arc<Queue>) {
        let mut places = self.places();
        let known = places.list.iter_mut().find(|place| Arc::ptr_eq(&place.queue, queue));
        if let Some(place) = known {
            place.lingers = false;
            self.is_hurried.store(true, Ordering::SeqCst);
        }
    }

    /// Lets the worker end with its last connection.
    pub fn retire(&self) {
        self.places().is_retiring = true;
        self.is_hurried.store(true, Ordering::SeqCst);
    }

    /// Whether a sweep may be due now. `planned` is the time of the next sweep.
    pub fn must_sweep(&self, planned: Option<Instant>, now: Instant) -> bool {
        self.is_hurried.load(Ordering::SeqCst)
            || match planned {
                Some(at) => at <= now,
                None => self.count.load(Ordering::SeqCst) > self.load.seats(),
            }
    }

    /// Removes the places of queues that had no connection for a while and do not need the worker.
    pub fn sweep(&self, now: Instant, is_needed: impl Fn(&Queue) -> bool) -> Swept {
        let mut places = self.places();
        let is_retiring = places.is_retiring;
        let mut removed = Vec::new();
        let mut next = places.unused_until;
        let mut is_hurried = is_retiring;
        for mut place in std::mem::take(&mut places.list) {
            if !place.seat.is_empty() {
                place.idle_since = None;
                is_hurried |= !place.lingers;
                places.list.push(place);
                continue;
            }
            let due = *place.idle_since.get_or_insert(now) + LINGER;
            let is_hasty = is_retiring || !place.lingers;
            if is_hasty || due <= now && !is_needed(&place.queue) {
                removed.push(place);
                continue;
            }
            let look = if due <= now { now + LINGER } else { due };
            next = Some(next.map_or(look, |at| at.min(look)));
            places.list.push(place);
        }
        self.is_hurried.store(is_hurried, Ordering::SeqCst);
        self.count.store(places.list.len(), Ordering::SeqCst);
        // Before the lock is released: the queue may get another place at once.
        removed.iter().for_each(|place| place.queue.set_engine(None));
        let is_awaited = places.unused_until.is_some_and(|until| until > now);
        places.has_ended = places.list.is_empty() && (is_retiring || !is_awaited);
        let has_ended = places.has_ended;
        drop(places);
        // Gathered messages hold their connections, and each connection holds its seat.
        removed.iter().for_each(|place| place.seat.gathering.flush());
        if has_ended {
            Swept::Nothing
        } else {
            Swept::Some(next)
        }
    }

    /// Ends the worker at once.
    pub fn end(&self, tell: impl Fn(&Queue)) {
        let mut places = self.places();
        places.has_ended = true;
        let ended = std::mem::take(&mut places.list);
        ended.iter().for_each(|place| tell(&place.queue));
        drop(places);
        ended.iter().for_each(|place| place.seat.gathering.flush());
    }
}
