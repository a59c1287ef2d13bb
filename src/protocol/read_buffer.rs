//! Bytes that were read but not decoded yet.

use std::collections::TryReserveError;

/// Bytes of a server's stream, on their way from the socket to a decoder.
///
/// Small messages can stay in the buffer: the batch then takes its memory, and gives its own memory
/// in exchange.
pub struct ReadBuffer {
    bytes: Vec<u8>,
    /// The bytes before this index are decoded.
    at: usize,
}

impl ReadBuffer {
    /// A buffer for reads of at most this many bytes.
    pub fn with_room(size: usize) -> Result<ReadBuffer, TryReserveError> {
        let mut bytes = Vec::new();
        // One byte more for the NUL after a message at the very end.
        bytes.try_reserve_exact(size + 1)?;
        Ok(ReadBuffer { bytes, at: 0 })
    }

    /// A buffer with a copy of these bytes.
    pub fn copy_of(bytes: &[u8]) -> Result<ReadBuffer, TryReserveError> {
        let mut buffer = ReadBuffer::with_room(bytes.len())?;
        buffer.bytes.extend_from_slice(bytes);
        Ok(buffer)
    }

    /// The bytes that are still to be decoded.
    #[inline]
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

    /// The memory to read into. Append to it.
    pub fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The first `most` bytes of `rest`, or all if there are fewer.
    pub(super) fn first(&self, most: u64) -> &[u8] {
        let rest = self.rest();
        // A number up to the length of a slice fits in usize.
        &rest[..most.min(rest.len() as u64) as usize]
    }

    /// The same, and marks these bytes as decoded.
    pub(super) fn take(&mut self, most: u64) -> &[u8] {
        let from = self.at;
        self.at += self.first(most).len();
        &self.bytes[from..self.at]
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.at += count;
    }

    /// The start of the rest, and the whole buffer.
    pub(super) fn whole(&mut self) -> (usize, &mut [u8]) {
        (self.at, &mut self.bytes)
    }

    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Gives away the memory with the bytes before `end`, and moves the rest to the empty memory of
    /// `other`. `None` if there is not enough memory.
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
