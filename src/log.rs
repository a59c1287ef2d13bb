//! Log lines. They are made only if somebody wants them. They never contain credentials, and text
//! from a server cannot forge a line.

mod courier;
mod level;
mod sink;

use std::time::{Duration, Instant};

use self::courier::Courier;
pub use self::level::Level;
pub use self::sink::{wants, Sink};
use crate::process::PerProcess;
use crate::words::one_line;
use crate::{exit, sys};

/// How long a host thread waits for earlier lines of our threads, before it writes its own.
const ORDERLY: Duration = Duration::from_millis(100);

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

/// Reads the environment, if that was not done yet. Call it on a host thread, before there are
/// threads of ours: the host may change the environment while they read it.
pub fn start() {
    wants(Level::Off);
}

pub fn write(level: Level, line: String) {
    sys::uncancelled(|| write_now(level, one_line(line)));
}

fn write_now(level: Level, line: String) {
    if sink::is_set() {
        if exit::is_own_thread() {
            COURIER.get().take(level, line);
            return;
        }
        // Earlier lines come first, unless the sink is very slow.
        COURIER.get().wait_delivered(Some(Instant::now() + ORDERLY));
    }
    sink::deliver(level, &line);
}

/// Sets the level and the sink. First waits until the old sink has received all lines so far and is
/// no longer running.
pub fn set(level: Level, new: Option<Sink>) {
    COURIER.get().wait_delivered(None);
    sink::set(level, new);
}

/// Forgets the sink and its level. Returns false if the sink still runs at the deadline.
pub fn forget(deadline: Instant) -> bool {
    COURIER.get().end(deadline) && sink::forget(deadline)
}

/// In a forked child: locks may be held by threads that do not exist there.
pub fn start_afresh() {
    sink::start_afresh();
    COURIER.start_afresh();
}
