//! The place of a queue at a worker: the state that the queue's connections there share.

use std::sync::Arc;

use super::gathering::Gathering;
use crate::protocol::Contexts;
use crate::sync::atomic::{AtomicUsize, Ordering};

pub struct Seat {
    pub gathering: Gathering,
    pub contexts: Arc<Contexts>,
    /// The connections that the worker runs for this queue.
    connections: AtomicUsize,
    load: Arc<Load>,
}

/// The load of a worker.
#[derive(Default)]
pub struct Load {
    connections: AtomicUsize,
    /// The number of seats with connections.
    seats: AtomicUsize,
}

impl Load {
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn seats(&self) -> usize {
        self.seats.load(Ordering::SeqCst)
    }
}

impl Seat {
    pub fn new(load: &Arc<Load>) -> Seat {
        Seat {
            gathering: Gathering::default(),
            contexts: Arc::default(),
            connections: AtomicUsize::new(0),
            load: Arc::clone(load),
        }
    }

    /// Counts a connection that the worker begins to run.
    pub fn enter(&self) {
        self.load.connections.fetch_add(1, Ordering::SeqCst);
        if self.connections.fetch_add(1, Ordering::SeqCst) == 0 {
            self.load.seats.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Counts a connection that the worker no longer runs.
    pub fn leave(&self) {
        self.load.connections.fetch_sub(1, Ordering::SeqCst);
        if self.connections.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.load.seats.fetch_sub(1, Ordering::SeqCst);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.connections.load(Ordering::SeqCst) == 0
    }
}
