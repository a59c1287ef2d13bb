//! The guard that makes sure that TERMINATE always comes. Whoever runs a connection holds its
//! guard. When the guard is dropped, for any reason, the connection ends.

use std::ops::Deref;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

use super::Connection;
use crate::error::{Code, Error};
use crate::queue::{Ending, Event};

/// RFC 6455 7.4.1
const ABNORMAL: u16 = 1006;

/// The right to run a connection, and the duty to report its end.
pub struct EndGuard(Arc<Connection>);

impl EndGuard {
    pub fn new(connection: Arc<Connection>) -> EndGuard {
        EndGuard(connection)
    }
}

impl Deref for EndGuard {
    type Target = Arc<Connection>;

    fn deref(&self) -> &Arc<Connection> {
        &self.0
    }
}

impl Drop for EndGuard {
    /// The connection ends here only after a panic, or when its worker is gone.
    fn drop(&mut self) {
        if self.life().is_over() {
            return;
        }
        // During a panic, a second one would end the process.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let error = Error::ws(Code::Internal, "a defect in hostws ended the connection");
            self.emit(Event::Error(error));
            self.end(Ending::unclean(ABNORMAL));
        }));
    }
}
