//! The table of ids. An issued id that is not in the table is Closed for ever.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::causes::Causes;
use super::explanation::Ended;
use crate::error::{Code, Error, Result};

/// Outside the registry: a forked child starts with a new registry, but issues no id twice.
static NEXT: AtomicI32 = AtomicI32::new(1);

pub struct Registry<C> {
    table: Mutex<HashMap<i32, Arc<C>>>,
    causes: Causes,
    ended: Ended,
}

impl<C> Default for Registry<C> {
    fn default() -> Registry<C> {
        Registry { table: Mutex::default(), causes: Causes::default(), ended: Ended::default() }
    }
}

impl<C> Registry<C> {
    fn table(&self) -> MutexGuard<'_, HashMap<i32, Arc<C>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id that no connection of this process has had.
    pub fn issue() -> Result<i32> {
        // The counter stops at the end: it must not reach used ids again.
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

    /// Adds the last failure of that connection to the error as its cause.
    pub fn explain(&self, id: i32, error: Error) -> Error {
        self.causes.explain(id, error)
    }

    pub fn insert(&self, id: i32, connection: Arc<C>) -> Result<()> {
        let mut table = self.table();
        table
            .try_reserve(1)
            .map_err(|_| Error::ws(Code::Resources, "there is no memory for another connection"))?;
        table.insert(id, connection);
        Ok(())
    }

    pub fn remove(&self, id: i32) {
        // It is dropped after the lock is released.
        let removed = self.table().remove(&id);
        drop(removed);
    }

    pub fn find(&self, id: i32) -> Result<Arc<C>> {
        if let Some(connection) = self.table().get(&id) {
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
        self.table().values().map(Arc::clone).collect()
    }
}
