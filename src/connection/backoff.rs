//! When a lost connection is opened again: exponential backoff with jitter. Pure: the time
//! and the chance are arguments.

use std::time::{Duration, Instant};

/// Open for so long, a connection counts as stable: the attempts are counted anew.
const STABLE: Duration = Duration::from_secs(60);
/// The most that a server's Retry-After makes wait.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// Attempts in a row; `None`: without end.
    max: Option<u32>,
    least: Duration,
    most: Duration,
    attempts: u32,
    /// Since when it is open.
    opened_at: Option<Instant>,
}

/// The wait before an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Which one in a row it is, from 1.
    pub attempt: u32,
    pub delay: Duration,
    /// It is so long because the server asked for it.
    pub is_asked: bool,
}

impl Backoff {
    pub fn new(max: Option<u32>, least: Duration, most: Duration) -> Backoff {
        Backoff { max, least, most, attempts: 0, opened_at: None }
    }

    /// The attempt that has just succeeded.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    pub fn opened(&mut self, now: Instant) {
        self.opened_at = Some(now);
    }

    /// Whether it would be opened again if it were lost now.
    pub fn resumes(&self, now: Instant) -> bool {
        match self.max {
            Some(0) => false,
            Some(max) if self.attempts >= max => self.is_stable(now),
            _ => true,
        }
    }

    fn is_stable(&self, now: Instant) -> bool {
        self.opened_at.is_some_and(|at| now.saturating_duration_since(at) >= STABLE)
    }

    /// It was lost or could not be opened: how long to wait for the next attempt, if there
    /// is one. `chance` is evenly distributed.
    pub fn next(
        &mut self,
        now: Instant,
        retry_after: Option<Duration>,
        chance: u32,
    ) -> Option<Pause> {
        if self.is_stable(now) {
            self.attempts = 0;
        }
        self.opened_at = None;
        if self.max.is_some_and(|max| self.attempts >= max) {
            return None;
        }
        self.attempts = self.attempts.saturating_add(1);
        let factor = 1_u32.checked_shl(self.attempts).unwrap_or(u32::MAX);
        let ceiling = self.least.saturating_mul(factor).min(self.most);
        let spread = ceiling.saturating_sub(self.least);
        let delay = self.least + spread.mul_f64(f64::from(chance) / f64::from(u32::MAX));
        let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
        Some(Pause { attempt: self.attempts, delay: delay.max(asked), is_asked: asked > delay })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_most() {
        let mut backoff = Backoff::new(None, ms(500), ms(30_000));
        let now = Instant::now();
        let ceilings: Vec<_> =
            (0..8).filter_map(|_| Some(backoff.next(now, None, u32::MAX)?.delay)).collect();
        let expected = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000].map(ms);
        assert_eq!(ceilings, expected);
    }

    #[test]
    fn so_many_in_a_row_and_anew_after_a_stable_minute() {
        let start = Instant::now();
        let mut backoff = Backoff::new(Some(2), ms(1), ms(1));
        let next = |backoff: &mut Backoff, now| Some(backoff.next(now, None, 0)?.attempt);
        assert_eq!(next(&mut backoff, start), Some(1));
        assert_eq!(next(&mut backoff, start), Some(2));
        backoff.opened(start);
        assert!(!backoff.resumes(start) && backoff.resumes(start + STABLE));
        assert_eq!(next(&mut backoff, start + ms(59_999)), None);
        backoff.opened(start);
        assert_eq!(next(&mut backoff, start + STABLE), Some(1));
        assert!(backoff.resumes(start));
    }

    #[test]
    fn a_server_may_ask_for_more_up_to_a_limit() {
        let mut backoff = Backoff::new(None, ms(10), ms(20));
        let now = Instant::now();
        let mut delay = |seconds| {
            let asked = Some(Duration::from_secs(seconds));
            backoff.next(now, asked, 0).map(|pause| pause.delay)
        };
        assert_eq!(delay(0), Some(ms(10)));
        assert_eq!(delay(7), Some(Duration::from_secs(7)));
        assert_eq!(delay(u64::MAX), Some(MAX_RETRY_AFTER));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn each_delay_is_within_its_bounds(
            least in 1_u64..100_000,
            more in 0_u64..1_000_000,
            chances in prop::collection::vec(any::<u32>(), 1..80),
        ) {
            let (least, most) = (ms(least), ms(least + more));
            let mut backoff = Backoff::new(None, least, most);
            let mut ceiling = least;
            for (index, chance) in chances.into_iter().enumerate() {
                ceiling = (ceiling * 2).min(most);
                let pause = backoff.next(Instant::now(), None, chance).unwrap();
                prop_assert_eq!(pause.attempt as usize, index + 1);
                prop_assert!(pause.delay >= least && pause.delay <= ceiling, "{:?}", pause);
            }
        }
    }
}
