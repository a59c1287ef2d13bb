//! The timers of connections. Each connection has at most one entry.

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// A point in time, in half the memory of an `Instant`: nanoseconds since `Timers` was made, plus
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due(NonZeroU64);

pub struct Timers {
    origin: Instant,
    due: BTreeSet<(Due, u32)>,
    /// When the first is due. It is kept because each turn asks for it.
    next: Option<Instant>,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers { origin: Instant::now(), due: BTreeSet::new(), next: None }
    }
}

impl Timers {
    /// Moves an entry. An entry that is due too early stays: one needless check is cheaper than
    /// moving the entry with every message.
    pub fn set(&mut self, key: usize, current: &mut Option<Due>, wanted: Option<Instant>) {
        match (*current, wanted.map(|at| self.due(at))) {
            (Some(current), Some(wanted)) if current <= wanted => {}
            (_, Some(wanted)) => {
                self.clear(key, current);
                self.due.insert((wanted, number(key)));
                self.look();
                *current = Some(wanted);
            }
            (_, None) => self.clear(key, current),
        }
    }

    pub fn clear(&mut self, key: usize, current: &mut Option<Due>) {
        if let Some(at) = current.take() {
            self.due.remove(&(at, number(key)));
            self.look();
        }
    }

    #[inline]
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// The entries have changed.
    fn look(&mut self) {
        let first = self.due.first();
        self.next = first.map(|&(Due(at), _)| self.origin + Duration::from_nanos(at.get() - 1));
    }

    /// Removes one entry that is due.
    #[inline]
    pub fn pop(&mut self, now: Instant) -> Option<usize> {
        self.next.filter(|&next| next <= now)?;
        let (_, key) = self.due.pop_first()?;
        self.look();
        Some(key as usize)
    }

    /// A time too far away becomes the last possible one.
    fn due(&self, at: Instant) -> Due {
        let since = at.saturating_duration_since(self.origin).as_nanos();
        Due(NonZeroU64::MIN.saturating_add(u64::try_from(since).unwrap_or(u64::MAX)))
    }
}

/// The earlier of two points in time that may be missing.
#[inline]
pub fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Keys count connections, and there are fewer than 2^32.
fn number(key: usize) -> u32 {
    u32::try_from(key).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn entries_come_out_in_order_and_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        let (mut a, mut b) = (None, None);
        timers.set(1, &mut a, Some(at(20)));
        timers.set(2, &mut b, Some(at(10)));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.pop(at(5)), None);
        assert_eq!(timers.pop(at(30)), Some(2));
        assert_eq!(timers.pop(at(30)), Some(1));
        assert_eq!(timers.pop(at(30)), None);
    }

    #[test]
    fn an_entry_moves_forward_only_when_it_must() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        let mut current = None;
        timers.set(1, &mut current, Some(at(20)));
        timers.set(1, &mut current, Some(at(50)));
        assert_eq!(timers.next(), Some(at(20)), "left where it is");
        timers.set(1, &mut current, Some(at(10)));
        assert_eq!(timers.next(), Some(at(10)));
        timers.set(1, &mut current, None);
        assert_eq!((timers.next(), current), (None, None));
    }

    #[test]
    fn the_next_one_is_known_after_each_change() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        let (mut a, mut b, mut c) = (None, None, None);
        timers.set(1, &mut a, Some(at(30)));
        timers.set(2, &mut b, Some(at(10)));
        timers.set(3, &mut c, Some(at(20)));
        timers.clear(2, &mut b);
        assert_eq!((timers.next(), timers.pop(at(19))), (Some(at(20)), None));
        assert_eq!((timers.pop(at(20)), timers.next()), (Some(3), Some(at(30))));
        assert_eq!((timers.pop(at(30)), timers.next()), (Some(1), None));
    }
}
