//! The stream below TLS, which may itself be TLS.

use std::io::{Read, Write};

use super::socket::Socket;

pub trait Layer: Read + Write {
    fn socket(&self) -> &Socket;

    /// From now on, the socket is read no more often than needed. The caller must read until
    /// nothing is left. `at_end` is as in `Transport::read`.
    fn begin_turn(&mut self, at_end: bool);

    /// Whether the last read got everything that had arrived.
    fn is_drained(&self) -> bool;

    /// Announces the end of the stream, if there is a way to announce it.
    fn say_end(&mut self);
}
