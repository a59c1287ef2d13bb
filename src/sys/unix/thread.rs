//! Threads of the library's own.

use std::io;
use std::mem::MaybeUninit;
use std::thread::{Builder, JoinHandle};

/// The asynchronous signals: the system may give each to any thread that does not block it,
/// and the host's handler for it must not run on one of ours. All others stay open: a fault is
/// the thread's own, and runtimes stop threads by signals of their choice.
const ASYNCHRONOUS: [libc::c_int; 15] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGCHLD,
    libc::SIGTSTP,
    libc::SIGWINCH,
    libc::SIGIO,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGURG,
];

/// Starts a thread on which the host's signal handlers never run, but for faults.
pub fn spawn<F>(name: &str, f: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    let builder = Builder::new().name(name.to_owned());
    with_signals_blocked(|| builder.spawn(f))
}

/// A new thread inherits the mask of the thread that starts it.
fn with_signals_blocked<T>(f: impl FnOnce() -> T) -> T {
    let mut blocked = MaybeUninit::<libc::sigset_t>::uninit();
    let mut old = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are live for the calls; sigemptyset initialises `blocked` before it is
    // used, and `old` is only written to.
    let is_set = unsafe {
        libc::sigemptyset(blocked.as_mut_ptr());
        for signal in ASYNCHRONOUS {
            libc::sigaddset(blocked.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, blocked.as_ptr(), old.as_mut_ptr()) == 0
    };
    let result = f();
    if is_set {
        // SAFETY: the first call succeeded, so `old` holds this thread's mask.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, old.as_ptr(), std::ptr::null_mut());
        }
    }
    result
}
