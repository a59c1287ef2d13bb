//! How any thread asks the worker to look at a connection.
//!
//! A connection is in the mailbox at most once, however often it is sent. What is wanted of it is
//! stored in the connection itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;

use super::gathering::Gathering;
use super::{Connection, EndGuard};
use crate::dial::{DialConfig, Prepared};
use crate::sys::WakePipe;

/// A request to the worker.
pub enum Command {
    /// Open a new connection with these settings.
    Open(EndGuard, Arc<DialConfig>),
    /// Look at a connection: its outbox or its life has changed.
    Attend(Arc<Connection>),
    /// The blocking part of the attempt with that number is done.
    Prepared(Arc<Connection>, u32, Prepared),
    /// The queue's thread has ended or the queue was freed: close everything.
    Orphaned,
    /// End soon, without lingering.
    Retire,
    /// End the turn: a call of the wake-up function is due, or the queue has changed.
    Wakeup,
    /// Send what was gathered, in a moment.
    Gathered,
    /// End turns when the host writes into the queue's wake pipe.
    Watch(Arc<WakePipe>),
}

pub struct Mailbox {
    pub gathering: Gathering,
    sender: Sender<Command>,
    /// `None` once the worker has ended. Connections that nobody polls may live longer.
    waker: Mutex<Option<mio::Waker>>,
    /// The worker is in a wait, or about to enter it, and only the waker reaches it.
    asleep: AtomicBool,
    /// The host has closed our descriptors: nothing reaches the worker any more.
    lost: AtomicBool,
    is_stranded: AtomicBool,
}

impl Mailbox {
    pub fn new(sender: Sender<Command>, waker: mio::Waker) -> Mailbox {
        Mailbox {
            gathering: Gathering::default(),
            sender,
            waker: Mutex::new(Some(waker)),
            asleep: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            is_stranded: AtomicBool::new(false),
        }
    }

    pub fn send(&self, command: Command) {
        // It fails only if the worker has ended, and then no connection is left.
        let _ = self.sender.send(command);
        if self.asleep.swap(false, Ordering::SeqCst) {
            if let Some(waker) = &*self.waker() {
                if waker.wake().is_err() {
                    self.lose();
                }
            }
        }
    }

    fn waker(&self) -> MutexGuard<'_, Option<mio::Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the worker cannot be reached.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    pub fn lose(&self) {
        self.lost.store(true, Ordering::SeqCst);
    }

    /// The same, but only the first call returns true.
    pub fn is_newly_lost(&self) -> bool {
        self.is_lost() && !self.is_stranded.swap(true, Ordering::SeqCst)
    }

    /// The worker has ended.
    pub fn close(&self) {
        let waker = self.waker().take();
        if self.is_lost() {
            // By now its descriptor may belong to the host.
            std::mem::forget(waker);
        }
        // It holds connections, and each of them holds the mailbox.
        self.gathering.flush();
    }

    /// The worker is about to sleep. After this call, it checks once more for commands.
    pub fn doze(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    pub fn rise(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
