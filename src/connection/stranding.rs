//! The end of a worker's connections when nothing reaches the worker any more.

use std::sync::Arc;

use super::{Connection, Home};
use crate::error::{Code, Error};
use crate::protocol::close_code;
use crate::queue::{Ending, Event};
use crate::{exit, log, sys};

impl Home {
    /// Ends the worker's connections if nothing reaches the worker any more. Uses a new thread,
    /// because the calling thread may hold locks.
    pub fn strand_if_lost(&self) {
        if self.mailbox.is_newly_lost() {
            sys::uncancelled(|| self.strand());
        }
    }

    fn strand(&self) {
        self.queue.strand();
        let (registry, mailbox) = (self.registry, Arc::clone(&self.mailbox));
        let strand = move || {
            let all = registry.all();
            let its = all.iter().filter(|it| Arc::ptr_eq(&it.home.mailbox, &mailbox));
            its.for_each(|it| {
                it.home.queue.strand();
                it.strand();
            });
        };
        if let Err(error) = exit::spawn("hostws-strand", strand) {
            log::line!(Error, "no thread could be started to end lost connections: {error}");
        }
    }
}

impl PartialEq for Home {
    fn eq(&self, other: &Home) -> bool {
        Arc::ptr_eq(&self.queue, &other.queue)
            && Arc::ptr_eq(&self.mailbox, &other.mailbox)
            && Arc::ptr_eq(&self.seat, &other.seat)
    }
}

impl Connection {
    /// See `Home::strand_if_lost`.
    pub fn strand_if_lost(&self) {
        self.home.strand_if_lost();
    }

    /// Ends the connection because the host has closed our descriptors.
    pub fn strand(self: &Arc<Self>) {
        if !self.life.is_over() {
            let words = "the program has closed file descriptors that belong to hostws";
            self.emit(Event::Error(Box::new(Error::ws(Code::Lost, words))));
            self.end(Ending::unclean(close_code::ABNORMAL));
        }
    }
}
