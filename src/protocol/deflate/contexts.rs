//! Contexts between two messages. Where no history is taken over, a context holds nothing between
//! two messages. So connections can share it, and only need as many as there are open messages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::{Compress, Decompress};

/// The most contexts that are kept for each direction: as many as threads that compress at once, in
/// most programs.
const MOST: usize = 4;

/// Keeps a few contexts for each direction. They are as new.
#[derive(Default)]
pub struct Contexts {
    kept: Mutex<Kept>,
    /// It keeps something, and `is_news` has not said so yet.
    is_news: AtomicBool,
}

#[derive(Default)]
struct Kept {
    /// With their window bits. The last is the newest.
    compressors: Vec<(u8, Compress)>,
    inflaters: Vec<Decompress>,
    /// Since the last call of `expire`.
    was_used: bool,
    /// Somebody calls `expire`.
    is_watched: bool,
}

impl Contexts {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take_compressor(&self, window_bits: u8) -> Option<Compress> {
        let compressors = &mut self.kept().compressors;
        let index = compressors.iter().rposition(|(bits, _)| *bits == window_bits)?;
        Some(compressors.remove(index).1)
    }

    pub(super) fn keep_compressor(&self, window_bits: u8, context: Compress) {
        let oldest = self.keep(|kept| push(&mut kept.compressors, (window_bits, context)));
        drop(oldest);
    }

    pub(super) fn take_inflater(&self) -> Option<Decompress> {
        self.kept().inflaters.pop()
    }

    pub(super) fn keep_inflater(&self, context: Decompress) {
        let oldest = self.keep(|kept| push(&mut kept.inflaters, context));
        drop(oldest);
    }

    /// Returns what is to be freed without the lock.
    fn keep<T>(&self, put: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.kept();
        kept.was_used = true;
        if !std::mem::replace(&mut kept.is_watched, true) {
            self.is_news.store(true, Ordering::Relaxed);
        }
        put(&mut kept)
    }

    /// Whether it keeps something since nobody calls `expire`. Only the first call returns true:
    /// from then on, somebody has to.
    #[inline]
    pub fn is_news(&self) -> bool {
        self.is_news.load(Ordering::Relaxed) && self.is_news.swap(false, Ordering::Relaxed)
    }

    /// Frees all if nothing was used since the last call. Returns false if it is to be called again
    /// after a while.
    pub fn expire(&self) -> bool {
        let mut kept = self.kept();
        if std::mem::take(&mut kept.was_used) {
            return false;
        }
        let unused = std::mem::take(&mut *kept);
        drop(kept);
        drop(unused);
        true
    }
}

/// Appends one. Returns the oldest if there are too many.
fn push<T>(kept: &mut Vec<T>, newest: T) -> Option<T> {
    let oldest = (kept.len() == MOST).then(|| kept.remove(0));
    kept.push(newest);
    oldest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressor(window_bits: u8) -> Compress {
        Compress::new_with_window_bits(flate2::Compression::default(), false, window_bits)
    }

    #[test]
    fn a_compressor_is_taken_only_for_its_window() {
        let contexts = Contexts::default();
        contexts.keep_compressor(9, compressor(9));
        assert!(contexts.take_compressor(15).is_none());
        assert!(contexts.take_compressor(9).is_some());
        assert!(contexts.take_compressor(9).is_none());
    }

    #[test]
    fn only_a_few_are_kept_and_the_newest() {
        let contexts = Contexts::default();
        contexts.keep_compressor(9, compressor(9));
        for _ in 0..MOST {
            contexts.keep_compressor(15, compressor(15));
        }
        assert!(contexts.take_compressor(9).is_none());
        assert_eq!((0..9).filter_map(|_| contexts.take_compressor(15)).count(), MOST);
    }

    #[test]
    fn they_are_freed_when_nobody_uses_them() {
        let contexts = Contexts::default();
        assert!(!contexts.is_news());
        contexts.keep_compressor(15, compressor(15));
        contexts.keep_inflater(Decompress::new(false));
        assert!(contexts.is_news() && !contexts.is_news());
        assert!(!contexts.expire(), "they were just used");
        contexts.keep_inflater(contexts.take_inflater().unwrap());
        assert!(!contexts.is_news(), "somebody knows already");
        assert!(!contexts.expire(), "one was used again");
        assert!(contexts.expire());
        assert!(contexts.take_compressor(15).is_none() && contexts.take_inflater().is_none());
        contexts.keep_compressor(15, compressor(15));
        assert!(contexts.is_news(), "somebody must be told again");
    }
}
