//! What the server said to the upgrade request, kept for the host to read.

use crate::dial::Timings;
use crate::protocol::{DeflateParams, Response};

/// The server's answer to the upgrade request.
pub struct Answer {
    pub response: Response,
    /// Of a refused upgrade.
    pub body: Box<[u8]>,
    /// It chose one of those that were offered; what else it may have said is nothing.
    pub has_subprotocol: bool,
    /// How messages are compressed, if they are.
    pub deflate: Option<DeflateParams>,
    pub timings: Timings,
    /// Which of the connections in a row it opened.
    pub epoch: u32,
}

impl Answer {
    pub fn subprotocol(&self) -> Option<&str> {
        self.response.header("Sec-WebSocket-Protocol").filter(|_| self.has_subprotocol)
    }

    /// A header's values, joined (RFC 9110 5.3).
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.response.header_all(name).collect();
        if values.is_empty() {
            None
        } else {
            Some(values.join(", "))
        }
    }
}
