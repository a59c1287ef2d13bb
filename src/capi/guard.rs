//! The entry of every exported function. It refuses forked children, disables thread cancellation,
//! catches panics, and stores the error for `ws_last_error`.

use std::any::Any;
use std::cell::Cell;
use std::ffi::CString;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::last_error;
use crate::error::{Code, Error, Result};
use crate::{library, sys};

thread_local! {
    /// Where on the stack this thread has called a function of the host that runs on threads of ours,
    /// or 0.
    static QUARANTINE: Cell<usize> = const { Cell::new(0) };
}
/// The number of such calls in all threads. While there are none, no thread needs to look.
static QUARANTINED: AtomicUsize = AtomicUsize::new(0);

/// Runs one of the host's functions that may call only `ws_wake`.
#[inline(never)]
pub(super) fn quarantined(call: &dyn Fn()) {
    let before = QUARANTINE.replace(sys::here());
    QUARANTINED.fetch_add(1, Ordering::Relaxed);
    call();
    QUARANTINED.fetch_sub(1, Ordering::Relaxed);
    QUARANTINE.set(before);
}

/// Whether the calling thread is inside such a function, and has not left it by `longjmp`.
fn is_quarantined() -> bool {
    let mark = QUARANTINE.get();
    mark != 0 && sys::is_live(mark, quarantined as *const () as usize)
}

pub(super) fn answer(body: impl FnOnce() -> Result<i32>) -> i32 {
    enter(true, true, body).unwrap_or_else(|code| code)
}

pub(super) fn answer_wide(body: impl FnOnce() -> Result<i64>) -> i64 {
    enter(true, true, body).unwrap_or_else(i64::from)
}

pub(super) fn answer_pointer_sized(body: impl FnOnce() -> Result<isize>) -> isize {
    enter(true, true, body).unwrap_or_else(|code| code as isize)
}

/// For `ws_wake`, which these functions may call.
pub(super) fn answer_waking(body: impl FnOnce() -> Result<i32>) -> i32 {
    enter(true, false, body).unwrap_or_else(|code| code)
}

/// For `ws_shutdown`, which a forked child may call.
pub(super) fn answer_forked(body: impl FnOnce() -> Result<i32>) -> i32 {
    enter(false, true, body).unwrap_or_else(|code| code)
}

/// A length as a C result.
pub(super) fn length(bytes: usize) -> Result<i64> {
    Ok(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// For a function that usually reaches no cancellation point (see pthreads(7)), so that it need not
/// disable cancellation. What reaches one nevertheless disables it by itself.
pub(super) fn answer_briefly(body: impl FnOnce() -> Result<i32>) -> i32 {
    enter_briefly(body).unwrap_or_else(|code| code)
}

pub(super) fn enter_briefly<T>(body: impl FnOnce() -> Result<T>) -> std::result::Result<T, i32> {
    refuse(true, true)?;
    caught(body)
}

pub(super) fn enter<T>(
    refuse_forked: bool,
    refuse_quarantined: bool,
    body: impl FnOnce() -> Result<T>,
) -> std::result::Result<T, i32> {
    refuse(refuse_forked, refuse_quarantined)?;
    sys::uncancelled(|| caught(body))
}

#[inline]
fn refuse(refuse_forked: bool, refuse_quarantined: bool) -> std::result::Result<(), i32> {
    // This comes first: in a forked child every lock may be held.
    let is_forked = refuse_forked && library::is_forked();
    if is_forked || refuse_quarantined && QUARANTINED.load(Ordering::Relaxed) > 0 {
        return refusal(is_forked);
    }
    Ok(())
}

#[cold]
fn refusal(is_forked: bool) -> std::result::Result<(), i32> {
    if is_forked {
        return Err(last_error::set_forked());
    }
    if is_quarantined() {
        return Err(last_error::set(&Error::ws(
            Code::WrongThread,
            "a wake-up, log or on_socket function may call nothing but ws_wake",
        )));
    }
    Ok(())
}

/// Catches panics, and stores the error.
#[inline]
fn caught<T>(body: impl FnOnce() -> Result<T>) -> std::result::Result<T, i32> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(last_error::set(&error)),
        Err(panic) => Err(panicked(panic)),
    }
}

#[cold]
fn panicked(panic: Box<dyn Any + Send>) -> i32 {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    // Dropping the payload could panic, too, so it is not dropped here.
    std::mem::forget(panic);
    last_error::set(&Error::ws(Code::Internal, format!("internal error: {words}")))
}

/// Text as a C string. A NUL inside would end it, so it is replaced by something visible.
pub(super) fn c_words(words: &str) -> CString {
    CString::new(words.replace('\0', "\u{FFFD}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_was_left_does_not_count_any_more() {
        let is_refused = || refuse(true, true).is_err();
        assert!(!is_refused());
        quarantined(&|| assert!(is_refused()));
        assert!(!is_refused());
        // As by longjmp: what follows the call is skipped.
        assert!(catch_unwind(|| quarantined(&|| panic!("left"))).is_err());
        assert!(!is_refused());
        quarantined(&|| assert!(is_refused()));
    }
}
