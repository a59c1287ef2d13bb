//! The table of ids. An id that was issued and is no longer in the table is Closed for ever.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::causes::Causes;
use super::explanation::Ended;
use super::questions::Questions;
use super::stats::{Stats, Totals};
use super::tally::Tally;
use crate::error::{Code, Error, Result};
use crate::ids::IdMap;

/// Outside the registry: a forked child starts with a new registry, but never issues an id twice.
static NEXT: AtomicI32 = AtomicI32::new(1);

pub struct Registry<C> {
    table: Mutex<Table<C>>,
    causes: Causes,
    ended: Ended,
    tally: Tally,
    questions: Questions,
}

struct Table<C> {
    connections: IdMap<Arc<C>>,
    /// The totals of connections that were removed.
    past: Totals,
}

impl<C> Default for Registry<C> {
    fn default() -> Registry<C> {
        let table = Table { connections: IdMap::default(), past: Totals::default() };
        Registry {
            table: Mutex::new(table),
            causes: Causes::default(),
            ended: Ended::default(),
            tally: Tally::default(),
            questions: Questions::default(),
        }
    }
}

impl<C> Registry<C> {
    fn table(&self) -> MutexGuard<'_, Table<C>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Issues an id that no connection of this process has had.
    pub fn issue() -> Result<i32> {
        // The counter stops at the end, so that it never reaches used ids again.
        NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1))
            .map_err(|_| Error::ws(Code::Resources, "all connection ids have been used"))
    }

    pub fn was_issued(id: i32) -> bool {
        id > 0 && id < NEXT.load(Ordering::Relaxed)
    }

    /// Why connections failed.
    pub fn causes(&self) -> &Causes {
        &self.causes
    }

    /// The connections that ended last.
    pub fn ended(&self) -> &Ended {
        &self.ended
    }

    /// The counters of all connections.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The questions to the host.
    pub fn questions(&self) -> &Questions {
        &self.questions
    }

    /// Adds the last failure of connection `id` to the error as its cause.
    pub fn explain(&self, id: i32, error: Error) -> Error {
        self.causes.explain(id, error)
    }

    pub fn insert(&self, id: i32, connection: Arc<C>) -> Result<()> {
        let mut table = self.table();
        table
            .connections
            .try_reserve(1)
            .map_err(|_| Error::ws(Code::Resources, "there is no memory for another connection"))?;
        table.connections.insert(id, connection);
        Ok(())
    }

    /// Removes a connection. Its counts are kept.
    pub fn remove(&self, id: i32, stats: &Stats) {
        let mut table = self.table();
        let removed = table.connections.remove(&id);
        if removed.is_some() {
            table.past.add(stats);
        }
        drop(table);
        // Dropped outside the lock.
        drop(removed);
    }

    pub fn find(&self, id: i32) -> Result<Arc<C>> {
        if let Some(connection) = self.table().connections.get(&id) {
            return Ok(Arc::clone(connection));
        }
        if Self::was_issued(id) {
            let error = Error::ws(Code::Closed, format!("connection {id} is closed"));
            return Err(self.explain(id, error));
        }
        let words = match id {
            0 => "there is no connection 0: that is the null id".to_owned(),
            1.. => format!("there has never been a connection {id}"),
            // Most likely the host did not check what ws_new() returned.
            _ => format!("{id} is no connection: it is the error that ws_new returned"),
        };
        Err(Error::ws(Code::NoSuchId, words))
    }

    pub fn all(&self) -> Vec<Arc<C>> {
        self.table().connections.values().map(Arc::clone).collect()
    }

    /// All connections, and the totals of those that were removed.
    pub fn census(&self) -> (Vec<Arc<C>>, Totals) {
        let table = self.table();
        (table.connections.values().map(Arc::clone).collect(), table.past)
    }
}
