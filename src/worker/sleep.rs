//! Detects that the machine has slept. Servers may have gone meanwhile, and the clock of the timers
//! stood still.

use std::time::Duration;

use mio::{Registry, Token};

use crate::sys::{self, Alarm};

/// A shorter sleep is no different from a delay of the network.
const NOTICEABLE: Duration = Duration::from_secs(5);

pub struct SleepWatch {
    /// The total time that the machine had slept at the last call.
    seen: Duration,
    /// `None` if there was no descriptor for it. Then a sleep is detected in the next turn.
    alarm: Option<Alarm>,
}

impl SleepWatch {
    /// Registers an event with that token for when the machine wakes up.
    pub fn new(registry: &Registry, token: Token) -> SleepWatch {
        SleepWatch { seen: sys::slept(), alarm: Alarm::new(registry, token).ok() }
    }

    /// Call it after the event, so that the next one can come.
    pub fn rearm(&self) {
        if let Some(alarm) = &self.alarm {
            alarm.rearm();
        }
    }

    /// How long the machine has slept since the last call, if that was long enough to matter.
    pub fn take(&mut self) -> Option<Duration> {
        self.look(sys::slept())
    }

    fn look(&mut self, slept: Duration) -> Option<Duration> {
        let before = std::mem::replace(&mut self.seen, slept);
        slept.checked_sub(before).filter(|&jump| jump >= NOTICEABLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_told_once_and_only_if_it_is_long() {
        let seconds = Duration::from_secs_f64;
        let mut watch = SleepWatch { seen: seconds(100.0), alarm: None };
        let told: Vec<_> = [100.0, 100.001, 104.9, 109.9, 109.9, 109.0, 3709.0, 0.0, 4.9]
            .into_iter()
            .filter_map(|slept| watch.look(seconds(slept)))
            .collect();
        assert_eq!(told, [seconds(5.0), seconds(3600.0)]);
    }

    #[test]
    fn while_it_is_looked_at_the_machine_is_awake() {
        let poll = mio::Poll::new().unwrap();
        let mut watch = SleepWatch::new(poll.registry(), Token(1));
        assert_eq!(watch.take(), None);
    }
}
