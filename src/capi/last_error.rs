//! The last error of each thread: its code, and its message in a buffer that keeps its address
//! until the thread ends.

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_char, CStr};
use std::fmt::{self, Write};

use crate::error::{Code, Error};
use crate::words;

/// Bytes for the message and its NUL: enough for an error with all its causes and a line of a
/// server's answer.
const ROOM: usize = 1024;

struct LastError {
    code: Cell<i32>,
    words: UnsafeCell<[u8; ROOM]>,
}

thread_local! {
    // It has nothing to drop, so it stays usable until the thread has ended, even while the
    // thread's other variables are being destroyed. It needs no allocation, so a forked child can
    // use it.
    static LAST: LastError =
        const { LastError { code: Cell::new(0), words: UnsafeCell::new([0; ROOM]) } };
}

/// Stores the error for this thread and returns its code.
pub fn set(error: &Error) -> i32 {
    remember(error.code, format_args!("{error}"))
}

/// The same for a call that was refused because the process is a fork.
pub fn set_forked() -> i32 {
    let words = "this process is a fork: its connections are the parent's; call ws_shutdown first";
    remember(Code::Forked as i32, format_args!("{words}"))
}

fn remember(code: i32, message: fmt::Arguments<'_>) -> i32 {
    LAST.with(|last| {
        last.code.set(code);
        // SAFETY: only this thread reaches it, and nothing that runs below comes back here:
        // the arguments are made of strings.
        let buffer = unsafe { &mut *last.words.get() };
        let mut cutter = Cutter { buffer, length: 0 };
        // Fails when the buffer is full; the message is then truncated.
        let _ = cutter.write_fmt(message);
        let end = cutter.length;
        buffer[end] = 0;
    });
    code
}

/// The code of this thread's last failed call; 0 if there is none.
pub fn code() -> i32 {
    LAST.with(|last| last.code.get())
}

/// Its message, at the same address until the thread ends.
pub fn message() -> *const c_char {
    LAST.with(|last| last.words.get().cast_const().cast())
}

/// The same as bytes, without the NUL.
pub fn with_message<T>(look: impl FnOnce(&[u8]) -> T) -> T {
    // SAFETY: `remember` ends the words with a NUL, and does not run meanwhile.
    look(unsafe { CStr::from_ptr(message()) }.to_bytes())
}

/// Writes into the buffer until it is full.
struct Cutter<'a> {
    buffer: &'a mut [u8; ROOM],
    length: usize,
}

impl Write for Cutter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // A NUL would end the message. Errors contain none, but the message of a panic may.
        let text = text.split('\0').next().unwrap_or_default();
        let taken = words::cut(text, ROOM - 1 - self.length);
        let end = self.length + taken.len();
        self.buffer[self.length..end].copy_from_slice(taken.as_bytes());
        self.length = end;
        if taken.len() < text.len() {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}
