//! A connection: create it, close it, and ask about it.

use std::ffi::{c_char, c_void};

use super::constants::HOSTWS_OK;
use super::guard::{answer, answer_forked, answer_wide};
use super::host::HostHandler;
use super::last_error;
use super::memory::{self, Versioned as _};
use super::types::{ws_handler, ws_id, ws_options, ws_stats};
use super::{names, options, options_json};
use crate::library;
use crate::queue::{Kind, Recipient as _};

/// Creates a connection and begins to open it.
///
/// Returns at once with the status Connecting, and never touches the network or the disk. (The
/// first call that may need TLS starts OpenSSL, which reads its own configuration file.) Failures
/// that only the network can show (refused, DNS, TLS, HTTP 401) are reported by on_error, then
/// on_terminate. You can send messages at once: they wait until the connection is open.
///
/// At most 256 connections of a process are opened at the same time; the environment variable
/// HOSTWS_MAX_OPENING, which the first call reads, changes this limit. The others wait in line, in
/// the order of the calls, while their `open_timeout_ms` runs.
///
/// The blocking form, for a program that wants an open connection or none:
///
///     ws_id ws = ws_new(url, &handler, NULL);
///     if (ws > 0 && ws_wait_status(ws, HOSTWS_CONNECTED, 10000) != HOSTWS_OK) {
///         ws_abort(ws);
///         ws_wait_status(ws, HOSTWS_CLOSED, -1); // then on_terminate has returned
///         ws = 0;
///     }
///
/// A user and password of the URL, or of an http:// or https:// proxy, answer a challenge (401,
/// 407) by Digest (RFC 7616: SHA-256 or MD5, qop auth) or, if the server does not offer that, by
/// Basic. Over TLS, Basic is sent with the first request, which saves a round trip; without TLS,
/// the first request has no credentials, because everybody on the way could read them. An
/// Authorization in `headers` takes the place of the URL's user. See `ask` for everything else,
/// such as NTLM.
///
/// If `options` names no proxy, the library looks for one in the environment, by curl's rules. It
/// calls getenv() during this call; no other thread may call setenv() meanwhile. The first variable
/// that is not empty counts. For wss:// the order is wss_proxy, WSS_PROXY, https_proxy,
/// HTTPS_PROXY, all_proxy, ALL_PROXY. For ws:// it is ws_proxy, WS_PROXY, http_proxy (only in lower
/// case: CGI sets HTTP_PROXY), all_proxy, ALL_PROXY. A value that is not a proxy is
/// HOSTWS_E_OPTION, and the error message names the variable. Hosts in no_proxy or NO_PROXY are
/// reached without a proxy. They are lists, separated by commas or spaces, of domains (with all
/// their subdomains), addresses and networks (10.0.0.0/8), each with an optional :port; * stands
/// for everything. localhost is no exception.
///
/// @param url      ws:// or wss://, at most 8,192 bytes of UTF-8, without a fragment (RFC 6455
///                 section 3). It may contain a user and password, percent-encoded, for servers
///                 that ask for them: see above. For a server on a Unix socket:
///                 ws+unix:///path/to.sock:/request/path, or wss+unix://, with special characters
///                 percent-encoded; for an abstract socket (Linux) ws+unix://@name:/request/path.
///                 The host name is localhost, and no proxy is used
/// @param handler  the callbacks, copied; ws_poll() runs them. If it is NULL or has no callback,
///                 fetch the events with ws_next()
/// @param options  copied; NULL for the defaults
/// @return the connection's id, always positive; or a negative code, and then no callback is ever
///         called: HOSTWS_E_URL, HOSTWS_E_OPTION, HOSTWS_E_STRUCT, HOSTWS_E_ARGUMENT, HOSTWS_E_UTF8
///         for any of the strings, HOSTWS_E_NO_SUCH_ID or HOSTWS_E_WRONG_THREAD for the queue,
///         HOSTWS_E_RESOURCES, HOSTWS_E_SHUTDOWN. ws_last_error_message() has the details
///
/// Blocks: never; but it decrypts an encrypted `tls_key` that is given as text, for as long as the
/// key derivation takes. Threads: any; the events go to the calling thread's own queue unless
/// `options` names another. From a callback: yes. After fork: HOSTWS_E_FORKED. When the thread that
/// owns the queue ends, the connection closes with 1001 and makes no more callbacks.
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
        handler.check_hears(&request)?;
        let (data_type, kind) = (handler.data_type(), handler.kind());
        library::open(url, data_type, request, kind, handler.attach())
    })
}

/// Creates a connection from strings only: ws_new() for languages in which structs and callbacks
/// are awkward. Fetch its events with ws_next().
///
/// @param url           as in ws_new()
/// @param options_json  a JSON object with the names of ws_options, and `data_type` (a number, or
///                      "text", "blob" or "object"). `headers` is an object whose values are
///                      strings, or arrays of strings for a name that repeats; headers are sent in
///                      this order. `tls_verify` is 0, 1 or -1, `tls_min_version` is 10 to 13. An
///                      option that is 0 or 1, such as `deflate`, may be false or true. A number
///                      may be written as 5000.0. An unknown name, a name that occurs twice and a
///                      value of the wrong type are errors, and the message names the option. NULL
///                      or "" for the defaults
/// @param user_data     returned unchanged in each event
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
        library::open(url, data_type, request, Kind::Pull, handler.attach())
    })
}

/// The same as ws_open(), and also returns the error message. For runtimes that may move code to
/// another thread before it can call ws_last_error_message(), such as goroutines.
///
/// @param url           as in ws_open()
/// @param options_json  as in ws_open()
/// @param user_data     as in ws_open()
/// @param words         gets the error message and a NUL, truncated between two characters if
///                      needed; "" if there was no error; may be NULL if `size` is 0
/// @param size          bytes at `words`; 1,024 are always enough
/// @return as ws_open(); HOSTWS_E_ARGUMENT also for `words` and `size`
///
/// Blocks: as ws_new(). Threads: as ws_new(). From a callback: yes. After fork: HOSTWS_E_FORKED,
/// with its message.
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
        unsafe { memory::copy_out_to(["words", "size"], b"", words, size) }?;
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

/// Closes a connection (RFC 6455 section 7). Messages sent before still leave, then the close
/// frame; what has not left after `close_timeout_ms` is dropped. After this call no message is
/// delivered, only on_terminate, with the server's answer. While the status is Connecting (also
/// while a lost connection is being reopened), the opening is abandoned, waiting messages are
/// dropped, and on_terminate has code 1006. While it is Closing, the call only stops the delivery
/// of messages. Without callbacks, TERMINATE waits for ws_next().
///
/// @param ws      a connection
/// @param code    1000, or 3000 to 4999; 0 is 1000
/// @param reason  at most 123 bytes of UTF-8, or NULL
/// @return HOSTWS_OK, or a negative code, and then nothing is sent: HOSTWS_E_ARGUMENT for the code
///         or the length of the reason, HOSTWS_E_UTF8, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_CLOSED (even
///         then, the call stops the delivery of waiting events, except on_terminate)
///
/// Blocks: never; the server has `close_timeout_ms` to answer. Threads: any. From a callback: yes.
/// After fork: HOSTWS_E_FORKED.
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

/// Drops a connection, without a closing handshake, together with the messages that wait to be
/// sent. After this call no message is delivered; on_terminate still comes, with 1006.
///
/// @param ws  a connection
/// @return HOSTWS_OK; or HOSTWS_E_CLOSED (even then, the call stops the delivery of waiting events,
///         except on_terminate, which has its own code), HOSTWS_E_NO_SUCH_ID
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

/// Returns the current status of a connection on the network. Its events may still wait to be
/// delivered.
///
/// @param ws  a connection, even one that ended long ago
/// @return HOSTWS_CONNECTING, HOSTWS_CONNECTED, HOSTWS_CLOSING or HOSTWS_CLOSED;
///         HOSTWS_E_NO_SUCH_ID if no connection ever had this id
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_status(ws: ws_id) -> i32 {
    answer(|| library::status(ws))
}

/// Returns the name of a status.
///
/// @param status  a result of ws_status()
/// @return "Connecting", "Connected", "Closing" or "Closed"; "" for any other number. Valid for
///         ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_status_name(status: i32) -> *const c_char {
    names::status(status).as_ptr()
}

/// Returns the name of a data type.
///
/// @param data_type  HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT
/// @return "text", "blob" or "object"; "" for any other number. Valid for ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_data_type_name(data_type: i32) -> *const c_char {
    names::data_type(data_type).as_ptr()
}

/// Copies the URL given to ws_new() or to the last ws_set_url(), without its user and password.
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the full length of the text in bytes, without the NUL; or HOSTWS_E_CLOSED,
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

/// Returns the data type of a connection, as given when it was created.
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

/// Copies the handler of a connection, as given when it was created.
///
/// @param ws       a connection whose on_terminate has not returned yet
/// @param handler  gets the handler; set its `struct_size` first, as in ws_stats. For a connection
///                 of ws_open() the callbacks are NULL
/// @return HOSTWS_OK; or HOSTWS_E_STRUCT, HOSTWS_E_ARGUMENT, HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_get_handler(ws: ws_id, handler: *mut ws_handler) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        let host = HostHandler::of(connection.host())?;
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { ws_handler::write(handler, host.as_c(), "handler") }?;
        Ok(HOSTWS_OK)
    })
}

/// Sets a header of the upgrade request for the next attempts, for example a fresh token for a
/// connection that is reopened. It replaces all headers with this name. If the first attempt has
/// not begun on the library's thread, the header applies to it, too.
///
/// @param ws     a connection that was created with `reconnect_max`
/// @param name   an RFC 9110 token, such as "Authorization"; not a header of the WebSocket
///               handshake itself
/// @param value  the value, without control characters; NULL removes the header and restores the
///               Host or Authorization of the URL, or the library's User-Agent
/// @return HOSTWS_OK; or HOSTWS_E_ARGUMENT for a name or value that cannot be sent, or without
///         `reconnect_max`; HOSTWS_E_UTF8; HOSTWS_E_CLOSED if the status is Closing or Closed;
///         HOSTWS_E_NO_SUCH_ID
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

/// Sets the URL for the next attempts, for example with a fresh token in its query, an address at
/// which to resume, or another server. If the first attempt has not begun on the library's thread,
/// the URL applies to it, too. An open connection stays as it is until it is lost. ws_url() returns
/// the new URL at once.
///
/// All options apply to the new URL as to the first. Because your program names the URL, all
/// `headers` are sent to it, including Authorization, Cookie and Host, and so are `tls_cert` and
/// `tls_server_name`. If a header is not meant for the new server, change it with ws_set_header().
/// Only the user and password of the old URL are not sent. The use of a proxy is decided again, by
/// the option or by the environment as it was during ws_new().
///
/// @param ws   a connection that was created with `reconnect_max`
/// @param url  as in ws_new(), copied
/// @return HOSTWS_OK; or a negative code, and then nothing changes: HOSTWS_E_URL; HOSTWS_E_OPTION
///         if the environment names an invalid proxy; HOSTWS_E_ARGUMENT without `reconnect_max`;
///         HOSTWS_E_UTF8; HOSTWS_E_CLOSED if the status is Closing or Closed; HOSTWS_E_NO_SUCH_ID
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

/// Copies the statistics of a connection.
///
/// @param ws     a connection whose on_terminate has not returned yet
/// @param stats  gets the numbers; set its `struct_size` first
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
