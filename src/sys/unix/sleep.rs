//! Sleeping until another thread notifies this one, or until a signal handler has run on it.
//!
//! It uses poll(2), because a condition variable does not report signals. After a handler that was
//! installed with SA_RESTART, a condition variable goes on waiting; poll never does. Besides, poll
//! is a cancellation point and can watch a queue's wake pipe.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use super::socket::{socket_pair, PairEnd};
use crate::sys::Notifier;

/// A signal handler writes to it to wake the threads that wait for the queue.
#[derive(Debug)]
pub struct WakePipe {
    host: PairEnd,
    ours: PairEnd,
}

impl WakePipe {
    pub fn new() -> io::Result<WakePipe> {
        let (host, ours) = socket_pair()?;
        Ok(WakePipe { host, ours })
    }

    /// The descriptor that the host writes to.
    pub fn number(&self) -> isize {
        self.host.number()
    }

    /// Removes what has been written. Returns false if that is nothing.
    pub fn drain(&self) -> bool {
        drain(&self.ours)
    }

    /// Makes a mio loop report writes, with that token.
    pub fn watch(&self, registry: &Registry, token: Token) -> io::Result<()> {
        let number = self.ours.number() as i32;
        registry.register(&mut SourceFd(&number), token, Interest::READABLE)
    }
}

fn drain(mut end: &PairEnd) -> bool {
    let mut scratch = [0; 64];
    let mut is_any = false;
    while let Ok(1..) = end.read(&mut scratch) {
        is_any = true;
    }
    is_any
}

/// Why a sleep has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roused {
    /// It was notified, or its time is up.
    Normally,
    /// A signal handler ran.
    BySignal,
}

/// A sleep that is about to begin. It holds plain numbers, because the thread may be cancelled in
/// its sleep and may then have nothing to drop. The descriptors stay open until it has woken up.
#[derive(Debug, Clone, Copy)]
pub struct Sleep {
    numbers: [i32; 2],
    until: Option<Instant>,
}

/// How long a thread without a notifier sleeps before it looks again.
const LOOK: Duration = Duration::from_millis(10);

impl Sleep {
    pub fn new(
        notifier: Option<&Arc<Notifier>>,
        pipe: Option<&Arc<WakePipe>>,
        until: Option<Instant>,
    ) -> Sleep {
        let soon = notifier.is_none().then(|| Instant::now() + LOOK);
        Sleep {
            numbers: [
                notifier.map_or(-1, |notifier| notifier.number()),
                pipe.map_or(-1, |pipe| pipe.ours.number() as i32),
            ],
            until: [until, soon].into_iter().flatten().min(),
        }
    }

    pub fn run(self) -> Roused {
        let watch = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut entries = self.numbers.map(watch);
        let timeout = self.until.map_or(-1, |until| {
            let rest = until.saturating_duration_since(Instant::now());
            // Rounded up, so that it does not end too early.
            i32::try_from(rest.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        });
        // SAFETY: the entries are valid during the call, and negative numbers are passed over.
        let polled = unsafe { poll(entries.as_mut_ptr(), 2, timeout) };
        if polled < 0 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
            Roused::BySignal
        } else {
            Roused::Normally
        }
    }
}

extern "C-unwind" {
    /// Like `libc::poll`, but a thread that is cancelled in it may unwind.
    fn poll(entries: *mut libc::pollfd, count: libc::nfds_t, timeout: libc::c_int) -> libc::c_int;
}
