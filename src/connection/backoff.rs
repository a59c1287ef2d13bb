//! The delays before a lost connection is opened again: exponential backoff with jitter. All
//! functions are pure: time and randomness are arguments.

use std::time::{Duration, Instant};

use crate::chance::Chance;

/// After a connection has been open for this long, attempts are counted from zero.
const STABLE: Duration = Duration::from_secs(60);
/// The longest delay that a Retry-After can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The default of the least delay before an attempt.
const LEAST: Duration = Duration::from_millis(500);
/// When a server loses all clients at once, they return spread over this time (RFC 6455 7.2.3).
const WINDOW: Duration = Duration::from_secs(5);

/// The settings. Connections with the same options share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// The most attempts in a row; `NO_LIMIT`: no limit.
    max: u32,
    /// The least delay, if the host has set it.
    least_ms: Option<u32>,
    most_ms: u32,
}

/// The attempts of one connection.
#[derive(Debug, Clone, Default)]
pub struct Attempts {
    /// In a row, so far.
    count: u32,
    /// When the last one succeeded.
    opened_at: Option<Instant>,
}

impl Attempts {
    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn opened(&mut self, now: Instant) {
        self.opened_at = Some(now);
    }

    fn have_led_to_a_stable_connection(&self, now: Instant) -> bool {
        self.opened_at.is_some_and(|at| now.saturating_duration_since(at) >= STABLE)
    }
}

const NO_LIMIT: u32 = u32::MAX;

/// What the delay before an attempt depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// The loss may affect all clients of the server at once.
    pub is_common: bool,
}

/// The delay before an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The number of the attempt in a row, from 1.
    pub attempt: u32,
    pub delay: Duration,
    /// The server asked for this delay.
    pub is_asked: bool,
}

impl Backoff {
    /// Fails if the least delay is longer than the longest.
    pub fn new(
        max: Option<u32>,
        least: Option<Duration>,
        most: Duration,
    ) -> Result<Backoff, String> {
        let at_least = least.unwrap_or(LEAST);
        if at_least > most {
            let (least, most) = (at_least.as_millis(), most.as_millis());
            return Err(format!("is {least} ms, more than reconnect_max_ms, which is {most} ms"));
        }
        let ms = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        Ok(Backoff { max: max.unwrap_or(NO_LIMIT), least_ms: least.map(ms), most_ms: ms(most) })
    }

    /// Whether another attempt would follow if the connection was lost now.
    pub fn resumes(&self, attempts: &Attempts, now: Instant) -> bool {
        match self.max {
            0 => false,
            NO_LIMIT => true,
            max => attempts.count < max || attempts.have_led_to_a_stable_connection(now),
        }
    }

    /// The delay before the next attempt after a loss or a failed opening, if another attempt is
    /// allowed.
    pub fn next(
        &self,
        attempts: &mut Attempts,
        now: Instant,
        loss: Loss,
        chance: Chance,
    ) -> Option<Pause> {
        if attempts.have_led_to_a_stable_connection(now) {
            attempts.count = 0;
        }
        attempts.opened_at = None;
        if self.max != NO_LIMIT && attempts.count >= self.max {
            return None;
        }
        attempts.count = attempts.count.saturating_add(1);
        let attempt = attempts.count;
        let (least, ceiling) = self.range(attempt, loss.is_common);
        let delay = least + chance.of(ceiling.saturating_sub(least));
        // Clients that got the same Retry-After must not return together.
        let asked = loss.retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
        let asked = asked + chance.of(asked / 2);
        Some(Pause { attempt, delay: delay.max(asked), is_asked: asked > delay })
    }

    /// The range of the delay before the attempt with that number.
    fn range(&self, attempt: u32, is_common: bool) -> (Duration, Duration) {
        let own = self.least();
        let least = own.unwrap_or(LEAST);
        let (least, first) = match (is_common, attempt) {
            (false, _) => (least, least.saturating_mul(2)),
            (true, 1) => (own.unwrap_or_default(), self.window()),
            (true, _) => (least, self.window()),
        };
        let factor = 1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX);
        (least, first.saturating_mul(factor).min(Duration::from_millis(self.most_ms.into())))
    }

    fn least(&self) -> Option<Duration> {
        self.least_ms.map(|ms| Duration::from_millis(ms.into()))
    }

    fn window(&self) -> Duration {
        const SCALE: u32 = (WINDOW.as_millis() / LEAST.as_millis()) as u32;
        self.least().map_or(WINDOW, |least| least.saturating_mul(SCALE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    const OWN: Loss = Loss { retry_after: None, is_common: false };
    const COMMON: Loss = Loss { retry_after: None, is_common: true };

    fn delays(backoff: Backoff, loss: Loss, chance: Chance) -> Vec<Duration> {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        (0..8).filter_map(|_| Some(backoff.next(&mut attempts, now, loss, chance)?.delay)).collect()
    }

    fn by_default() -> Backoff {
        Backoff::new(None, None, ms(30_000)).unwrap()
    }

    fn with_least(least: u64) -> Backoff {
        Backoff::new(None, Some(ms(least)), ms(30_000)).unwrap()
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_most() {
        let expected = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000].map(ms);
        assert_eq!(delays(by_default(), OWN, Chance::ALL), expected);
        assert_eq!(delays(by_default(), OWN, Chance::NONE), [500; 8].map(ms));
        assert_eq!(delays(with_least(500), OWN, Chance::ALL), expected);
    }

    #[test]
    fn what_hits_all_clients_is_spread_over_the_window_of_the_rfc() {
        let expected = [5000, 10_000, 20_000, 30_000, 30_000, 30_000, 30_000, 30_000].map(ms);
        assert_eq!(delays(by_default(), COMMON, Chance::ALL), expected);
        let expected = [0, 500, 500, 500, 500, 500, 500, 500].map(ms);
        assert_eq!(delays(by_default(), COMMON, Chance::NONE), expected);
        assert_eq!(delays(by_default(), COMMON, Chance::HALF)[0].as_millis(), 2500);
    }

    #[test]
    fn the_window_keeps_to_what_the_host_says() {
        let expected = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600].map(ms);
        assert_eq!(delays(with_least(20), COMMON, Chance::ALL), expected);
        assert_eq!(delays(with_least(20), COMMON, Chance::NONE), [20; 8].map(ms));
        let short = Backoff::new(None, None, ms(2000)).unwrap();
        assert_eq!(delays(short, COMMON, Chance::ALL), [2000; 8].map(ms));
    }

    #[test]
    fn so_many_in_a_row_and_anew_after_a_stable_minute() {
        let start = Instant::now();
        let backoff = Backoff::new(Some(2), Some(ms(1)), ms(1)).unwrap();
        let mut attempts = Attempts::default();
        let next = |attempts: &mut Attempts, now| {
            Some(backoff.next(attempts, now, OWN, Chance::NONE)?.attempt)
        };
        assert_eq!(next(&mut attempts, start), Some(1));
        assert_eq!(next(&mut attempts, start), Some(2));
        attempts.opened(start);
        assert!(!backoff.resumes(&attempts, start) && backoff.resumes(&attempts, start + STABLE));
        assert_eq!(next(&mut attempts, start + ms(59_999)), None);
        attempts.opened(start);
        assert_eq!(next(&mut attempts, start + STABLE), Some(1));
        assert!(backoff.resumes(&attempts, start));
    }

    #[test]
    fn a_server_may_ask_for_more_and_half_of_that_again_is_left_to_chance() {
        let now = Instant::now();
        let pause = |seconds, chance| {
            let loss = Loss { retry_after: Some(Duration::from_secs(seconds)), is_common: true };
            let backoff = Backoff::new(None, Some(ms(10)), ms(20)).unwrap();
            backoff.next(&mut Attempts::default(), now, loss, chance).unwrap()
        };
        let seconds = |seconds, chance| pause(seconds, chance).delay.as_secs_f64();
        assert_eq!(seconds(0, Chance::NONE), 0.01);
        assert_eq!(seconds(7, Chance::NONE), 7.0);
        assert_eq!(seconds(7, Chance::ALL), 10.5);
        assert_eq!((seconds(30, Chance::HALF) * 1000.0).round(), 37_500.0);
        assert_eq!(seconds(u64::MAX, Chance::NONE), 300.0);
        assert_eq!(seconds(u64::MAX, Chance::ALL), 450.0);
        assert!(pause(7, Chance::NONE).is_asked && !pause(0, Chance::ALL).is_asked);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn each_delay_is_within_its_bounds(
            least in 1_u64..100_000,
            more in 0_u64..1_000_000,
            is_common in any::<bool>(),
            chances in prop::collection::vec(any::<u32>(), 1..80),
        ) {
            let (least, most) = (ms(least), ms(least + more));
            let backoff = Backoff::new(None, Some(least), most).unwrap();
            let mut attempts = Attempts::default();
            let mut ceiling = if is_common { least * 5 } else { least };
            let loss = Loss { retry_after: None, is_common };
            for (index, chance) in chances.into_iter().enumerate() {
                ceiling = (ceiling * 2).min(most);
                let chance = Chance::from_bits(chance);
                let pause = backoff.next(&mut attempts, Instant::now(), loss, chance).unwrap();
                prop_assert_eq!(pause.attempt as usize, index + 1);
                prop_assert!(pause.delay >= least && pause.delay <= ceiling, "{:?}", pause);
            }
        }
    }
}
