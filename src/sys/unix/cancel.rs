//! pthread_cancel(), which ends a thread by an unwind. Nothing may stop that unwind, and
//! `catch_unwind` would.

use libc::c_int;

// The value in glibc and musl; Apple has 0.
#[cfg(not(target_vendor = "apple"))]
const DISABLE: c_int = 1;
#[cfg(target_vendor = "apple")]
const DISABLE: c_int = 0;

extern "C-unwind" {
    fn pthread_testcancel();
}

extern "C" {
    fn pthread_setcancelstate(state: c_int, former: *mut c_int) -> c_int;
}

/// Ends the calling thread here if it has been cancelled.
pub fn test_cancel() {
    // SAFETY: it needs nothing; nothing is on the stack that an unwind would skip.
    unsafe { pthread_testcancel() };
}

/// Calls `act`, in which the thread cannot be cancelled. This costs no system call.
#[inline]
pub fn uncancelled<T>(act: impl FnOnce() -> T) -> T {
    let mut former = DISABLE;
    // SAFETY: the pointer is valid during the call.
    unsafe { pthread_setcancelstate(DISABLE, &mut former) };
    let done = act();
    // SAFETY: as above; what the host had set comes back.
    unsafe { pthread_setcancelstate(former, std::ptr::null_mut()) };
    done
}
