//! Where the lines go, and which are wanted.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{PoisonError, RwLock, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use super::level::{Level, LEVELS};
use crate::process::PerProcess;
use crate::sys;
use crate::words::one_line;

/// Receives the lines. Without one they go to stderr.
pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// -1: not known yet; the environment decides.
static LEVEL: AtomicI32 = AtomicI32::new(-1);
static SINK: PerProcess<RwLock<Option<Sink>>> = PerProcess::new();
/// Changed under the lock of `SINK`. It is read without that lock, for which a thread may have to
/// wait until the sink returns.
static HAS_SINK: AtomicBool = AtomicBool::new(false);

/// If nobody wants it, this is one relaxed load.
#[inline]
pub fn wants(level: Level) -> bool {
    let wanted = LEVEL.load(Ordering::Relaxed);
    level as i32 <= if wanted < 0 { ask_environment() } else { wanted }
}

#[cold]
fn ask_environment() -> i32 {
    let word = sys::environment("HOSTWS_LOG").unwrap_or_default();
    let word = word.to_string_lossy();
    let level = if word.is_empty() { Some(Level::Off) } else { Level::from_word(&word) };
    let number = level.unwrap_or(Level::Off) as i32;
    let asked = LEVEL.compare_exchange(-1, number, Ordering::Relaxed, Ordering::Relaxed);
    if asked.is_ok() && level.is_none() {
        let words = LEVELS.map(Level::word).join(", ");
        // There is no sink: with a sink, its level counts.
        let line = format!("HOSTWS_LOG is {word:?}, and nothing is logged; it is one of {words}");
        deliver(Level::Warning, &one_line(line));
    }
    asked.map_or_else(|set| set, |_| number)
}

pub fn is_set() -> bool {
    HAS_SINK.load(Ordering::SeqCst)
}

/// Gives a line to the sink, on the calling thread.
pub fn deliver(level: Level, line: &str) {
    match &*SINK.get().read().unwrap_or_else(PoisonError::into_inner) {
        Some(sink) => sink(level, line),
        None => {
            // One write(2), so that lines of several threads do not mix. It may fail if stderr is
            // closed.
            let line = format!("hostws {}: {line}\n", level.word());
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }
}

/// The sink has ended the thread that called it, and is not called again.
pub fn lose() {
    LEVEL.store(Level::Off as i32, Ordering::Relaxed);
    if let Ok(mut sink) = SINK.get().try_write() {
        *sink = None;
        HAS_SINK.store(false, Ordering::SeqCst);
    }
}

/// Sets level and sink, when the former sink does not run any more.
pub fn set(level: Level, new: Option<Sink>) {
    let mut sink = SINK.get().write().unwrap_or_else(PoisonError::into_inner);
    HAS_SINK.store(new.is_some(), Ordering::SeqCst);
    *sink = new;
    // Under the lock, as in `forget`: the level is that of the sink.
    LEVEL.store(level as i32, Ordering::Relaxed);
}

/// Forgets the sink and its level. Returns false if the sink still runs at the deadline.
pub fn forget(deadline: Instant) -> bool {
    if !is_set() {
        return true;
    }
    let sink = SINK.get();
    LEVEL.store(Level::Off as i32, Ordering::Relaxed);
    let mut sink = loop {
        match sink.try_write() {
            Ok(sink) => break sink,
            Err(TryLockError::Poisoned(sink)) => break sink.into_inner(),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(TryLockError::WouldBlock) => return false,
        }
    };
    *sink = None;
    HAS_SINK.store(false, Ordering::SeqCst);
    // The environment decides again.
    LEVEL.store(-1, Ordering::Relaxed);
    true
}

/// In a forked child: locks may be held by threads that do not exist there.
pub fn start_afresh() {
    SINK.start_afresh();
    HAS_SINK.store(false, Ordering::SeqCst);
}
