//! The guard that makes sure that TERMINATE always comes. Whoever runs a connection holds its
//! guard. When the guard is dropped, for any reason, the connection ends.

use std::ops::Deref;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// A connection that must end with TERMINATE.
pub trait Ends {
    fn is_over(&self) -> bool;

    /// Somebody is to run it.
    fn begin(&self);

    /// Nobody runs it any more.
    fn leave(&self);

    /// Ends it after a defect.
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
    /// The connection ends here only after a panic, or when its worker is gone.
    fn drop(&mut self) {
        if !self.0.is_over() {
            // During a panic, a second one would end the process.
            let _ = catch_unwind(AssertUnwindSafe(|| self.0.abandon()));
        }
        self.0.leave();
    }
}
