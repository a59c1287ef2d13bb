//! The library as a whole: errors, version, log, shutdown.

use std::ffi::{c_char, c_void};

use super::constants::*;
use super::frames;
use super::guard::{answer, answer_forked, answer_wide};
use super::host::LogFunction;
use super::last_error;
use super::memory;
use crate::error::{Code, Error};
use crate::{json, library, log};

/// Tells the code of this thread's last call that failed.
///
/// @return a HOSTWS_E_ code, or HOSTWS_OK if none has failed yet. A call that succeeds does not
///         change it
///
/// Blocks: never. Threads: any, each has its own. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_last_error() -> i32 {
    last_error::code()
}

/// Tells in words what was wrong with this thread's last call that failed.
///
/// The buffer belongs to the thread. It stays where it is until the thread ends, and each call
/// that fails overwrites it: in `printf("%d %s", ws_send(..), ws_last_error_message())` the words
/// are those of the call or those of the one before it. Copy them for another thread.
///
/// A runtime that moves its code from thread to thread between two calls has to make the call
/// that fails and this one on the same thread: runtime.LockOSThread() in Go, or a C function of
/// yours that makes both. A Java virtual thread keeps its thread between two calls if it does not
/// block between them. ws_open_ex() gives its words itself.
///
/// @return one line, cut at 1,023 bytes, between two characters; "" if no call has failed yet
///
/// Blocks: never. Threads: any, each has its own. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_last_error_message() -> *const c_char {
    last_error::message()
}

/// Tells what a HOSTWS_E_ code means in general.
///
/// @param code  HOSTWS_OK or a HOSTWS_E_
/// @return a few words; lives for ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_strerror(code: i32) -> *const c_char {
    let words = match code {
        HOSTWS_OK => c"success",
        HOSTWS_E_ARGUMENT => c"bad argument",
        HOSTWS_E_URL => c"bad URL",
        HOSTWS_E_OPTION => c"bad option",
        HOSTWS_E_STRUCT => c"bad struct_size",
        HOSTWS_E_NO_SUCH_ID => c"no such connection or queue",
        HOSTWS_E_CLOSED => c"the connection is closing or closed",
        HOSTWS_E_AGAIN => c"the send queue is full",
        HOSTWS_E_TOO_BIG => c"the message is larger than the send queue",
        HOSTWS_E_UTF8 => c"not UTF-8",
        HOSTWS_E_JSON => c"not a JSON object or array",
        HOSTWS_E_TIMEOUT => c"the time was up",
        HOSTWS_E_IDLE => c"no connection is left that could bring an event",
        HOSTWS_E_BUSY => c"another thread is polling this queue",
        HOSTWS_E_WRONG_THREAD => c"the call belongs to another thread",
        HOSTWS_E_REENTRANT => c"not from inside this callback",
        HOSTWS_E_FORKED => c"this process is a fork; call ws_shutdown first",
        HOSTWS_E_SHUTDOWN => c"the library is shutting down",
        HOSTWS_E_RESOURCES => c"memory, threads or file descriptors ran out",
        HOSTWS_E_INTERNAL => c"internal error",
        HOSTWS_E_NOT_FOUND => c"nothing of that name",
        HOSTWS_E_DNS => c"the name could not be resolved",
        HOSTWS_E_TCP => c"no TCP connection could be made",
        HOSTWS_E_TLS => c"the TLS handshake failed",
        HOSTWS_E_HTTP => c"the answer to the upgrade request is not one",
        HOSTWS_E_PROTOCOL => c"the server broke the WebSocket protocol",
        HOSTWS_E_OPEN => c"the connection could not be opened",
        HOSTWS_E_LOST => c"the connection was lost",
        HOSTWS_E_PROXY => c"the way through the proxy failed",
        _ => c"unknown code",
    };
    words.as_ptr()
}

/// Tells the version of the library which is running.
///
/// @return such as "0.1.0"; lives for ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Tells the version of the library which is running, for comparing with
/// HOSTWS_VERSION_NUMBER.
///
/// @return MAJOR * 65536 + MINOR * 256 + PATCH
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_version_number() -> u32 {
    HOSTWS_VERSION_NUMBER
}

/// Sets where log lines go. Without a call of it, the environment decides:
/// HOSTWS_LOG=error, warning, info, debug or trace writes to stderr, else nothing is logged.
///
/// THE FUNCTION IS CALLED ON THREADS OF THE LIBRARY, and on the caller's within a call. It may
/// call nothing of the library but ws_wake(), and should return soon.
///
/// A line is one line: what a server sent is shown with its control characters escaped. No line
/// has what may be a secret of the options: the path and query of the URL, users and passwords,
/// keys, subprotocols, the values of headers (but those known to be harmless, such as Host). Of
/// what is sent and received in messages, HOSTWS_LOG_TRACE shows the beginning.
///
/// @param level      HOSTWS_LOG_OFF to HOSTWS_LOG_TRACE: lines above it are not made
/// @param fn         gets each line, without a line end; NULL: stderr. The former one is not
///                   running any more when the call returns
/// @param user_data  handed to it as it is. It must live until the function is replaced, or
///                   ws_shutdown() has returned with another answer than HOSTWS_E_TIMEOUT
/// @return HOSTWS_OK, or HOSTWS_E_ARGUMENT
///
/// Blocks: while the former function runs. Threads: any but those of the library. From a
/// callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_set_log(
    level: i32,
    r#fn: Option<
        unsafe extern "C-unwind" fn(level: i32, message: *const c_char, user_data: *mut c_void),
    >,
    user_data: *mut c_void,
) -> i32 {
    answer(|| {
        let level = log::Level::from_number(level).ok_or_else(|| {
            Error::ws(Code::Argument, format!("{level} is not a log level; they go from 0 to 5"))
        })?;
        log::set(level, LogFunction::sink(r#fn, user_data));
        Ok(HOSTWS_OK)
    })
}

/// Closes every connection with 1001 and ends the library's threads. No message is taken any
/// more, and what was accepted before leaves first: for that an opening is finished, and a lost
/// connection is opened again as its options say. Connections with nothing to send close at once.
/// Those that are not closed in time are dropped. It calls nobody back: the on_terminate that are
/// still due wait in their queues, and can be polled as ever, or dropped by ws_queue_discard().
/// After it the library is as new, and ws_new() starts it again: the log function and the wake-up
/// functions have returned and are forgotten, and the system's trust store is read anew.
///
/// In a forked child it forgets all that was the parent's, so that the child can use
/// the library itself; the ids that the parent had are Closed there.
///
/// @param timeout_ms  how long all of it may take; 0: everything is dropped at once; -1: each
///                    connection has its own limits, `open_timeout_ms` for an opening and
///                    `close_timeout_ms` in which nothing leaves or the server does not answer;
///                    with `reconnect_max` -1 and a message that waits, that may be for ever
/// @return HOSTWS_OK: every accepted message has left (pings do not count, nor what the host had
///         dropped itself by ws_abort() or ws_terminate()); HOSTWS_E_TIMEOUT if a message was
///         dropped, also with `timeout_ms` 0 and because an opening failed (the words tell of which
///         connection, and why), if a connection was dropped although `timeout_ms` was not 0,
///         if a thread did not end or a function did not return; HOSTWS_E_SHUTDOWN if another
///         thread is already at it;
///         HOSTWS_E_ARGUMENT if `timeout_ms` is less than -1
///
/// Blocks: up to `timeout_ms`, and a moment. Threads: any but those of the library. From a
/// callback: yes. After fork: yes, see above.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_shutdown(timeout_ms: i32) -> i32 {
    answer_forked(|| {
        if library::is_forked() {
            frames::forget();
        }
        library::shutdown(memory::timeout(timeout_ms)?)?;
        Ok(HOSTWS_OK)
    })
}

/// Reads one value out of a JSON text, for hosts that have no JSON of their own.
///
/// @param json     `length` bytes, such as the data of a HOSTWS_OBJECT message
/// @param length   bytes, or -1 when `json` ends in a NUL
/// @param pointer  an RFC 6901 pointer, such as "/quotes/0/price"; "" is the whole text
/// @param buffer   gets the value and a NUL, cut off if need be: a string unescaped, anything
///                 else as its JSON text; may be NULL if `size` is 0
/// @param size     bytes at `buffer`
/// @return the value's whole length in bytes without the NUL; or HOSTWS_E_NOT_FOUND if there is
///         nothing there, HOSTWS_E_JSON if it is not JSON, HOSTWS_E_ARGUMENT, HOSTWS_E_RESOURCES
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_json_get(
    json: *const c_char,
    length: i64,
    pointer: *const c_char,
    buffer: *mut c_char,
    size: i64,
) -> i64 {
    answer_wide(|| {
        // SAFETY: the header asks the caller for valid pointers.
        let (json, pointer) = unsafe {
            (memory::bytes(json.cast(), length, "json")?, memory::text(pointer, "pointer")?)
        };
        let value = json::get(json, pointer)?;
        // SAFETY: as above.
        unsafe { memory::copy_out(value.as_bytes(), buffer, size) }
    })
}
