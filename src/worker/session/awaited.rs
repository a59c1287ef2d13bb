//! A keep-alive ping, and when it is sent.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::chance::Chance;

/// An unanswered ping.
pub struct Awaited {
    /// When it was sent, or when the server was last seen to take bytes from before it.
    pub since: Instant,
    pub limit: Option<Duration>,
    /// How many bytes the server had taken at that time, and how many come before the ping.
    pub taken: u64,
    pub follows: u64,
    /// Sent because the machine has slept.
    pub is_after_sleep: bool,
}

/// Pings leave only at moments that are this part of the interval apart.
const MOMENTS: u32 = 128;

/// How many milliseconds earlier the next ping comes, so that clients which all received the same
/// message do not ping together. With `shared_moment`, up to a quarter of the interval.
pub fn head_start(interval: Option<Duration>, chance: Chance) -> u32 {
    let interval = interval.unwrap_or_default();
    let most = interval / 4 - interval / MOMENTS;
    u32::try_from(chance.of(most).as_millis()).unwrap_or(u32::MAX)
}

/// The last moment that is not after `at`. The moments are the same for all connections of the
/// process, so that many idle ones do not wake it for each ping: those of one moment leave together,
/// and their answers come together.
pub fn shared_moment(at: Instant, interval: Duration) -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let since = at.saturating_duration_since(*ORIGIN.get_or_init(Instant::now)).as_nanos();
    let past = since % (interval / MOMENTS).as_nanos().max(1);
    at - Duration::from_nanos(u64::try_from(past).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_a_quarter_of_the_interval_is_left_out() {
        let interval = Some(Duration::from_secs(30));
        assert_eq!(head_start(interval, Chance::NONE), 0);
        assert_eq!(head_start(interval, Chance::HALF), 3632);
        assert_eq!(head_start(interval, Chance::ALL), 7265, "a 128th is left for shared_moment");
        assert_eq!(head_start(None, Chance::ALL), 0);
    }

    #[test]
    fn pings_of_a_128th_of_the_interval_leave_together_and_none_too_late() {
        let interval = Duration::from_millis(12_800);
        let start = shared_moment(Instant::now() + interval, interval);
        let at = |ms| shared_moment(start + Duration::from_millis(ms), interval);
        assert_eq!((at(0), at(1), at(99)), (start, start, start));
        assert_eq!((at(100), at(199)), (start + interval / 128, start + interval / 128));
        let long_ago = Instant::now() - Duration::from_nanos(1);
        assert!(shared_moment(long_ago, Duration::from_nanos(1)) <= long_ago);
    }
}
