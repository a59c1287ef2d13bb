//! What a queue knows of the loop that fills it.

use std::sync::Arc;
use std::time::Duration;

use crate::sys::WakePipe;

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// The worker has not left the loop to the calling thread.
    NotLent,
    Done,
    /// A signal handler ran on the thread while it waited.
    Interrupted,
    /// The host has written into the queue's wake pipe.
    Woken,
}

/// The loop of a queue's connections. A worker runs it; while events come in quick
/// succession, it leaves that to the host's thread when that waits for them anyway.
pub trait Engine: Send + Sync {
    /// Makes the loop look at what was asked of it, if it sleeps.
    fn rouse(&self);

    /// Runs one turn on the calling thread, if the worker has left the loop to it.
    fn turn(&self, timeout: Option<Duration>) -> Turned;

    /// What is written into that pipe ends a turn.
    fn watch(&self, pipe: &Arc<WakePipe>);

    /// The calling thread is delivering events and has more of them: what it sends meanwhile is
    /// gathered until `flush`.
    fn cork(&self);

    /// The calling thread has delivered its events, or waits for some: true if something was
    /// gathered that is to be sent now, with `flush`.
    fn uncork(&self) -> bool;

    /// Sends what was gathered. It takes other locks.
    fn flush(&self);
}
