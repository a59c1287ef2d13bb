//! The guard that ensures that TERMINATE always comes. The owner of a running connection holds its
//! guard. When the guard is dropped, for any reason, the connection ends.

use std::ops::Deref;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// A connection that must end with TERMINATE.
pub trait Ends {
    fn is_over(&self) -> bool;

    /// The connection has an owner.
    fn begin(&self);

    /// The connection has no owner any more.
    fn leave(&self);

    /// Ends the connection after a panic.
    fn abandon(self: &Arc<Self>);
}

/// The right to run a connection, and the duty to report its end.
pub struct EndGuard<C: Ends>(Arc<C>);

impl<C: Ends> EndGuard<C> {
    pub fn new(connection: Arc<C>) -> EndGuard<C> {
        connection.begin();
        EndGuard(connection)
    }
}

impl<C: Ends> Deref for EndGuard<C> {
    type Target = Arc<C>;

    fn deref(&self) -> &Arc<C> {
        &self.0
    }
}

impl<C: Ends> Drop for EndGuard<C> {
    /// Ends the connection here only after a panic, or if its worker has ended.
    fn drop(&mut self) {
        if !self.0.is_over() {
            // During a panic, a second one would end the process.
            let _ = catch_unwind(AssertUnwindSafe(|| self.0.abandon()));
        }
        self.0.leave();
    }
}
