//! The process as a whole.

use std::ffi::OsString;
use std::io;

/// Calls `in_child` in every child that this process forks. It may only do what a signal handler
/// may do.
pub fn at_fork(in_child: extern "C" fn()) {
    // SAFETY: the library is never unloaded, so the handler stays where it is.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// Makes `exit` call `handler`, before the handlers that are registered already.
pub fn at_exit(handler: extern "C" fn()) {
    // SAFETY: as above.
    unsafe { libc::atexit(handler) };
}

/// Whether the system is ending the process and has ended all other threads. Here it never runs
/// our code then.
pub fn is_ending() -> bool {
    false
}

/// The resource that has run out, and what to do, if that is why a call failed.
pub fn shortage(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        libc::EMFILE => Some(
            "no file descriptor is free in this process: close some, or raise the limit \
             (setrlimit() with RLIMIT_NOFILE, ulimit -n)",
        ),
        libc::ENFILE => Some("no file descriptor is free on this machine"),
        libc::ENOMEM | libc::ENOBUFS => Some("the system has no memory left for it"),
        _ => None,
    }
}

/// A variable of the environment. A program with more rights than the user who started it reads
/// none, because that user made the environment.
pub fn environment(name: &str) -> Option<OsString> {
    if is_privileged() {
        return None;
    }
    std::env::var_os(name)
}

/// Whether the program has more rights than the user who started it (setuid).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn is_privileged() -> bool {
    // SAFETY: it reads a number that the kernel gave to the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn is_privileged() -> bool {
    // SAFETY: it has no arguments and cannot fail.
    unsafe { libc::issetugid() != 0 }
}
