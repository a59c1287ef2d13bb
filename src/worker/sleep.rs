//! Notices that the machine has slept: what was known of the servers is old then, and the
//! clock that the timers go by stood still.

use std::time::Duration;

use mio::{Registry, Token};

/// A shorter sleep is no more than the network takes at times.
const NOTICEABLE: Duration = Duration::from_secs(5);

pub struct SleepWatch {
    /// How long the machine had slept when it was last asked.
    seen: Duration,
    /// `None` if there was no descriptor for it: then a sleep is noticed in the next turn.
    alarm: Option<os::Alarm>,
}

impl SleepWatch {
    /// When the machine wakes up, there is an event of that token.
    pub fn new(registry: &Registry, token: Token) -> SleepWatch {
        SleepWatch { seen: os::slept(), alarm: os::Alarm::new(registry, token).ok() }
    }

    /// The event has come, and the next one can.
    pub fn rearm(&self) {
        if let Some(alarm) = &self.alarm {
            alarm.rearm();
        }
    }

    /// How long the machine has slept since this was last asked, if that matters.
    pub fn take(&mut self) -> Option<Duration> {
        self.look(os::slept())
    }

    fn look(&mut self, slept: Duration) -> Option<Duration> {
        let before = std::mem::replace(&mut self.seen, slept);
        slept.checked_sub(before).filter(|&jump| jump >= NOTICEABLE)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod os {
    use std::io;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::time::Duration;

    use mio::unix::SourceFd;
    use mio::{Interest, Registry, Token};

    /// How long the machine has slept since it was started: the time for which one of two
    /// clocks stood still.
    pub fn slept() -> Duration {
        clock(libc::CLOCK_BOOTTIME).saturating_sub(clock(libc::CLOCK_MONOTONIC))
    }

    fn clock(id: libc::clockid_t) -> Duration {
        // SAFETY: all zeros are a valid timespec.
        let mut time: libc::timespec = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is valid during the call.
        if unsafe { libc::clock_gettime(id, &mut time) } != 0 {
            return Duration::ZERO;
        }
        Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
    }

    /// A timer that never comes due. But one of the wall clock is cancelled when that is set,
    /// and so it is when the machine wakes up: its wait ends, at the cost of nothing until then.
    pub struct Alarm(OwnedFd);

    impl Alarm {
        pub fn new(registry: &Registry, token: Token) -> io::Result<Alarm> {
            // SAFETY: all zeros are a valid itimerspec.
            let mut never: libc::itimerspec = unsafe { std::mem::zeroed() };
            never.it_value.tv_sec = libc::time_t::MAX;
            let how = libc::TFD_TIMER_ABSTIME | libc::TFD_TIMER_CANCEL_ON_SET;
            // SAFETY: the descriptor is new and owned from here on; the pointers are valid
            // during the call.
            let timer = unsafe {
                let flags = libc::TFD_NONBLOCK | libc::TFD_CLOEXEC;
                let fd = libc::timerfd_create(libc::CLOCK_REALTIME, flags);
                if fd < 0 {
                    return Err(io::Error::last_os_error());
                }
                let timer = OwnedFd::from_raw_fd(fd);
                if libc::timerfd_settime(fd, how, &never, std::ptr::null_mut()) != 0 {
                    return Err(io::Error::last_os_error());
                }
                timer
            };
            registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
            Ok(Alarm(timer))
        }

        /// Once its cancellation has been read it can be cancelled again.
        pub fn rearm(&self) {
            let mut count = [0_u8; 8];
            // SAFETY: the buffer is as large as it says, and the descriptor does not block.
            unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
        }
    }
}

/// Nothing wakes the wait here: a sleep is noticed when it ends, at the latest for the next ping.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod os {
    use std::io;
    use std::sync::OnceLock;
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    use mio::{Registry, Token};

    /// A time that grows by as much as the wall clock gains on the timers' own. Where that does
    /// not stand still while the machine sleeps, what came due meanwhile is due at once.
    pub fn slept() -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        let awake = START.get_or_init(Instant::now).elapsed();
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(awake)
    }

    pub struct Alarm;

    impl Alarm {
        pub fn new(_: &Registry, _: Token) -> io::Result<Alarm> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn rearm(&self) {}
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
        assert_eq!(watch.alarm.is_some(), cfg!(any(target_os = "linux", target_os = "android")));
        assert_eq!(watch.take(), None);
    }
}
