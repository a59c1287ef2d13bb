//! How any thread sends a command to the worker.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;

use crate::sys;

/// The mailbox of a worker that takes commands of type `C`.
pub struct Mailbox<C> {
    sender: Sender<C>,
    /// `None` after the worker has ended. Connections that nobody polls may live longer.
    waker: Mutex<Option<mio::Waker>>,
    /// The worker waits, or is about to wait, and only the waker reaches it.
    asleep: AtomicBool,
    /// The host has closed our descriptors, so nothing reaches the worker any more.
    lost: AtomicBool,
    is_stranded: AtomicBool,
}

impl<C> Mailbox<C> {
    pub fn new(sender: Sender<C>, waker: mio::Waker) -> Mailbox<C> {
        Mailbox {
            sender,
            waker: Mutex::new(Some(waker)),
            asleep: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            is_stranded: AtomicBool::new(false),
        }
    }

    pub fn send(&self, command: C) {
        // This fails only if the worker has ended, and then no connection is left.
        let _ = self.sender.send(command);
        if self.asleep.swap(false, Ordering::SeqCst) {
            sys::uncancelled(|| {
                if let Some(waker) = &*self.waker() {
                    if waker.wake().is_err() {
                        self.lose();
                    }
                }
            });
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
            // The host may own the number of its descriptor by now, so it is not closed.
            std::mem::forget(waker);
        }
    }

    /// The worker calls this before it sleeps, and then checks once more for commands.
    pub fn doze(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    /// Whether commands wait.
    pub fn has_mail(&self) -> bool {
        !self.sender.is_empty()
    }

    pub fn rise(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
