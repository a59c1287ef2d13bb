//! Reads ahead of a TLS library that asks twice for each record, for its header and the rest. It can
//! keep the first bytes for a later look.
//!
//! OpenSSL can read ahead by itself (`SSL_CTX_set_read_ahead`), but then moves all that it holds with
//! each record, and has a buffer for each connection.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::ops::Range;

const SIZE: usize = 64 * 1024;
/// Enough for a TLS hello.
const FIRST: usize = 512;

/// A stream, and what was read ahead from it.
pub struct Ahead<S> {
    below: S,
    memory: Vec<u8>,
    /// What of it holds bytes.
    held: Range<usize>,
    /// The first bytes that came, if they are wanted, until they are taken.
    first: Option<Vec<u8>>,
}

thread_local! {
    /// The memory of an `Ahead`, which needs none while it is empty.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl<S> Ahead<S> {
    pub fn new(below: S) -> Ahead<S> {
        Ahead { below, memory: Vec::new(), held: 0..0, first: None }
    }

    /// One that keeps the first bytes.
    // OpenSSL itself says what was agreed.
    #[cfg_attr(tls_openssl, allow(dead_code))]
    pub fn with_first(below: S) -> Ahead<S> {
        Ahead { first: Some(Vec::new()), ..Ahead::new(below) }
    }

    pub fn below(&self) -> &S {
        &self.below
    }

    pub fn below_mut(&mut self) -> &mut S {
        &mut self.below
    }

    /// The first bytes that came. No more are kept.
    #[cfg_attr(tls_openssl, allow(dead_code))]
    pub fn take_first(&mut self) -> Vec<u8> {
        self.first.take().unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn give_back(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let _ = SPARE.try_with(|spare| spare.set(memory));
    }
}

impl<S: Read> Ahead<S> {
    fn refill(&mut self) -> io::Result<()> {
        // A thread that is ending has none.
        self.memory = SPARE.try_with(Cell::take).unwrap_or_default();
        if self.memory.is_empty() {
            self.memory.try_reserve_exact(SIZE).map_err(|_| io::ErrorKind::OutOfMemory)?;
            self.memory.resize(SIZE, 0);
        }
        let read = self.below.read(&mut self.memory);
        match read {
            Ok(count) => {
                self.held = 0..count;
                if let Some(first) = &mut self.first {
                    first.extend_from_slice(&self.memory[..count.min(FIRST - first.len())]);
                }
            }
            Err(_) => self.give_back(),
        }
        read.map(drop)
    }
}

impl<S: Read> Read for Ahead<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.held.is_empty() {
            self.refill()?;
        }
        let rest = &self.memory[self.held.clone()];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.held.start += count;
        if self.held.is_empty() {
            self.give_back();
        }
        Ok(count)
    }
}

impl<S: Write> Write for Ahead<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.below.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most so many bytes at once, and counts how often it was asked.
    struct Source<'a> {
        bytes: &'a [u8],
        most: usize,
        asked: usize,
    }

    impl Read for Source<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.asked += 1;
            if self.bytes.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            (&mut self.bytes).take(self.most as u64).read(buffer)
        }
    }

    #[test]
    fn it_reads_much_at_once_and_loses_nothing() {
        let sent: Vec<u8> = (0..3 * SIZE + 7).map(|n| (n % 251) as u8).collect();
        for most in [1, 5, 1000, SIZE - 1, SIZE, usize::MAX] {
            let source = Source { bytes: &sent, most, asked: 0 };
            let mut ahead = Ahead::with_first(source);
            let (mut got, mut sizes) = (Vec::new(), [5, 16_401, 5, 100].into_iter().cycle());
            let mut room = [0; 16_401];
            while let Ok(count) = ahead.read(&mut room[..sizes.next().unwrap_or(1)]) {
                got.extend_from_slice(&room[..count]);
            }
            assert!(got == sent, "{most}");
            assert_eq!(ahead.below().asked, sent.len().div_ceil(most.min(SIZE)) + 1, "{most}");
            assert_eq!(ahead.take_first(), sent[..FIRST], "{most}");
            assert!(ahead.is_empty() && ahead.memory.is_empty(), "memory that nothing is in");
        }
    }
}
