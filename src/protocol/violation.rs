//! Violations of the protocol by a server.

use std::fmt;

use tungstenite::protocol::frame::coding::CloseCode;

use crate::headroom;

/// Why the connection fails (RFC 6455 7.1.7): the close code for the server, and one line for a
/// person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub close_code: u16,
    pub message: String,
    /// The server did nothing wrong: there is not enough memory for its message.
    pub is_memory: bool,
}

impl Violation {
    fn new(close_code: CloseCode, message: impl Into<String>) -> Violation {
        Violation { close_code: close_code.into(), message: message.into(), is_memory: false }
    }

    /// 1009: there is not enough memory for the message.
    pub fn no_memory(bytes: usize) -> Violation {
        headroom::release();
        let message = format!("there is no memory for a message of {bytes} bytes");
        Violation { is_memory: true, ..Violation::too_big(message) }
    }

    /// 1002: the server broke the rules of RFC 6455.
    pub(super) fn protocol(message: impl Into<String>) -> Violation {
        Violation::new(CloseCode::Protocol, message)
    }

    /// 1007: text that is not UTF-8.
    pub(super) fn not_utf8(message: impl Into<String>) -> Violation {
        Violation::new(CloseCode::Invalid, message)
    }

    /// 1009: the message is larger than the limit.
    pub(super) fn too_big(message: impl Into<String>) -> Violation {
        Violation::new(CloseCode::Size, message)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Violation {}
