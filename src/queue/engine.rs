//! What a queue knows of the loop that fills it.

use std::time::Duration;

/// The loop of a queue's connections. A worker runs it; while events come in quick
/// succession, it leaves that to the host's thread when that waits for them anyway.
pub trait Engine: Send + Sync {
    /// Makes the loop look at what was asked of it, if it sleeps.
    fn rouse(&self);

    /// Runs one turn on the calling thread; false if the worker has not left the loop to it.
    fn turn(&self, timeout: Option<Duration>) -> bool;

    /// The calling thread is delivering events and has more of them: what it sends meanwhile is
    /// gathered until `flush`.
    fn cork(&self);

    /// The calling thread has delivered its events, or waits for some: true if something was
    /// gathered that is to be sent now, with `flush`.
    fn uncork(&self) -> bool;

    /// Sends what was gathered. It takes other locks.
    fn flush(&self);
}
