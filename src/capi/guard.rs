//! The entry of every exported function. It refuses forked children, disables thread cancellation,
//! catches panics, and stores the error for `ws_last_error`.

use std::cell::Cell;
use std::ffi::CString;
use std::panic::{catch_unwind, AssertUnwindSafe};

use super::last_error;
use crate::error::{Code, Error, Result};
use crate::{library, sys};

thread_local! {
    /// True while this thread is inside the host's wake-up or log function.
    static QUARANTINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs one of the two host functions that may call only `ws_wake`.
pub(super) fn quarantined(call: impl FnOnce()) {
    QUARANTINED.with(|inside| {
        let before = inside.replace(true);
        call();
        inside.set(before);
    });
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

/// For `ws_wake`, which the host's wake-up and log functions may call.
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

pub(super) fn enter<T>(
    refuse_forked: bool,
    refuse_quarantined: bool,
    body: impl FnOnce() -> Result<T>,
) -> std::result::Result<T, i32> {
    // This comes first: in a forked child every lock may be held.
    if refuse_forked && library::is_forked() {
        return Err(last_error::set_forked());
    }
    if refuse_quarantined && QUARANTINED.try_with(Cell::get).unwrap_or(false) {
        return Err(last_error::set(&Error::ws(
            Code::WrongThread,
            "a wake-up or log function may call nothing but ws_wake",
        )));
    }
    match sys::uncancelled(|| catch_unwind(AssertUnwindSafe(body))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(last_error::set(&error)),
        Err(panic) => {
            let words = panic
                .downcast_ref::<&str>()
                .map(|words| (*words).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            // Dropping the payload could panic, too, so it is not dropped here.
            std::mem::forget(panic);
            Err(last_error::set(&Error::ws(Code::Internal, format!("internal error: {words}"))))
        }
    }
}

/// Text as a C string. A NUL inside would end it, so it is replaced by something visible.
pub(super) fn c_words(words: &str) -> CString {
    CString::new(words.replace('\0', "\u{FFFD}")).unwrap_or_default()
}
