//! The four statuses of a connection that the host sees.

use crate::error::{Code, Error, Result};

/// The status of a connection on the network (RFC 6455 sections 4 and 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Status {
    Connecting = 0,
    Connected = 1,
    Closing = 2,
    Closed = 3,
}

impl Status {
    pub fn from_number(number: i32) -> Result<Status> {
        use Status::*;
        [Connecting, Connected, Closing, Closed]
            .into_iter()
            .find(|&status| status as i32 == number)
            .ok_or_else(|| {
                let words = format!("{number} is not a status; they go from 0 to 3");
                Error::ws(Code::Argument, words)
            })
    }
}
