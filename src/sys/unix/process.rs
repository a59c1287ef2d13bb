//! The process as a whole.

use std::ffi::OsString;

/// Has `in_child` called in every child that this process forks. It may do nothing but what is
/// allowed in a signal handler.
pub fn at_fork(in_child: extern "C" fn()) {
    // SAFETY: the library is never unloaded, so the handler stays where it is.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// Has `handler` called by `exit`, before the handlers that are registered already.
pub fn at_exit(handler: extern "C" fn()) {
    // SAFETY: as above.
    unsafe { libc::atexit(handler) };
}

/// A variable of the environment. A program that runs with more rights than who started it
/// (setuid) asks for none: it was they who made the environment.
pub fn environment(name: &str) -> Option<OsString> {
    if is_privileged() {
        return None;
    }
    std::env::var_os(name)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_privileged() -> bool {
    // SAFETY: it reads a number that the kernel gave to the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_privileged() -> bool {
    // SAFETY: it has no arguments and cannot fail.
    unsafe { libc::issetugid() != 0 }
}
