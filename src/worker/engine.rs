//! The loop of one queue's connections, and who runs it at the moment.

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
    /// Locked by whoever runs the loop, which the baton decides.
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

    /// Whether nothing is left to do, and whether it is to end then.
    pub fn standing(&self) -> Standing {
        let driver = self.driver();
        Standing { is_idle: driver.is_idle(), is_retiring: driver.is_retiring() }
    }

    /// Lends the loop to the host's thread until it is given back, or not used for a while.
    pub fn lend(&self, queue: &Queue) {
        if queue.lend_to_host(|| self.baton.lend()) {
            // It writes, which takes the connections' locks: not under the queue's.
            self.mailbox.gathering.set_lent(true);
            self.baton.await_return(|| self.mailbox.send(Command::Wakeup));
            queue.end_loan();
            self.mailbox.gathering.set_lent(false);
        }
    }

    /// Ends every connection: there is no thread any more that could run the loop.
    pub fn abandon(&self) {
        self.driver().abandon();
    }

    /// Waits for something to do, at most that long, and does it.
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
