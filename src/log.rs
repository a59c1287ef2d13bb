//! Log lines: made only when somebody wants them, never with credentials in them.

use std::io::Write;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::process::PerProcess;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Off = 0,
    Error = 1,
    Warning = 2,
    Info = 3,
    Debug = 4,
}

impl Level {
    pub fn from_number(number: i32) -> Option<Level> {
        use Level::*;
        [Off, Error, Warning, Info, Debug].into_iter().find(|&level| level as i32 == number)
    }

    fn from_word(word: &str) -> Level {
        match word {
            "error" => Level::Error,
            "warning" => Level::Warning,
            "info" => Level::Info,
            "debug" => Level::Debug,
            _ => Level::Off,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

/// Where lines go; without one, to stderr.
pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// -1: not known yet, the environment decides.
static LEVEL: AtomicI32 = AtomicI32::new(-1);
static SINK: PerProcess<RwLock<Option<Sink>>> = PerProcess::new();

/// Logs a line, whose arguments are evaluated only if it is wanted.
macro_rules! line {
    ($level:ident, $($arguments:tt)*) => {
        if $crate::log::wants($crate::log::Level::$level) {
            $crate::log::write($crate::log::Level::$level, &format!($($arguments)*));
        }
    };
}
pub(crate) use line;

pub fn wants(level: Level) -> bool {
    let mut wanted = LEVEL.load(Ordering::Relaxed);
    if wanted < 0 {
        wanted =
            std::env::var("HOSTWS_LOG").map_or(Level::Off, |word| Level::from_word(&word)) as i32;
        LEVEL.store(wanted, Ordering::Relaxed);
    }
    level as i32 <= wanted
}

pub fn write(level: Level, line: &str) {
    let sink = SINK.get().read().unwrap_or_else(PoisonError::into_inner);
    match &*sink {
        Some(sink) => sink(level, line),
        None => {
            // A closed stderr is nobody's trouble.
            let _ = writeln!(std::io::stderr(), "hostws {}: {line}", level.word());
        }
    }
}

/// Waits while the former sink runs.
pub fn set(level: Level, new: Option<Sink>) {
    *SINK.get().write().unwrap_or_else(PoisonError::into_inner) = new;
    LEVEL.store(level as i32, Ordering::Relaxed);
}

/// In a forked child: the lock may be held by a thread that does not exist there.
pub fn start_afresh() {
    SINK.start_afresh();
}
