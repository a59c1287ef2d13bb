//! The library as a whole: errors, version, log, shutdown.

use std::ffi::{c_char, c_void};

use super::constants::*;
use super::frames;
use super::guard::{answer, answer_forked, answer_wide};
use super::host::LogFunction;
use super::last_error;
use super::memory;
use super::pulled;
use crate::error::{Code, Error};
use crate::{json, library, log};

/// Returns the code of the calling thread's last failed call.
///
/// @return a HOSTWS_E_ code, or HOSTWS_OK if no call has failed yet. A call that succeeds does not
///         change it
///
/// Blocks: never. Threads: any; each has its own. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_last_error() -> i32 {
    last_error::code()
}

/// Returns a description of the error of the calling thread's last failed call.
///
/// The buffer belongs to the thread. It stays at the same address until the thread ends, and each
/// call that fails overwrites it. If one printf() has both ws_send(..) and ws_last_error_message()
/// as arguments, it may print the message of an earlier call. Copy the message before you pass it
/// to another thread.
///
/// A runtime that moves code between threads must make the failing call and this one on the same
/// thread: use runtime.LockOSThread() in Go, or a C function of your own that makes both calls. A
/// Java virtual thread keeps its thread between two calls if it does not block between them.
/// ws_open_ex() returns its message itself.
///
/// @return one line, truncated at 1,023 bytes, between two characters; "" if no call has failed yet
///
/// Blocks: never. Threads: any; each has its own. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_last_error_message() -> *const c_char {
    last_error::message()
}

/// Returns the general meaning of a HOSTWS_E_ code.
///
/// @param code  HOSTWS_OK or a HOSTWS_E_ code
/// @return a short text; valid for ever
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
        HOSTWS_E_BUSY => {
            c"another thread is polling this queue, or a message sent in fragments is not complete"
        }
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

/// Returns the version of the library in use.
///
/// @return a text such as "0.1.0"; valid for ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Returns the version of the library in use, to compare with HOSTWS_VERSION_NUMBER.
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

/// Returns what the library in use is made of, for a bug report or an inventory.
///
/// @return a text such as "hostws 0.1.0, OpenSSL 3.0.22 (system), x86_64-unknown-linux-gnu"; valid
///         for ever. The version of the TLS library is that of the library in use, not that at
///         build time. "vendored" instead of "system" means that it is part of hostws
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_build_info() -> *const c_char {
    library::build_info().as_ptr()
}

/// Sets where log lines go. Without this call the environment decides: HOSTWS_LOG=error, warning,
/// info, debug or trace writes to stderr; otherwise nothing is logged.
///
/// THE FUNCTION RUNS ON A THREAD OF THE LIBRARY that does nothing else, and inside calls on the
/// calling thread. It may call no function of the library except ws_wake(). A slow function delays
/// no connection: lines from the library's threads wait, up to 256 KiB of them. Any more are
/// dropped, and a later line says how many. A call that writes a line on a thread of yours waits
/// for those lines first, up to 100 ms. On a thread of yours the function must return. If it ends
/// the library's thread by pthread_exit() or an exception, it is not called again, and nothing more
/// is logged. Windows: it must not end a thread, because ws_set_log() would wait for it for ever; an
/// exception is as told.
///
/// A log entry is always one line; control characters in text from a server are escaped. No line
/// contains anything in the options that may be a secret: the path and query of the URL, users and
/// passwords, keys, subprotocols, and the values of headers (except those known to be harmless,
/// such as Host). HOSTWS_LOG_TRACE shows the beginning of the data that is sent and received in
/// messages.
///
/// @param level      HOSTWS_LOG_OFF to HOSTWS_LOG_TRACE: lines above this level are not written
/// @param fn         gets each line, without a line end; NULL: stderr. The previous function is no
///                   longer running when the call returns
/// @param user_data  passed to the function unchanged. It must stay valid until the function is
///                   replaced, or ws_shutdown() has returned anything but HOSTWS_E_TIMEOUT
/// @return HOSTWS_OK, or HOSTWS_E_ARGUMENT
///
/// Blocks: while the previous function runs. Threads: any except those of the library. From a
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

/// Tells the library that the network of the machine has changed: another Wi-Fi, from Wi-Fi to
/// mobile, a VPN that was started, a cable that was plugged in. A connection that did not survive
/// the change is then detected in seconds instead of a minute, and a lost connection is tried again
/// without delay.
///
/// On Linux the library watches for changes itself, through rtnetlink, while there are connections:
/// an interface that starts or stops running, an address that is added or removed, a new default
/// route. The loopback interface does not count. All changes within 250 ms are treated as one. With
/// HOSTWS_NETWORK_WATCH=0 in the environment, or if the system does not permit it, the library does
/// not watch. Then, and on other systems, call this function when the system reports a change.
///
/// Every open connection sends a ping at once, and is lost if nothing is received within
/// `ping_timeout_ms`, but 5 s at most. This excludes connections that are paused or have
/// `ping_interval_ms` -1. Every attempt of `reconnect_max` that waits for its delay begins at once,
/// unless the server asked for the delay (Retry-After). An opening goes on within
/// `open_timeout_ms`. Further calls while a ping of this kind is unanswered do not extend its time.
///
/// @return HOSTWS_OK
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_network_changed() -> i32 {
    answer(|| {
        library::network_changed();
        Ok(HOSTWS_OK)
    })
}

/// Closes all connections with 1001 and ends the library's threads. From now on no message is
/// accepted. Messages accepted before leave first: for them, an opening is finished, and a lost
/// connection is reopened as its options say. Connections with nothing to send close at once.
/// Connections that are not closed in time are dropped. The call makes no callbacks: the TERMINATE
/// events stay in their queues, where you can poll them as usual or drop them with
/// ws_queue_discard(). No other event follows: an opening that fails during the call has no ERROR.
/// Afterwards the library is in its initial state, and ws_new() starts it again: the log function
/// and the wake-up functions have returned and are forgotten, and the system's trust store will be
/// read again.
///
/// In a forked child the call forgets everything of the parent, so that the child can use the
/// library itself. The parent's ids are Closed there.
///
/// @param timeout_ms  the time limit of the whole call; 0: everything is dropped at once; -1: each
///                    connection has its own limits, `open_timeout_ms` for an opening, and
///                    `close_timeout_ms` during which nothing leaves or the server does not answer;
///                    with `reconnect_max` -1 and a message that waits, this may take for ever
/// @return HOSTWS_OK: every accepted message has left (except pings, and messages that you dropped
///         yourself by ws_abort() or ws_terminate()); HOSTWS_E_TIMEOUT if a message was dropped,
///         also because `timeout_ms` is 0 or an opening failed (the error message names the
///         connection, and what failed unless the time was up), if `timeout_ms` is more than 0 and
///         passed before every connection was closed, or if a thread did not end or a function did
///         not return. If only `close_timeout_ms` passed, and every message has left, the result is
///         HOSTWS_OK. HOSTWS_E_SHUTDOWN if another thread is already inside ws_shutdown();
///         HOSTWS_E_ARGUMENT if `timeout_ms` is less than -1
///
/// Blocks: up to `timeout_ms` and a moment; neither ws_wake() nor a signal handler ends it.
/// Threads: any except those of the library. From a callback: yes. After fork: yes, see above.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_shutdown(timeout_ms: i32) -> i32 {
    answer_forked(|| {
        if library::is_forked() {
            frames::forget();
            pulled::forget_own();
        }
        library::shutdown(memory::timeout(timeout_ms)?)?;
        Ok(HOSTWS_OK)
    })
}

/// Reads one value out of a JSON text, for programs without a JSON parser.
///
/// @param json     `length` bytes, such as the data of a HOSTWS_OBJECT message
/// @param length   bytes, or -1 if `json` ends in a NUL
/// @param pointer  an RFC 6901 pointer, such as "/quotes/0/price"; "" is the whole text
/// @param buffer   gets the value and a NUL, truncated if needed: a string unescaped, any other
///                 value as JSON text; may be NULL if `size` is 0
/// @param size     bytes at `buffer`
/// @return the full length of the value in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if there
///         is no such value, HOSTWS_E_JSON if the text is not JSON, HOSTWS_E_ARGUMENT,
///         HOSTWS_E_RESOURCES
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
