//! Descriptors that are watched as one.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::sys::above_standard;

/// A descriptor that is readable while one of its members is. It is an epoll instance: every loop
/// can watch it, and nobody can read from it.
#[derive(Debug)]
pub struct DescriptorSet(OwnedFd);

impl DescriptorSet {
    pub fn new() -> io::Result<DescriptorSet> {
        above_standard(|| {
            // SAFETY: it has no pointers.
            let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: the descriptor is new and owned from here on.
            Ok(DescriptorSet(unsafe { OwnedFd::from_raw_fd(fd) }))
        })
    }

    pub fn number(&self) -> isize {
        self.0.as_raw_fd() as isize
    }

    pub fn add(&self, member: isize) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, member)
    }

    pub fn remove(&self, member: isize) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, member)
    }

    fn control(&self, operation: libc::c_int, member: isize) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
        // SAFETY: the pointer is valid during the call.
        let result =
            unsafe { libc::epoll_ctl(self.0.as_raw_fd(), operation, member as RawFd, &mut event) };
        match result {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The descriptor of a loop, which is readable while it has something to do.
pub fn number_of_loop(poll: &mio::Poll) -> Option<isize> {
    Some(poll.as_raw_fd() as isize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::socket_pair;

    fn is_readable(set: &DescriptorSet) -> bool {
        let fd = set.number() as RawFd;
        let mut entry = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid entry, for the length of the call.
        unsafe { libc::poll(&mut entry, 1, 0) == 1 }
    }

    #[test]
    fn it_is_readable_while_a_member_is() {
        let set = DescriptorSet::new().unwrap();
        let [one, two] = [(); 2].map(|()| socket_pair().unwrap());
        set.add(one.0.number()).unwrap();
        assert!(!is_readable(&set));
        two.1.write_byte();
        assert!(!is_readable(&set));
        set.add(two.0.number()).unwrap();
        assert!(is_readable(&set));
        set.remove(two.0.number()).unwrap();
        assert!(!is_readable(&set));
        one.1.write_byte();
        assert!(is_readable(&set));
        one.0.drain();
        assert!(!is_readable(&set));
    }
}
