//! The server's answer to the upgrade request, kept for the host.

use crate::dial::Timings;
use crate::protocol::{DeflateParams, Response};

/// The server's answer to the upgrade request.
pub struct Answer {
    pub response: Response,
    /// The server chose an offered subprotocol. Any other choice is ignored.
    pub has_subprotocol: bool,
    /// The negotiated compression, if any.
    pub deflate: Option<DeflateParams>,
    pub timings: Timings,
    /// The epoch of the connection that this answer opened.
    pub epoch: u32,
}

impl Answer {
    pub fn subprotocol(&self) -> Option<&str> {
        let chosen = self.response.header("Sec-WebSocket-Protocol");
        std::str::from_utf8(chosen.filter(|_| self.has_subprotocol)?).ok()
    }

    /// A header by its position, from 0.
    pub fn header_at(&self, index: i32) -> Option<(&str, &[u8])> {
        self.response.headers().nth(usize::try_from(index).ok()?)
    }

    /// A header's values, joined (RFC 9110 5.3). Values of Set-Cookie may contain commas, so they
    /// are joined by a character that no value can contain.
    pub fn header(&self, name: &str) -> Option<Vec<u8>> {
        let separator = if name.eq_ignore_ascii_case("set-cookie") { "\n" } else { ", " };
        let values: Vec<&[u8]> = self.response.header_all(name).collect();
        if values.is_empty() {
            None
        } else {
            Some(values.join(separator.as_bytes()))
        }
    }
}
