//! The shutdown: every connection closes and every thread ends, within a time limit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Library, LIBRARY};
use crate::connection::{Connection, Status};
use crate::error::{Code, Error, Result};
use crate::worker::Pair;
use crate::{log, process};

/// How often `shutdown` looks for connections that were created meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// How long a thread with nothing left to do may take to end.
const MOMENT: Duration = Duration::from_millis(500);

/// Closes every connection and ends every thread; in a forked child, starts afresh.
pub fn shutdown(timeout: Option<Duration>) -> Result<()> {
    if process::is_forked() {
        LIBRARY.start_afresh();
        log::start_afresh();
        process::forget_fork();
        return Ok(());
    }
    let library = LIBRARY.get();
    if library.closing.swap(true, Ordering::SeqCst) {
        return Err(Error::ws(Code::Shutdown, "another thread is shutting the library down"));
    }
    let _closing = Closing(&library.closing);
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let result = library.close_all(timeout, deadline);
    library.crew.shared.resources.forget();
    // In any case: the host may unload its functions when this returns.
    result.and(library.forget_functions(in_a_moment(deadline)))
}

/// The end of a last wait: what is left of the time, and at least a moment.
fn in_a_moment(deadline: Option<Instant>) -> Instant {
    let moment = Instant::now() + MOMENT;
    deadline.map_or(moment, |deadline| deadline.max(moment))
}

/// Marks the time of a shutdown, however it ends.
struct Closing<'a>(&'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Library {
    /// Forgets the log function and all wake-up functions.
    fn forget_functions(&self, deadline: Instant) -> Result<()> {
        let pairs: Vec<Arc<Pair>> = self.queues().values().map(Arc::clone).collect();
        let mut have_returned = true;
        for pair in pairs {
            have_returned &= pair.queue.forget_wakeup(Some(deadline));
        }
        if !(have_returned & log::forget(deadline)) {
            let words = "a wake-up or log function has not returned in time";
            return Err(Error::ws(Code::Timeout, words));
        }
        Ok(())
    }

    fn close_all(&self, timeout: Option<Duration>, deadline: Option<Instant>) -> Result<()> {
        let mut is_polite = timeout != Some(Duration::ZERO);
        let mut last = None;
        let mut watched = Watched::default();
        let mut dropped = BTreeSet::new();
        loop {
            for connection in self.registry.all() {
                watched.add(&connection);
                match connection.status() {
                    Status::Closed => {}
                    Status::Closing if is_polite => {}
                    _ if is_polite => connection.drain(timeout.is_none()),
                    _ => {
                        // It fails only when there is nothing left to close.
                        let _ = connection.abort();
                        dropped.insert(connection.id);
                    }
                }
            }
            self.crew.retire();
            let now = Instant::now();
            if self.crew.shared.wait_for_workers(now + LOOK) {
                break;
            }
            if is_polite && deadline.is_some_and(|deadline| now >= deadline) {
                is_polite = false;
            }
            if !is_polite && now >= *last.get_or_insert(now + MOMENT) {
                watched.check()?;
                let words = "a thread did not end in time; is it inside a wake-up function?";
                return Err(Error::ws(Code::Timeout, words));
            }
        }
        let idle = self.crew.shared.jobs.wait_idle_exit(in_a_moment(deadline));
        watched.check()?;
        idle?;
        match dropped.first() {
            Some(first) if timeout != Some(Duration::ZERO) => {
                let others = and_others(dropped.len() - 1);
                let words = format!(
                    "connection {first}{others} did not close in time: what was left is dropped"
                );
                Err(Error::ws(Code::Timeout, words))
            }
            _ => Ok(()),
        }
    }
}

/// The connections that a shutdown closes, to see whether their messages have left.
#[derive(Default)]
struct Watched(BTreeMap<i32, Arc<Connection>>);

impl Watched {
    fn add(&mut self, connection: &Arc<Connection>) {
        // The shutdown does not answer for what the host has dropped before.
        let is_dropped = connection.life().is_closing() && connection.life().has_lost();
        if connection.status() != Status::Closed && !is_dropped {
            self.0.entry(connection.id).or_insert_with(|| Arc::clone(connection));
        }
    }

    fn check(&self) -> Result<()> {
        let mut lost = self.0.values().filter(|connection| connection.life().has_lost());
        let Some(first) = lost.next() else { return Ok(()) };
        let others = and_others(lost.count());
        let words = format!(
            "messages that were accepted could not be sent and are dropped: those of connection \
             {}{others}",
            first.id
        );
        Err(first.explain(Error::ws(Code::Timeout, words)))
    }
}

/// What follows the first of several connections.
fn and_others(count: usize) -> String {
    match count {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    }
}
