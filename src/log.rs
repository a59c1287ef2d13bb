//! Log lines. They are made only if somebody wants them. They never contain credentials, and text
//! from a server cannot forge a line.

mod courier;

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{PoisonError, RwLock, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use self::courier::Courier;
use crate::process::PerProcess;
use crate::words::one_line;
use crate::{exit, sys};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Off = 0,
    Error = 1,
    Warning = 2,
    Info = 3,
    Debug = 4,
    Trace = 5,
}

const LEVELS: [Level; 6] =
    [Level::Off, Level::Error, Level::Warning, Level::Info, Level::Debug, Level::Trace];

impl Level {
    pub fn from_number(number: i32) -> Option<Level> {
        LEVELS.into_iter().find(|&level| level as i32 == number)
    }

    fn from_word(word: &str) -> Option<Level> {
        LEVELS.into_iter().find(|level| level.word().eq_ignore_ascii_case(word))
    }

    fn word(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}

/// Receives the lines. Without one they go to stderr.
pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// How long a host thread waits for earlier lines of our threads, before it writes its own.
const ORDERLY: Duration = Duration::from_millis(100);

/// -1: not known yet; the environment decides.
static LEVEL: AtomicI32 = AtomicI32::new(-1);
static SINK: PerProcess<RwLock<Option<Sink>>> = PerProcess::new();
/// Changed under the lock of `SINK`. It is read without that lock, for which a thread may have to
/// wait until the sink returns.
static HAS_SINK: AtomicBool = AtomicBool::new(false);
/// Takes the lines of our threads to the sink, so that none of them waits for the host.
static COURIER: PerProcess<Courier> = PerProcess::new();

/// Logs a line. Its arguments are evaluated only if the line is wanted.
macro_rules! line {
    ($level:ident, $($arguments:tt)*) => {
        if $crate::log::wants($crate::log::Level::$level) {
            $crate::log::write($crate::log::Level::$level, format!($($arguments)*));
        }
    };
}
pub(crate) use line;

/// If nobody wants it, this is one relaxed load.
#[inline]
pub fn wants(level: Level) -> bool {
    let wanted = LEVEL.load(Ordering::Relaxed);
    level as i32 <= if wanted < 0 { ask_environment() } else { wanted }
}

/// Reads the environment, if that was not done yet. Call it on a host thread, before there are
/// threads of ours: the host may change the environment while they read it.
pub fn start() {
    wants(Level::Off);
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
        write(
            Level::Warning,
            format!("HOSTWS_LOG is {word:?}, and nothing is logged; it is one of {words}"),
        );
    }
    asked.map_or_else(|set| set, |_| number)
}

pub fn write(level: Level, line: String) {
    let line = one_line(line);
    if has_sink() {
        if exit::is_own_thread() {
            COURIER.get().take(level, line);
            return;
        }
        // Earlier lines come first, unless the sink is very slow.
        COURIER.get().wait_delivered(Some(Instant::now() + ORDERLY));
    }
    deliver(level, &line);
}

fn has_sink() -> bool {
    HAS_SINK.load(Ordering::SeqCst)
}

/// Gives a line to the sink, on the calling thread.
fn deliver(level: Level, line: &str) {
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
fn lose_sink() {
    LEVEL.store(Level::Off as i32, Ordering::Relaxed);
    if let Ok(mut sink) = SINK.get().try_write() {
        *sink = None;
        HAS_SINK.store(false, Ordering::SeqCst);
    }
}

/// Sets level and sink. Before, it waits until the former sink has got the lines so far and does not
/// run any more.
pub fn set(level: Level, new: Option<Sink>) {
    COURIER.get().wait_delivered(None);
    let mut sink = SINK.get().write().unwrap_or_else(PoisonError::into_inner);
    HAS_SINK.store(new.is_some(), Ordering::SeqCst);
    *sink = new;
    // Under the lock, as in `forget`: the level is that of the sink.
    LEVEL.store(level as i32, Ordering::Relaxed);
}

/// Forgets the sink and its level. Returns false if the sink still runs at the deadline.
pub fn forget(deadline: Instant) -> bool {
    if !COURIER.get().end(deadline) {
        return false;
    }
    if !has_sink() {
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
    COURIER.start_afresh();
}
