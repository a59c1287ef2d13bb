//! The loop for the connections of one or more queues, and who runs it.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::baton::Baton;
use super::driver::{Driver, Patience};
use super::seats::Seats;
use crate::connection::{Command, Mailbox, Seat};
use crate::log;
use crate::queue::{Loan, Queue, Turn, Turned};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};

pub struct Engine {
    /// Locked by the thread that runs the loop, which the baton decides.
    driver: Mutex<Driver>,
    /// The loop's descriptor, where it has one.
    descriptor: Option<isize>,
    /// The last turn has left something to do.
    is_unfinished: AtomicBool,
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
            descriptor: driver.descriptor(),
            is_unfinished: AtomicBool::new(false),
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

    #[inline]
    fn driver(&self) -> MutexGuard<'_, Driver> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn due(&self) -> MutexGuard<'_, Vec<Arc<Queue>>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- for the worker

    /// Lends the loop to a host thread, until the thread returns it or does not use it for a while.
    /// Only a queue that has the worker to itself can borrow it: other queues would depend on that
    /// thread.
    pub fn lend(&self) {
        let lent = self.seats.with_sole(|queue, seat| {
            let loan = queue.lend_to_host(self.descriptor, |loan| {
                self.baton.lend(queue.id());
                loan == Loan::Watching && self.is_behind()
            });
            Some((loan?, Arc::clone(queue), Arc::clone(seat)))
        });
        let Some((loan, queue, seat)) = lent.flatten() else { return };
        // Outside the queue's lock, because this writes, which locks connections. A host that
        // watches the loop does not come for gathered messages by itself.
        seat.gathering.set_lent(loan == Loan::Waiting);
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
        let turned = catch_unwind(AssertUnwindSafe(|| driver.turn(patience)));
        let turned = turned.unwrap_or_else(|_| {
            log::line!(Error, "a turn of the loop panicked; its connections end");
            // A second panic ends the turn, not the process.
            let _ = catch_unwind(AssertUnwindSafe(|| driver.abandon()));
            Turned::Done
        });
        self.is_unfinished.store(driver.is_unfinished(), Ordering::Relaxed);
        turned
    }

    /// Whether there is something to do already. Whatever comes from now on makes the descriptor
    /// readable. Only the thread that runs the loop may ask.
    fn is_behind(&self) -> bool {
        self.mailbox.doze();
        self.mailbox.has_mail() || self.is_unfinished.load(Ordering::Relaxed)
    }

    // ---- for host threads

    /// Runs one turn on the calling thread, which waits for events of that queue, if the loop is
    /// lent to it.
    pub fn turn(
        &self,
        queue: &Queue,
        seat: &Arc<Seat>,
        timeout: Option<Duration>,
        is_watched: bool,
    ) -> Turn {
        if !self.baton.begin(queue.id()) {
            return Turned::NotLent.into();
        }
        let ended = self.run_turn(Patience::Loan { timeout, seat, is_watched });
        let is_behind = is_watched && self.is_behind();
        self.baton.end();
        Turn { ended, is_behind }
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
