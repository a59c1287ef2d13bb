//! The process as a whole.

/// Has `in_child` called in every child that this process forks. It may do nothing but what is
/// allowed in a signal handler.
pub fn at_fork(in_child: extern "C" fn()) {
    // SAFETY: the library is never unloaded, so the handler stays where it is.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}
