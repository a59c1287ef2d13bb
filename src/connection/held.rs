//! Memory that is kept for later, and freed when nobody uses it.

use std::sync::Arc;
use std::time::Instant;

use super::{Command, Connection};
use crate::protocol::Contexts;
use crate::queue::Queue;

pub enum Held {
    /// That of large messages.
    Messages(Arc<Queue>),
    /// Contexts of compression.
    Contexts(Arc<Contexts>),
}

impl Held {
    /// Frees it if it is idle. Returns false if this is to be called again after a while.
    pub fn expire(&self, now: Instant) -> bool {
        match self {
            Held::Messages(queue) => queue.expire(now),
            Held::Contexts(contexts) => contexts.expire(),
        }
    }
}

impl Connection {
    /// The contexts that the connections of a queue at a worker share.
    pub fn contexts(&self) -> &Arc<Contexts> {
        &self.home.seat.contexts
    }

    /// Tells the worker if contexts are kept.
    #[inline]
    pub fn hold_contexts(&self) {
        if self.contexts().is_news() {
            let held = Held::Contexts(Arc::clone(self.contexts()));
            self.home.mailbox.send(Command::Hold(held));
        }
    }
}
