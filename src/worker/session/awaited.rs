//! A keep-alive ping, and when it is sent.

use std::time::{Duration, Instant};

use crate::chance::Chance;

/// An unanswered ping.
pub struct Awaited {
    /// When it was sent, or when the last of the bytes before it left.
    pub since: Instant,
    pub limit: Option<Duration>,
    /// The bytes that the connection has sent so far, and the number at which the ping has left.
    pub sent: u64,
    pub leaves_at: u64,
    /// Sent because the machine has slept.
    pub is_after_sleep: bool,
}

/// How many milliseconds earlier the next ping comes, so that clients which all received the same
/// message do not ping together.
pub fn head_start(interval: Option<Duration>, chance: Chance) -> u32 {
    let quarter = interval.unwrap_or_default() / 4;
    u32::try_from(chance.of(quarter).as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_a_quarter_of_the_interval_is_left_out() {
        let interval = Some(Duration::from_secs(30));
        assert_eq!(head_start(interval, Chance::NONE), 0);
        assert_eq!(head_start(interval, Chance::HALF), 3750);
        assert_eq!(head_start(interval, Chance::ALL), 7500);
        assert_eq!(head_start(None, Chance::ALL), 0);
    }
}
