//! How it ends: every connection closes and every thread ends, within a time.

use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Library, LIBRARY};
use crate::connection::{Status, GOING_AWAY};
use crate::error::{Code, Error, Result};
use crate::worker::Pair;
use crate::{log, process};

/// How often `shutdown` looks for connections that were created meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// How long threads get that have nothing left to do.
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
    let result = library.close_all(timeout);
    library.shared.resources.forget();
    library.closing.store(false, Ordering::SeqCst);
    result
}

impl Library {
    fn close_all(&self, timeout: Option<Duration>) -> Result<()> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut is_polite = timeout != Some(Duration::ZERO);
        let mut last = None;
        loop {
            for connection in self.registry.all() {
                match connection.status() {
                    Status::Closed => {}
                    Status::Closing if is_polite => {}
                    // They fail only when there is nothing left to close.
                    _ if is_polite => drop(connection.close(GOING_AWAY, "")),
                    _ => drop(connection.abort()),
                }
            }
            let pairs: Vec<Arc<Pair>> = self.queues().values().map(Arc::clone).collect();
            pairs.iter().for_each(|pair| pair.retire());
            let now = Instant::now();
            if self.shared.wait_for_workers(now + LOOK) {
                break;
            }
            if is_polite && deadline.is_some_and(|deadline| now >= deadline) {
                is_polite = false;
            }
            if !is_polite && now >= *last.get_or_insert(now + MOMENT) {
                let words = "a thread did not end in time; is it inside a wake-up function?";
                return Err(Error::ws(Code::Timeout, words));
            }
        }
        if !self
            .shared
            .jobs
            .wait_idle_exit(deadline.unwrap_or_else(Instant::now).max(Instant::now() + MOMENT))
        {
            let words = "a name is still being looked up; its thread ends with that";
            return Err(Error::ws(Code::Timeout, words));
        }
        if !is_polite && timeout != Some(Duration::ZERO) {
            let words = "some connections did not close in time and were dropped";
            return Err(Error::ws(Code::Timeout, words));
        }
        Ok(())
    }
}
