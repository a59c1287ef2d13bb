//! How any thread asks the worker to look at a connection.
//!
//! A connection is in the mailbox at most once, however often it is sent:
//! what is wanted of it stands in the connection itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;

use super::gathering::Gathering;
use super::{Connection, EndGuard};
use crate::dial::{DialConfig, Prepared};
use crate::sys::WakePipe;

/// What the worker is asked.
pub enum Command {
    /// A new connection: open it with this.
    Open(EndGuard, Arc<DialConfig>),
    /// Something is wanted of a connection: see its outbox.
    Attend(Arc<Connection>),
    /// The blocking part of that attempt to open is done.
    Prepared(Arc<Connection>, u32, Prepared),
    /// The queue's thread has ended or the queue was freed: close everything.
    Orphaned,
    /// End soon, without lingering.
    Retire,
    /// End the turn: the host's wake-up function is due, or the thread is to look elsewhere.
    Wakeup,
    /// Send what was gathered, in a moment.
    Gathered,
    /// What the host writes into the queue's wake pipe ends a turn.
    Watch(Arc<WakePipe>),
}

pub struct Mailbox {
    pub gathering: Gathering,
    sender: Sender<Command>,
    /// Until the worker ends: connections that nobody polls may be there longer.
    waker: Mutex<Option<mio::Waker>>,
    /// The worker is in, or about to enter, a wait in which only the waker reaches it.
    asleep: AtomicBool,
    /// The host has closed descriptors of ours: nothing reaches the worker any more.
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
        // It fails only when the worker is gone, and with it every connection.
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

    /// Whether that is so, and this is the first time that it is asked.
    pub fn is_newly_lost(&self) -> bool {
        self.is_lost() && !self.is_stranded.swap(true, Ordering::SeqCst)
    }

    /// The worker has ended.
    pub fn close(&self) {
        let waker = self.waker().take();
        if self.is_lost() {
            // By now its descriptor may be one of the host's.
            std::mem::forget(waker);
        }
        // What it holds are connections, and each of those holds the mailbox.
        self.gathering.flush();
    }

    /// The worker is going to sleep unless something has come meanwhile.
    pub fn doze(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    pub fn rise(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
