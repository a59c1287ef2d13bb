//! How a thread sleeps until another one notifies it, or until a signal handler ran on it.
//!
//! In poll(2), for no condition variable tells of a signal: a wait for one goes on after a
//! handler that was installed with SA_RESTART, and poll never does. It is a cancellation point
//! too, and it sees what the host writes into a queue's wake pipe.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use super::socket::{socket_pair, PairEnd};
use crate::sys::Notifier;

/// What a signal handler writes to, to wake whoever waits for the queue.
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

    /// The end that the host writes to, as the system's calls name it.
    pub fn number(&self) -> isize {
        self.host.number()
    }

    /// Takes out what has been written; false if that is nothing.
    pub fn drain(&self) -> bool {
        drain(&self.ours)
    }

    /// Announces what is written to a loop of mio's, with that token.
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

/// Why a thread does not sleep any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roused {
    /// It was notified, or its time is up.
    Normally,
    /// A signal handler ran.
    BySignal,
}

/// What a thread is about to sleep on. Plain numbers: the thread may be cancelled in its sleep,
/// and its stack has nothing to drop then. What they name lives until it has woken up.
#[derive(Debug, Clone, Copy)]
pub struct Sleep {
    numbers: [i32; 2],
    until: Option<Instant>,
}

/// How often a thread looks that has nothing on which it could be notified.
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
            // Not too early: a part of a millisecond is a whole one.
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
    /// As libc's, but a thread that is cancelled in it leaves by an unwind.
    fn poll(entries: *mut libc::pollfd, count: libc::nfds_t, timeout: libc::c_int) -> libc::c_int;
}
