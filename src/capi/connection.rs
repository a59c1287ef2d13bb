//! The model's class in C: a connection is made, closes and tells of itself.

use std::ffi::{c_char, c_void};

use super::constants::HOSTWS_OK;
use super::guard::{answer, answer_forked, answer_wide};
use super::host::HostHandler;
use super::last_error;
use super::memory::{self, Versioned as _};
use super::types::{ws_handler, ws_id, ws_options, ws_stats};
use super::{names, options, options_json};
use crate::library;
use crate::queue::Kind;

/// Creates a connection and begins to open it.
///
/// Returns at once with the status Connecting; never touches the network or
/// the disk (OpenSSL may read its own configuration, see `tls_key`). What only
/// the network can tell (refused, DNS, TLS, HTTP 401) arrives as on_error, then
/// on_terminate. Messages may be sent at once: they wait until the connection is
/// open.
///
/// The blocking form, for a program that wants a connection or none:
///
///     ws_id ws = ws_new(url, &handler, NULL);
///     if (ws > 0 && ws_wait_status(ws, HOSTWS_CONNECTED, 10000) != HOSTWS_OK) {
///         ws_abort(ws);
///         ws_wait_status(ws, HOSTWS_CLOSED, -1); // then on_terminate has returned
///         ws = 0;
///     }
///
/// A proxy that `options` do not name is looked for in the environment, as getenv() gives
/// it during the call, by curl's rules; no other thread may call setenv() meanwhile. For
/// wss:// the first that is not empty counts of wss_proxy, WSS_PROXY, https_proxy,
/// HTTPS_PROXY, all_proxy, ALL_PROXY; for ws:// of ws_proxy, WS_PROXY, http_proxy (in lower
/// case alone: CGI sets the other), all_proxy, ALL_PROXY. One that names no proxy is
/// HOSTWS_E_OPTION, and the words say which. No proxy is used for what no_proxy or NO_PROXY
/// lists, separated by commas or blanks: domains with all that is under them, addresses,
/// networks (10.0.0.0/8), each perhaps with a :port, or * for everything. localhost is no
/// exception.
///
/// @param url      ws:// or wss://, at most 8,192 bytes of UTF-8, with no fragment
///                 (RFC 6455 section 3). A user and password in it become an
///                 Authorization header. Or a server on a Unix socket:
///                 ws+unix:///path/to.sock:/request/path, also wss+unix://, where what is
///                 special is percent-encoded; its name is localhost, and no proxy is used
/// @param handler  who is told of the events, copied. NULL, or one with no callback:
///                 the events are fetched with ws_next(). With a callback: by ws_poll()
/// @param options  copied; NULL for the defaults
/// @return the connection's id, always positive; or a negative code, and then no
///         callback is ever called: HOSTWS_E_URL, HOSTWS_E_OPTION, HOSTWS_E_STRUCT,
///         HOSTWS_E_ARGUMENT, HOSTWS_E_UTF8 for any of the strings, HOSTWS_E_NO_SUCH_ID or
///         HOSTWS_E_WRONG_THREAD for its queue, HOSTWS_E_RESOURCES, HOSTWS_E_SHUTDOWN. The words
///         are in ws_last_error_message()
///
/// Blocks: never; but an encrypted `tls_key` that is given as text is decrypted here, for as
/// long as its key derivation takes. Threads: any; the events go to the calling thread's own
/// queue unless `options` names one. From a callback: yes. After fork: HOSTWS_E_FORKED.
/// When the thread that owns the queue ends, the connection closes with 1001 and
/// no callback runs any more.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_new(
    url: *const c_char,
    handler: *const ws_handler,
    options: *const ws_options,
) -> ws_id {
    answer(|| {
        // SAFETY: the header asks the caller for valid pointers.
        let (url, handler, request) = unsafe {
            (memory::text(url, "url")?, HostHandler::read(handler)?, options::read(options)?)
        };
        library::open(url, handler.data_type, request, handler.kind(), Box::new(handler))
    })
}

/// Creates a connection from strings alone: ws_new() for languages in which
/// structs and callbacks are trouble. Its events are fetched with ws_next().
///
/// @param url           as in ws_new()
/// @param options_json  a JSON object with the names of ws_options, and `data_type`
///                      (a number, or "text", "blob" or "object"). `headers` is an object whose
///                      values are a string, or an array of strings for a name that repeats;
///                      `tls_verify` is 0, 1 or -1, `tls_min_version` 10 to 13; what is 0 or 1,
///                      such as `deflate`, may be false or true.
///                      Headers are sent in their order here; a number may be written as
///                      5000.0. An unknown name, one that is there twice or a value of the
///                      wrong type is an error that names it. NULL or "" for the defaults
/// @param user_data     handed out with each event as it is
/// @return as ws_new(); HOSTWS_E_JSON if `options_json` is not a JSON object
///
/// Blocks: as ws_new(). Threads: as ws_new(). From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_open(
    url: *const c_char,
    options_json: *const c_char,
    user_data: *mut c_void,
) -> ws_id {
    answer(|| {
        // SAFETY: the header asks the caller for valid pointers.
        let (url, json) = unsafe {
            (memory::text(url, "url")?, memory::optional_text(options_json, "options_json")?)
        };
        let (request, data_type) = options_json::read(json.unwrap_or_default())?;
        let handler = HostHandler::pull(data_type, user_data);
        library::open(url, data_type, request, Kind::Pull, Box::new(handler))
    })
}

/// ws_open() with the words of an error: for runtimes that may move their code to another
/// thread before it can call ws_last_error_message(), such as goroutines.
///
/// @param url           as in ws_open()
/// @param options_json  as in ws_open()
/// @param user_data     as in ws_open()
/// @param words         gets what was wrong, cut between two characters if need be, and a NUL; ""
///                      if nothing was; may be NULL if `size` is 0
/// @param size          bytes at `words`; 1,024 are always enough
/// @return as ws_open(); HOSTWS_E_ARGUMENT also for `words` and `size`
///
/// Blocks: as ws_new(). Threads: as ws_new(). From a callback: yes. After fork: HOSTWS_E_FORKED,
/// with its words.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_open_ex(
    url: *const c_char,
    options_json: *const c_char,
    user_data: *mut c_void,
    words: *mut c_char,
    size: i64,
) -> ws_id {
    let writable = answer_forked(|| {
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_out(b"", words, size) }?;
        Ok(HOSTWS_OK)
    });
    if writable < 0 {
        return writable;
    }
    // SAFETY: as above.
    let ws = unsafe { ws_open(url, options_json, user_data) };
    if ws < 0 {
        // SAFETY: as above, and the buffer has been checked.
        last_error::with_message(|message| unsafe {
            memory::copy_words_out(message, words, size);
        });
    }
    ws
}

/// Closes a connection (RFC 6455 section 7). What was sent before still leaves,
/// then the close frame; what has not left after `close_timeout_ms` is dropped.
/// No message is delivered after the call, only on_terminate, with the server's
/// answer. While Connecting, the opening is given up, what waits to be sent is
/// dropped, and on_terminate says 1006, also while a lost connection is opened
/// again. While Closing it does no more than silence further messages. Without
/// callbacks, the end waits for ws_next().
///
/// @param ws      a connection
/// @param code    1000, or 3000 to 4999; 0 is 1000
/// @param reason  at most 123 bytes of UTF-8, or NULL
/// @return HOSTWS_OK, or a negative code, and then nothing is sent: HOSTWS_E_ARGUMENT for the
///         code or the reason's length, HOSTWS_E_UTF8, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_CLOSED (what
///         still waits of the connection, on_terminate excepted, is silenced all the same)
///
/// Blocks: never; the server has `close_timeout_ms` to answer. Threads: any.
/// From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_terminate(ws: ws_id, code: i32, reason: *const c_char) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        // SAFETY: the header asks the caller for valid pointers.
        let reason = unsafe { memory::optional_text(reason, "reason") }?.unwrap_or_default();
        connection.terminate(code, reason)?;
        Ok(HOSTWS_OK)
    })
}

/// Drops a connection with no closing handshake, and what waits to be sent with
/// it. No message is delivered after the call; on_terminate still comes, with 1006.
///
/// @param ws  a connection
/// @return HOSTWS_OK, HOSTWS_E_CLOSED or HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_abort(ws: ws_id) -> i32 {
    answer(|| {
        library::find(ws)?.abort()?;
        Ok(HOSTWS_OK)
    })
}

/// Tells a connection's status as the network sees it now.
///
/// @param ws  a connection, also one that is long gone
/// @return HOSTWS_CONNECTING, HOSTWS_CONNECTED, HOSTWS_CLOSING or HOSTWS_CLOSED;
///         HOSTWS_E_NO_SUCH_ID if the id was never issued
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_status(ws: ws_id) -> i32 {
    answer(|| library::status(ws))
}

/// Tells the word for a status.
///
/// @param status  what ws_status() returned
/// @return "Connecting", "Connected", "Closing" or "Closed"; "" for any other number.
///         Lives for ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_status_name(status: i32) -> *const c_char {
    names::status(status).as_ptr()
}

/// Tells the word for a data type.
///
/// @param data_type  HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT
/// @return "text", "blob" or "object"; "" for any other number. Lives for ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_data_type_name(data_type: i32) -> *const c_char {
    names::data_type(data_type).as_ptr()
}

/// Copies out the URL as ws_new() or last ws_set_url() got it, less its user and password.
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param buffer  gets the text and a NUL, cut off if need be; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the text's whole length in bytes without the NUL; or HOSTWS_E_CLOSED,
///         HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_url(ws: ws_id, buffer: *mut c_char, size: i64) -> i64 {
    answer_wide(|| {
        let connection = library::find(ws)?;
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_out(connection.url().as_bytes(), buffer, size) }
    })
}

/// Tells the data type that a connection was created with.
///
/// @param ws  a connection whose on_terminate has not returned yet
/// @return HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_data_type(ws: ws_id) -> i32 {
    answer(|| Ok(library::find(ws)?.data_type() as i32))
}

/// Copies out the handler that a connection was created with.
///
/// @param ws       a connection whose on_terminate has not returned yet
/// @param handler  gets the handler; its `struct_size` must be set, see ws_stats. For a connection of
///                 ws_open() the callbacks are NULL
/// @return HOSTWS_OK; or HOSTWS_E_STRUCT, HOSTWS_E_ARGUMENT, HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_get_handler(ws: ws_id, handler: *mut ws_handler) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        let host = HostHandler::of(connection.as_ref())?;
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { ws_handler::write(handler, host.as_c(), "handler") }?;
        Ok(HOSTWS_OK)
    })
}

/// Sets a header of the upgrade request for the attempts that follow, in place of all
/// that have its name: a fresh token for a connection that is opened again. What is set before
/// the worker has begun the first attempt counts for that one too.
///
/// @param ws     a connection that was created with `reconnect_max`
/// @param name   an RFC 9110 token, such as "Authorization"; not one of the handshake's own
/// @param value  its value, with no control character; NULL takes the header away, and brings
///               back the URL's own Host, Authorization or the library's User-Agent
/// @return HOSTWS_OK; or HOSTWS_E_ARGUMENT for a name or value that cannot be sent, or without
///         `reconnect_max`; HOSTWS_E_UTF8; HOSTWS_E_CLOSED from Closing on; HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_set_header(
    ws: ws_id,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        // SAFETY: the header asks the caller for valid pointers.
        let (name, value) =
            unsafe { (memory::text(name, "name")?, memory::optional_text(value, "value")?) };
        connection.set_header(name, value)?;
        Ok(HOSTWS_OK)
    })
}

/// Sets the URL for the attempts that follow: a fresh token in its query, the address at which
/// to resume, another server. What is set before the worker has begun the first attempt counts
/// for that one too. A connection that is open stays as it is until it is lost. ws_url() tells
/// the new URL at once.
///
/// All options hold for the new URL as for the first one. As this program names it, all `headers`
/// go there, Authorization, Cookie and Host included, and so do `tls_cert` and
/// `tls_server_name`; change headers with ws_set_header() where they are not meant for it. Only
/// the user and password of the old URL do not go along. Whether a proxy is used is decided anew,
/// by the option or by the environment as it was in ws_new().
///
/// @param ws   a connection that was created with `reconnect_max`
/// @param url  as in ws_new(), copied
/// @return HOSTWS_OK; or, and then nothing is changed: HOSTWS_E_URL; HOSTWS_E_OPTION if the
///         environment names no proxy that can be; HOSTWS_E_ARGUMENT without `reconnect_max`;
///         HOSTWS_E_UTF8; HOSTWS_E_CLOSED from Closing on; HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_set_url(ws: ws_id, url: *const c_char) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        // SAFETY: the caller's promise, which is the header's.
        let url = unsafe { memory::text(url, "url") }?;
        connection.set_url(url)?;
        Ok(HOSTWS_OK)
    })
}

/// Copies out what a connection has done so far.
///
/// @param ws     a connection whose on_terminate has not returned yet
/// @param stats  gets the numbers; its `struct_size` must be set
/// @return HOSTWS_OK; or HOSTWS_E_STRUCT, HOSTWS_E_ARGUMENT, HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_get_stats(ws: ws_id, stats: *mut ws_stats) -> i32 {
    answer(|| {
        let snapshot = library::find(ws)?.stats();
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { ws_stats::write(stats, snapshot.into(), "stats") }?;
        Ok(HOSTWS_OK)
    })
}
