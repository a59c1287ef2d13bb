//! The end of an open connection, once it has begun.

use std::io;
use std::time::Instant;

use crate::error::Error;
use crate::queue::Ending;

/// A fault of the server. The connection has not failed yet.
pub struct Fault {
    pub close_code: u16,
    pub error: Error,
    pub deadline: Instant,
}

/// What an open connection needs once its end has begun.
#[derive(Default)]
pub struct Parting {
    pub cause: Cause,
    /// Why nothing more can be sent. Data that the server has sent is still read.
    pub broken: Option<io::Error>,
    /// The sending side of the stream is shut.
    pub finished: bool,
    pub close_deadline: Option<Instant>,
}

/// Who ends the connection.
#[derive(Default)]
pub enum Cause {
    /// The host, or nobody so far.
    #[default]
    Host,
    /// The connection will fail because of a fault of the server. Nothing more is read.
    Fault(Fault),
    /// The connection failed with this code.
    Failed(u16),
    /// The server, with its close frame.
    Server(Ending),
    /// The server, by its close frame or the fault `why`, and another connection follows. Nothing
    /// more is sent. The server only has to close the TCP connection.
    Restart { ending: Ending, why: Option<Error> },
}

/// No end has begun.
pub static NOT_PARTING: Parting =
    Parting { cause: Cause::Host, broken: None, finished: false, close_deadline: None };

impl Parting {
    pub fn fault(&self) -> Option<&Fault> {
        match &self.cause {
            Cause::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    pub fn is_failed(&self) -> bool {
        matches!(self.cause, Cause::Failed(_))
    }

    pub fn is_restart(&self) -> bool {
        matches!(self.cause, Cause::Restart { .. })
    }

    /// Whether the server's close frame has arrived, or the connection failed.
    pub fn is_over(&self) -> bool {
        !matches!(self.cause, Cause::Host | Cause::Fault(_))
    }
}
