//! The loop that fills a queue, as the queue sees it.

use std::sync::Arc;
use std::time::Duration;

use crate::sys::WakePipe;

/// The result of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// The worker has not lent the loop to the calling thread.
    NotLent,
    Done,
    /// A signal handler ran on the thread while it waited.
    Interrupted,
    /// The host has written into the queue's wake pipe.
    Woken,
}

/// A turn that is over.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    pub ended: Turned,
    /// Nothing will announce what is left to do.
    pub is_behind: bool,
}

impl From<Turned> for Turn {
    fn from(ended: Turned) -> Turn {
        Turn { ended, is_behind: false }
    }
}

/// The loop for the connections of a queue, and perhaps of other queues. A worker runs it. While
/// events come in quick succession, the worker lends it to the host thread that waits for them.
pub trait Engine: Send + Sync {
    /// Wakes the loop, if it sleeps, to look at its commands.
    fn rouse(&self);

    /// A call of the queue's wake-up function is due. The worker makes it when its turn ends.
    fn announce(&self);

    /// The host has closed the loop's descriptors.
    fn is_lost(&self) -> bool;

    /// Runs one turn on the calling thread, if the loop is lent. `is_watched`: afterwards, the
    /// loop's descriptor is to become readable when there is something to do.
    fn turn(&self, timeout: Option<Duration>, is_watched: bool) -> Turn;

    /// The queue keeps memory, which it frees in `Queue::expire`.
    fn hold(&self);

    /// From now on, a byte in that pipe ends a turn.
    fn watch(&self, pipe: &Arc<WakePipe>);

    /// The calling thread is about to deliver several events: what it sends is gathered until
    /// `flush`.
    fn cork(&self);

    /// The calling thread has delivered its events, or waits for some. Returns true if messages
    /// were gathered and `flush` is due.
    fn uncork(&self) -> bool;

    /// Sends the gathered messages. It locks connections.
    fn flush(&self);
}
