//! The loop for the connections of one or more queues, and who runs it.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::baton::Baton;
use super::driver::{Driver, Patience};
use super::seats::Seats;
use crate::connection::{Command, Mailbox, Seat};
use crate::log;
use crate::queue::{Queue, Turned};
use crate::sync::{Mutex, MutexGuard};

pub struct Engine {
    /// Locked by the thread that runs the loop, which the baton decides.
    driver: Mutex<Driver>,
    baton: Baton,
    mailbox: Arc<Mailbox>,
    seats: Seats,
    /// The queues whose wake-up function is to be called.
    due: Mutex<Vec<Arc<Queue>>>,
}

impl Engine {
    pub fn new(driver: Driver) -> Engine {
        Engine {
            mailbox: Arc::clone(driver.mailbox()),
            driver: Mutex::new(driver),
            baton: Baton::default(),
            seats: Seats::new(Instant::now()),
            due: Mutex::default(),
        }
    }

    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    pub fn seats(&self) -> &Seats {
        &self.seats
    }

    fn driver(&self) -> MutexGuard<'_, Driver> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn due(&self) -> MutexGuard<'_, Vec<Arc<Queue>>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- for the worker

    /// Lends the loop to a host thread, until the thread returns it or does not use it for a while.
    /// Only a queue that has the worker to itself can borrow it: other queues would depend on that
    /// thread.
    pub fn lend(&self) {
        let lent = self.seats.with_sole(|queue, seat| {
            let is_lent = queue.lend_to_host(|| self.baton.lend(queue.id()));
            is_lent.then(|| (Arc::clone(queue), Arc::clone(seat)))
        });
        let Some((queue, seat)) = lent.flatten() else { return };
        // Outside the queue's lock, because this writes, which locks connections.
        seat.gathering.set_lent(true);
        self.baton.await_return(|| self.mailbox.send(Command::Wakeup));
        queue.end_loan();
        seat.gathering.set_lent(false);
    }

    /// The queues whose wake-up function is to be called now.
    pub fn take_due(&self) -> Vec<Arc<Queue>> {
        std::mem::take(&mut *self.due())
    }

    /// Ends every connection, because no thread is left to run the loop.
    pub fn abandon(&self) {
        self.driver().abandon();
    }

    /// Runs one turn: waits for something to do and does it.
    pub fn run_turn(&self, patience: Patience<'_>) -> Turned {
        let mut driver = self.driver();
        catch_unwind(AssertUnwindSafe(|| driver.turn(patience))).unwrap_or_else(|_| {
            log::line!(Error, "a turn of the loop panicked; its connections end");
            // A second panic ends the turn, not the process.
            let _ = catch_unwind(AssertUnwindSafe(|| driver.abandon()));
            Turned::Done
        })
    }

    // ---- for host threads

    /// Runs one turn on the calling thread, which waits for events of that queue, if the loop is
    /// lent to it.
    pub fn turn(&self, queue: &Queue, seat: &Arc<Seat>, timeout: Option<Duration>) -> Turned {
        if !self.baton.begin(queue.id()) {
            return Turned::NotLent;
        }
        let turned = self.run_turn(Patience::Loan(timeout, seat));
        self.baton.end();
        turned
    }

    /// Tells the worker to call the queue's wake-up function after this turn.
    pub fn announce(&self, queue: &Arc<Queue>) {
        self.due().push(Arc::clone(queue));
        self.baton.recall();
    }

    /// A queue has a new connection. If another queue has connections, too, nobody may borrow the
    /// loop.
    pub fn recall_if_shared(&self) {
        if self.seats.load().seats() > 1 {
            self.baton.recall();
        }
    }
}
