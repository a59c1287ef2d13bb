//! How any thread asks the worker to look at a connection.
//!
//! A connection is in the mailbox at most once, however often it is sent:
//! what is wanted of it stands in the connection itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::Connection;
use crate::dial::Prepared;

/// What the worker is asked.
pub enum Command {
    /// A new connection: open it.
    Open(Arc<Connection>),
    /// Something is wanted of a connection: see its outbox.
    Attend(Arc<Connection>),
    /// The blocking part of an opening is done.
    Prepared(Arc<Connection>, Prepared),
    /// The queue's thread has ended or the queue was freed: close everything.
    Orphaned,
    /// End soon, without lingering.
    Retire,
    /// The host's wake-up function is due.
    Wakeup,
}

pub struct Mailbox {
    sender: Sender<Command>,
    waker: mio::Waker,
    /// The worker is in, or about to enter, a wait in which only the waker reaches it.
    asleep: AtomicBool,
}

impl Mailbox {
    pub fn new(sender: Sender<Command>, waker: mio::Waker) -> Mailbox {
        Mailbox { sender, waker, asleep: AtomicBool::new(false) }
    }

    pub fn send(&self, command: Command) {
        // It fails only when the worker is gone, and with it every connection.
        let _ = self.sender.send(command);
        if self.asleep.swap(false, Ordering::SeqCst) {
            // It fails only when the descriptor's counter is full, and then it is readable.
            let _ = self.waker.wake();
        }
    }

    /// The worker is going to sleep unless something has come meanwhile.
    pub fn doze(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    pub fn rise(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
