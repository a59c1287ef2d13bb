//! The memory of large messages that were delivered, kept for the next ones. The system would
//! otherwise clear every page of it again.

use std::time::{Duration, Instant};

/// The most bytes that a queue keeps.
const MOST: usize = 4 << 20;
/// Memory that was not used for this long is freed.
pub const IDLE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Pool {
    /// From the oldest to the newest.
    buffers: Vec<Vec<u8>>,
    used_at: Option<Instant>,
    /// The worker looks from time to time whether it is idle.
    is_watched: bool,
}

impl Pool {
    /// Keeps the memory of messages that were delivered. Returns what there is no room for.
    pub fn put(&mut self, buffers: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        self.used_at = Some(Instant::now());
        self.put_back(buffers)
    }

    /// The same with memory that was taken out and not used.
    pub fn put_back(&mut self, mut buffers: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        match self.buffers.is_empty() {
            true => self.buffers = buffers,
            false => self.buffers.append(&mut buffers),
        }
        let mut bytes = 0;
        let first = self.buffers.iter().rposition(|buffer| {
            bytes += buffer.capacity();
            bytes > MOST
        });
        match first {
            // The newest that fit are kept.
            Some(last) => self.buffers.drain(..=last).collect(),
            None => Vec::new(),
        }
    }

    /// Takes all that is kept.
    pub fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.buffers)
    }

    /// Whether it holds something that the worker does not know of yet.
    pub fn is_news(&mut self) -> bool {
        !self.buffers.is_empty() && !std::mem::replace(&mut self.is_watched, true)
    }

    /// Gives all up if it was not used for a while. `None` if it was.
    pub fn expire(&mut self, now: Instant) -> Option<Vec<Vec<u8>>> {
        if self.used_at.is_some_and(|at| at + IDLE > now) {
            return None;
        }
        self.is_watched = false;
        Some(self.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffers(sizes: &[usize]) -> Vec<Vec<u8>> {
        sizes.iter().map(|&size| Vec::with_capacity(size)).collect()
    }

    fn sizes(buffers: &[Vec<u8>]) -> Vec<usize> {
        buffers.iter().map(Vec::capacity).collect()
    }

    #[test]
    fn it_keeps_a_bounded_number_of_bytes_and_the_newest() {
        let mut pool = Pool::default();
        assert!(pool.put(buffers(&[MOST / 2, MOST / 4])).is_empty());
        assert_eq!(sizes(&pool.put(buffers(&[MOST / 2]))), [MOST / 2]);
        assert_eq!(sizes(&pool.take()), [MOST / 4, MOST / 2]);
        assert_eq!(sizes(&pool.put(buffers(&[MOST + 1]))), [MOST + 1]);
        assert!(pool.take().is_empty());
    }

    #[test]
    fn it_is_freed_when_nobody_uses_it() {
        let mut pool = Pool::default();
        assert!(!pool.is_news());
        pool.put(buffers(&[100]));
        assert!(pool.is_news() && !pool.is_news());
        let now = Instant::now();
        assert!(pool.expire(now).is_none(), "it was just used");
        // Looking at it is no use of it.
        let all = pool.take();
        pool.put_back(all);
        assert_eq!(pool.expire(now + IDLE).map(|freed| freed.len()), Some(1));
        pool.put(buffers(&[100]));
        assert!(pool.is_news(), "the worker must be told again");
    }
}
