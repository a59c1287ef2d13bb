//! What only Linux has: its clocks, epoll, timerfd, eventfd and rtnetlink, and options of sockets.

mod descriptor_set;
mod network;
mod sockets;

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use super::above_standard;

pub use self::descriptor_set::{number_of_loop, DescriptorSet};
pub use self::network::NetworkMonitor;
pub use self::sockets::*;

/// How long the machine has slept since its start: the difference between a clock that counts the
/// sleep and one that does not.
pub fn slept() -> Duration {
    let clock = |id| {
        let time = read(id);
        Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
    };
    clock(libc::CLOCK_BOOTTIME).saturating_sub(clock(libc::CLOCK_MONOTONIC))
}

/// A clock with steps of a few milliseconds that is very cheap to read. Two readings can only be
/// compared for equality.
pub fn tick() -> u32 {
    let time = read(libc::CLOCK_MONOTONIC_COARSE);
    (time.tv_nsec as u32) ^ (time.tv_sec as u32)
}

fn read(id: libc::clockid_t) -> libc::timespec {
    // SAFETY: all zeros are a valid timespec, and the pointer is valid during the call. A clock
    // that does not exist leaves the zeros.
    unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(id, &mut time);
        time
    }
}

/// A timer that never expires. The kernel cancels it when the wall clock is set, which also happens
/// when the machine wakes up. Then a wait for it ends. Until then it costs nothing.
pub struct Alarm(OwnedFd);

impl Alarm {
    /// An event with that token comes when the machine wakes up.
    #[allow(deprecated)] // On musl the type of a time is to grow. So will its MAX.
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

    /// Reads the cancellation, so that the timer can be cancelled again.
    pub fn rearm(&self) {
        let mut count = [0_u8; 8];
        // SAFETY: the buffer is as large as it says, and the descriptor does not block.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

/// Wakes a thread that sleeps.
#[derive(Debug)]
pub struct Notifier(OwnedFd);

impl Notifier {
    pub fn new() -> io::Result<Notifier> {
        // SAFETY: the descriptor is new and owned from here on.
        above_standard(|| unsafe {
            let fd = libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Notifier(OwnedFd::from_raw_fd(fd)))
        })
    }

    /// A descriptor that is readable while it is notified.
    pub fn number(&self) -> isize {
        self.0.as_raw_fd() as isize
    }

    /// The thread that sleeps on it wakes up, or does not fall asleep.
    pub fn notify(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the buffer is as large as it says. It fails only where the counter is full.
        unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// The thread has been woken.
    pub fn clear(&self) {
        let mut count = [0_u8; 8];
        // SAFETY: the buffer is as large as it says, and the descriptor does not block.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_alarm() {
        let poll = mio::Poll::new().unwrap();
        assert!(Alarm::new(poll.registry(), Token(1)).is_ok());
    }
}
