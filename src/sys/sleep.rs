//! Sleeping until another thread notifies this one, until the host writes to a queue's wake pipe,
//! or until a signal handler has run on this thread.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

use super::os::{self, PipeAlert};
use super::pair::{socket_pair, PairEnd};
use super::Notifier;

/// A signal handler writes to it to wake the threads that wait for the queue.
#[derive(Debug)]
pub struct WakePipe {
    host: PairEnd,
    alert: PipeAlert,
    ours: PairEnd,
}

impl WakePipe {
    pub fn new() -> io::Result<WakePipe> {
        let (host, ours) = socket_pair()?;
        let alert = PipeAlert::of(&ours)?;
        Ok(WakePipe { host, alert, ours })
    }

    /// The descriptor that the host writes to.
    pub fn number(&self) -> isize {
        self.host.number()
    }

    /// Removes what has been written. Returns false if that is nothing.
    pub fn drain(&self) -> bool {
        self.alert.clear();
        self.ours.drain()
    }

    /// Makes a mio loop report writes, with that token.
    pub fn watch(&self, registry: &Registry, token: Token) -> io::Result<()> {
        self.alert.watch(registry, token)
    }
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
/// its sleep and may then have nothing to drop. What they name stays open until it has woken up.
#[derive(Debug, Clone, Copy)]
pub struct Sleep {
    sources: [Option<isize>; 2],
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
            sources: [
                notifier.map(|notifier| notifier.number()),
                pipe.map(|pipe| pipe.alert.number()),
            ],
            until: [until, soon].into_iter().flatten().min(),
        }
    }

    pub fn run(self) -> Roused {
        let timeout = self.until.map(|until| {
            let rest = until.saturating_duration_since(Instant::now());
            // Rounded up, so that it does not end too early.
            i32::try_from(rest.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        });
        match os::wait_for_any(self.sources, timeout) {
            true => Roused::BySignal,
            false => Roused::Normally,
        }
    }
}
