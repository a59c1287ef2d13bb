//! Bytes that were read and are not decoded yet.

use std::collections::TryReserveError;

/// Bytes of a server's stream, on their way from the socket to a decoder.
///
/// Small messages can stay in it: the batch that takes them takes the memory too, and gives its own
/// memory in exchange.
pub struct ReadBuffer {
    bytes: Vec<u8>,
    /// The bytes before this are decoded.
    at: usize,
}

impl ReadBuffer {
    /// A buffer for reads of at most this many bytes.
    pub fn with_room(size: usize) -> Result<ReadBuffer, TryReserveError> {
        let mut bytes = Vec::new();
        // And for the NUL behind a message at the very end.
        bytes.try_reserve_exact(size + 1)?;
        Ok(ReadBuffer { bytes, at: 0 })
    }

    /// A buffer with a copy of these bytes.
    pub fn copy_of(bytes: &[u8]) -> Result<ReadBuffer, TryReserveError> {
        let mut buffer = ReadBuffer::with_room(bytes.len())?;
        buffer.bytes.extend_from_slice(bytes);
        Ok(buffer)
    }

    /// What is still to be decoded.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    pub fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.at = 0;
    }

    /// The memory to read into: append to it.
    pub fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The first `most` bytes of that, or all if it is less.
    pub(super) fn first(&self, most: u64) -> &[u8] {
        let rest = self.rest();
        // What is less than a slice fits in usize.
        &rest[..most.min(rest.len() as u64) as usize]
    }

    /// The same, and they are done with.
    pub(super) fn take(&mut self, most: u64) -> &[u8] {
        let from = self.at;
        self.at += self.first(most).len();
        &self.bytes[from..self.at]
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.at += count;
    }

    /// The whole buffer and where the rest begins, both mutable.
    pub(super) fn whole(&mut self) -> (usize, &mut [u8]) {
        (self.at, &mut self.bytes)
    }

    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Gives away the memory with the bytes before `end`, and moves the rest to the empty memory of
    /// `other`. `None`: there is no memory for that.
    pub(super) fn exchange(&mut self, other: &mut Vec<u8>, end: usize) -> Option<Vec<u8>> {
        other.try_reserve_exact(self.bytes.capacity()).ok()?;
        let mut other = std::mem::take(other);
        other.extend_from_slice(&self.bytes[end..]);
        self.at = 0;
        let mut given = std::mem::replace(&mut self.bytes, other);
        given.truncate(end);
        Some(given)
    }
}
