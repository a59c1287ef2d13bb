//! The door of every exported function: it refuses forked children, catches
//! panics, and remembers what was wrong for `ws_last_error`.

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::error::{Code, Error, Result};
use crate::library;

/// The words of `Code::Forked`.
const FORKED: &CStr =
    c"this process is a fork: its connections are the parent's; call ws_shutdown first";

struct LastError {
    code: i32,
    message: CString,
}

thread_local! {
    static LAST_ERROR: RefCell<LastError> =
        RefCell::new(LastError { code: 0, message: CString::default() });
    /// The last failing call was refused because of a fork. A flag, because a forked child
    /// may find the allocator's locks taken, too: it is told without an allocation.
    static REFUSED_FORKED: Cell<bool> = const { Cell::new(false) };
    /// True while this thread is inside the host's wake-up or log function.
    static QUARANTINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs one of the two host functions that may call back nothing but `ws_wake`.
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

/// A length as C gets it.
pub(super) fn length(bytes: usize) -> Result<i64> {
    Ok(i64::try_from(bytes).unwrap_or(i64::MAX))
}

pub(super) fn enter<T>(
    refuse_forked: bool,
    refuse_quarantined: bool,
    body: impl FnOnce() -> Result<T>,
) -> std::result::Result<T, i32> {
    // Before anything else: a forked child may find every lock taken.
    if refuse_forked && library::is_forked() {
        REFUSED_FORKED.set(true);
        return Err(Code::Forked as i32);
    }
    if refuse_quarantined && QUARANTINED.try_with(Cell::get).unwrap_or(false) {
        return Err(fail(Error::ws(
            Code::WrongThread,
            "a wake-up or log function may call nothing but ws_wake",
        )));
    }
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fail(error)),
        Err(panic) => {
            let words = panic
                .downcast_ref::<&str>()
                .map(|words| (*words).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            // A payload whose Drop panics must not do so here.
            std::mem::forget(panic);
            Err(fail(Error::ws(Code::Internal, format!("internal error: {words}"))))
        }
    }
}

/// Remembers the error for this thread and gives its code.
pub(super) fn fail(error: Error) -> i32 {
    REFUSED_FORKED.set(false);
    let code = error.code;
    let message = c_words(&error.to_string());
    // During the destruction of a thread there is nowhere left to remember it.
    let _ = LAST_ERROR.try_with(|last| *last.borrow_mut() = LastError { code, message });
    code
}

/// What this thread's last failing call answered; 0 before there is one.
pub(super) fn last_code() -> i32 {
    if REFUSED_FORKED.get() {
        return Code::Forked as i32;
    }
    LAST_ERROR.try_with(|last| last.borrow().code).unwrap_or(0)
}

/// Its words, which live until this thread's next failing call.
pub(super) fn last_words() -> *const c_char {
    if REFUSED_FORKED.get() {
        return FORKED.as_ptr();
    }
    LAST_ERROR.try_with(|last| last.borrow().message.as_ptr()).unwrap_or(c"".as_ptr())
}

/// Text as a C string: a NUL inside would end it, so it is made visible.
pub(super) fn c_words(words: &str) -> CString {
    CString::new(words.replace('\0', "\u{FFFD}")).unwrap_or_default()
}
