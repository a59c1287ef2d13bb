//! The loop of a queue's connections, and the thread that runs it at the moment.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::baton::Baton;
use super::driver::{Driver, Patience};
use crate::connection::{Command, Mailbox};
use crate::log;
use crate::queue::{self, Queue, Turned};
use crate::sync::{Mutex, MutexGuard};
use crate::sys::WakePipe;

pub struct Standing {
    pub is_idle: bool,
    pub is_retiring: bool,
}

pub struct Engine {
    /// Locked by the thread that runs the loop. The baton decides which that is.
    driver: Mutex<Driver>,
    baton: Baton,
    mailbox: Arc<Mailbox>,
}

impl Engine {
    pub fn new(driver: Driver) -> Engine {
        let mailbox = Arc::clone(driver.mailbox());
        Engine { driver: Mutex::new(driver), baton: Baton::default(), mailbox }
    }

    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    fn driver(&self) -> MutexGuard<'_, Driver> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing is left to do, and whether the worker must end then.
    pub fn standing(&self) -> Standing {
        let driver = self.driver();
        Standing { is_idle: driver.is_idle(), is_retiring: driver.is_retiring() }
    }

    /// Lends the loop to the host's thread until it is given back, or not used for a while.
    pub fn lend(&self, queue: &Queue) {
        if queue.lend_to_host(|| self.baton.lend()) {
            // Outside of the queue's lock, because it writes and so takes connections' locks.
            self.mailbox.gathering.set_lent(true);
            self.baton.await_return(|| self.mailbox.send(Command::Wakeup));
            queue.end_loan();
            self.mailbox.gathering.set_lent(false);
        }
    }

    /// Ends every connection, because no thread is left to run the loop.
    pub fn abandon(&self) {
        self.driver().abandon();
    }

    /// Runs one turn: waits for something to do and does it.
    pub fn run_turn(&self, patience: Patience) -> Turned {
        let mut driver = self.driver();
        catch_unwind(AssertUnwindSafe(|| driver.turn(patience))).unwrap_or_else(|_| {
            log::line!(Error, "a turn of the loop panicked; its connections end");
            // A second panic ends the turn, but not the process.
            let _ = catch_unwind(AssertUnwindSafe(|| driver.abandon()));
            Turned::Done
        })
    }
}

impl queue::Engine for Engine {
    fn rouse(&self) {
        self.mailbox.send(Command::Wakeup);
    }

    fn turn(&self, timeout: Option<Duration>) -> Turned {
        if !self.baton.begin() {
            return Turned::NotLent;
        }
        let turned = self.run_turn(Patience::Loan(timeout));
        self.baton.end();
        turned
    }

    fn watch(&self, pipe: &Arc<WakePipe>) {
        self.mailbox.send(Command::Watch(Arc::clone(pipe)));
    }

    fn cork(&self) {
        self.mailbox.gathering.cork();
    }

    fn uncork(&self) -> bool {
        self.mailbox.gathering.uncork()
    }

    fn flush(&self) {
        self.mailbox.gathering.flush();
    }
}
