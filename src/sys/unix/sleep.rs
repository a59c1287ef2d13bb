//! Waiting for descriptors.
//!
//! It uses poll(2), because a condition variable does not report signals. After a handler that was
//! installed with SA_RESTART, a condition variable goes on waiting; poll never does. Besides, poll
//! is a cancellation point.

use std::io;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use crate::sys::PairEnd;

/// The end of a wake pipe that we read is watched as it is.
#[derive(Debug)]
pub struct PipeAlert(isize);

impl PipeAlert {
    pub fn of(ours: &PairEnd) -> io::Result<PipeAlert> {
        Ok(PipeAlert(ours.number()))
    }

    pub fn number(&self) -> isize {
        self.0
    }

    pub fn clear(&self) {}

    pub fn watch(&self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut SourceFd(&(self.0 as i32)), token, Interest::READABLE)
    }
}

/// Waits until one of the descriptors is readable, for at most `timeout` milliseconds. Returns
/// whether a signal handler has run meanwhile.
pub fn wait_for_any(sources: [Option<isize>; 2], timeout: Option<i32>) -> bool {
    let mut entries = sources.map(|source| {
        let fd = source.map_or(-1, |number| number as i32);
        libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
    });
    // SAFETY: the entries are valid during the call, and negative numbers are passed over.
    let polled = unsafe { poll(entries.as_mut_ptr(), 2, timeout.unwrap_or(-1)) };
    polled < 0 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
}

extern "C-unwind" {
    /// Like `libc::poll`, but a thread that is cancelled in it may unwind.
    fn poll(entries: *mut libc::pollfd, count: libc::nfds_t, timeout: libc::c_int) -> libc::c_int;
}
