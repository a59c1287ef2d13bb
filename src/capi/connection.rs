//! The model's class in C: a connection is made, sends, closes and tells of itself.

use std::ffi::{c_char, c_void};

use super::constants::{HOSTWS_MORE, HOSTWS_NO_COMPRESS, HOSTWS_OK};
use super::guard::{answer, answer_wide, length};
use super::host::HostHandler;
use super::memory::{self, Versioned as _};
use super::types::{ws_handler, ws_id, ws_options, ws_stats};
use super::{options, options_json};
use crate::connection::{DataType, SendFlags};
use crate::error::{Code, Error, Result};
use crate::library;
use crate::queue::Kind;

/// Creates a connection and begins to open it.
///
/// Returns at once with the status Connecting; never touches the network or
/// the disk. What only the network can tell (refused, DNS, TLS, HTTP 401)
/// arrives as on_error, then on_terminate. Messages may be sent at once: they
/// wait until the connection is open.
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
/// @param url      ws:// or wss://, at most 8,192 bytes of UTF-8, with no fragment
///                 (RFC 6455 section 3). A user and password in it become an
///                 Authorization header
/// @param handler  who is told of the events, copied. NULL, or one with no callback:
///                 the events are fetched with ws_next(). With a callback: by ws_poll()
/// @param options  copied; NULL for the defaults
/// @return the connection's id, always positive; or a negative code, and then no
///         callback is ever called: HOSTWS_E_URL, HOSTWS_E_OPTION, HOSTWS_E_STRUCT,
///         HOSTWS_E_ARGUMENT, HOSTWS_E_UTF8 for any of the strings, HOSTWS_E_NO_SUCH_ID or
///         HOSTWS_E_WRONG_THREAD for its queue, HOSTWS_E_RESOURCES, HOSTWS_E_SHUTDOWN. The words
///         are in ws_last_error_message()
///
/// Blocks: never. Threads: any; the events go to the calling thread's own queue
/// unless `options` names one. From a callback: yes. After fork: HOSTWS_E_FORKED.
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
        let url = memory::text(url, "url")?;
        let handler = HostHandler::read(handler)?;
        let request = options::read(options)?;
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
///                      An unknown name or a value of the wrong type is an error that names
///                      it. NULL or "" for the defaults
/// @param user_data     handed out with each event as it is
/// @return as ws_new(); HOSTWS_E_JSON if `options_json` is not a JSON object
///
/// Blocks: never. Threads: as ws_new(). From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_open(
    url: *const c_char,
    options_json: *const c_char,
    user_data: *mut c_void,
) -> ws_id {
    answer(|| {
        let url = memory::text(url, "url")?;
        let json = memory::optional_text(options_json, "options_json")?.unwrap_or_default();
        let (request, data_type) = options_json::read(json)?;
        let handler = HostHandler::pull(data_type, user_data);
        library::open(url, data_type, request, Kind::Pull, Box::new(handler))
    })
}

/// Queues one message. All or nothing: what is queued leaves in whole, what is
/// refused leaves no trace.
///
/// @param ws         a connection
/// @param data       `length` bytes, copied before the call returns; may be NULL if
///                   `length` is 0
/// @param length     bytes, or -1 when `data` ends in a NUL
/// @param data_type  HOSTWS_TEXT (UTF-8), HOSTWS_BLOB, HOSTWS_OBJECT (a JSON object or array,
///                   sent unchanged as a text message), or 0 for the connection's own
/// @return HOSTWS_OK, or a negative code: HOSTWS_E_AGAIN when `send_queue_max` bytes already
///         wait (a DRAIN event follows when there is room); HOSTWS_E_TOO_BIG when the message
///         could never fit; HOSTWS_E_UTF8; HOSTWS_E_JSON, whose words give the position;
///         HOSTWS_E_CLOSED from Closing on; HOSTWS_E_BUSY in the middle of a message that
///         ws_send_ex() began; HOSTWS_E_ARGUMENT; HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never, but compressing takes its time. Threads: any, also at once; what one thread sends leaves in that
/// order. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_send(
    ws: ws_id,
    data: *const c_void,
    length: i64,
    data_type: i32,
) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        let data = memory::bytes(data, length, "data")?;
        let data_type = match data_type {
            0 => connection.data_type(),
            other => DataType::from_number(other)?,
        };
        connection.send(data, data_type)?;
        Ok(HOSTWS_OK)
    })
}

/// Queues one message, or a fragment of one: ws_send() for hosts that send what they do
/// not have in one piece, or know not to be worth compressing.
///
/// With HOSTWS_MORE the message stays open: the next call with no HOSTWS_MORE ends it. Each
/// fragment is sent at once, as a frame of its own (RFC 6455 5.4), and text may be cut anywhere,
/// also inside a character. A fragment that is refused changes nothing: it can be given again.
/// Meanwhile ws_send() answers HOSTWS_E_BUSY, so that no other thread's message can get in between;
/// fragments are for one thread at a time. Pings and ws_terminate() are possible; the latter
/// leaves the message without its end.
///
/// @param ws         a connection
/// @param data       `length` bytes, copied before the call returns; may be NULL if
///                   `length` is 0
/// @param length     bytes, or -1 when `data` ends in a NUL
/// @param data_type  as in ws_send(); in a later fragment 0, or the message's own. Fragments are
///                   HOSTWS_TEXT or HOSTWS_BLOB: an object is checked as a whole
/// @param flags      0, or a sum of HOSTWS_MORE and HOSTWS_NO_COMPRESS, which counts where a
///                   message begins
/// @return as ws_send(), for this fragment; HOSTWS_E_UTF8 also if the last one ends inside a
///         character; HOSTWS_E_LOST, once, if the connection was lost after some of the message had
///         left, and is being opened again (`reconnect_max`): nothing was queued, the next
///         call begins a message; HOSTWS_E_ARGUMENT for other flags, a change of the data type, or an
///         object with HOSTWS_MORE
///
/// Blocks: never. Threads: any; fragments of one message from one at a time.
/// From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_send_ex(
    ws: ws_id,
    data: *const c_void,
    length: i64,
    data_type: i32,
    flags: u32,
) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        let data = memory::bytes(data, length, "data")?;
        let data_type = match data_type {
            0 => None,
            other => Some(DataType::from_number(other)?),
        };
        connection.send_with(data, data_type, send_flags(flags)?)?;
        Ok(HOSTWS_OK)
    })
}

fn send_flags(flags: u32) -> Result<SendFlags> {
    let known = HOSTWS_MORE | HOSTWS_NO_COMPRESS;
    if flags & !known != 0 {
        let words = format!("flags is {flags:#x}; HOSTWS_MORE is 1, HOSTWS_NO_COMPRESS 2");
        return Err(Error::ws(Code::Argument, words));
    }
    Ok(SendFlags {
        has_more: flags & HOSTWS_MORE != 0,
        is_uncompressed: flags & HOSTWS_NO_COMPRESS != 0,
    })
}

/// Closes a connection (RFC 6455 section 7). What was sent before still leaves,
/// then the close frame; no message is delivered after the call, only
/// on_terminate, with the server's answer. While Connecting, the opening is
/// given up and on_terminate says 1006, also while a lost connection is opened again. While Closing it does no more than
/// silence further messages. Without callbacks, the end waits for ws_next().
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
        let reason = memory::optional_text(reason, "reason")?.unwrap_or_default();
        connection.terminate(code, reason)?;
        Ok(HOSTWS_OK)
    })
}

/// Drops a connection with no closing handshake. No message is delivered after
/// the call; on_terminate still comes, with 1006.
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
    let name = match status {
        0 => c"Connecting",
        1 => c"Connected",
        2 => c"Closing",
        3 => c"Closed",
        _ => c"",
    };
    name.as_ptr()
}

/// Copies out the URL as ws_new() got it, less its user and password.
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
    answer_wide(|| memory::copy_out(library::find(ws)?.url().as_bytes(), buffer, size))
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
/// @param handler  gets the handler; its `struct_size` must be set. For a connection of
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
        ws_handler::write(handler, host.as_c(), "handler")?;
        Ok(HOSTWS_OK)
    })
}

/// Sends a ping (RFC 6455 5.5.2). The server's answer comes as a PONG event with
/// the same payload and the time of the round trip, which ws_get_stats() also tells.
///
/// @param ws      a connection that is open
/// @param data    `length` bytes, copied; may be NULL if `length` is 0
/// @param length  at most 125; or -1 when `data` ends in a NUL
/// @return HOSTWS_OK; or HOSTWS_E_ARGUMENT, HOSTWS_E_AGAIN when the send queue is full or 64 pings
///         wait for their answers, HOSTWS_E_CLOSED from Closing on, HOSTWS_E_NO_SUCH_ID.
///         While Connecting, the ping waits like a message
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_ping(ws: ws_id, data: *const c_void, length: i32) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        connection.ping(memory::bytes(data, i64::from(length), "data")?)?;
        Ok(HOSTWS_OK)
    })
}

/// Sets a header of the upgrade request for the attempts that follow, in place of all
/// that have its name: a fresh token for a connection that is opened again. What is set before
/// the worker has begun the first attempt counts for that one too.
///
/// @param ws     a connection that was created with `reconnect_max`
/// @param name   an RFC 9110 token, such as "Authorization"; not one of the handshake's own
/// @param value  its value, with no control character; NULL takes the header away
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
        let name = memory::text(name, "name")?;
        connection.set_header(name, memory::optional_text(value, "value")?)?;
        Ok(HOSTWS_OK)
    })
}

/// Tells how many bytes of messages, as framed, the operating system has not
/// taken yet. Inside on_terminate: how many never left.
///
/// @param ws  a connection whose on_terminate has not returned yet
/// @return bytes; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_buffered_amount(ws: ws_id) -> i64 {
    answer_wide(|| length(library::find(ws)?.buffered_amount()))
}

/// Copies out the subprotocol that the server chose (RFC 6455 1.9).
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param buffer  gets the text and a NUL, cut off if need be; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the text's whole length in bytes without the NUL, 0 if there is none; or
///         HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_subprotocol(ws: ws_id, buffer: *mut c_char, size: i64) -> i64 {
    answer_wide(|| {
        let connection = library::find(ws)?;
        memory::copy_out(connection.subprotocol().unwrap_or_default().as_bytes(), buffer, size)
    })
}

/// Tells the HTTP status of the server's answer to the upgrade request.
///
/// @param ws  a connection whose on_terminate has not returned yet
/// @return 101 once it is open, 401 or the like if it was refused, 0 while there is no
///         answer; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_response_status(ws: ws_id) -> i32 {
    answer(|| Ok(library::find(ws)?.answer().map_or(0, |answer| i32::from(answer.response.status))))
}

/// Copies out a header of the server's answer to the upgrade request. The values
/// of a name that repeats are joined with ", " (RFC 9110 5.3).
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param name    the header's name, in any case
/// @param buffer  gets the value and a NUL, cut off if need be; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the value's whole length in bytes without the NUL; or HOSTWS_E_NOT_FOUND if the answer
///         has no such header or there is none yet, HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID,
///         HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_response_header(
    ws: ws_id,
    name: *const c_char,
    buffer: *mut c_char,
    size: i64,
) -> i64 {
    answer_wide(|| {
        let connection = library::find(ws)?;
        let name = memory::text(name, "name")?;
        let value =
            connection.answer().and_then(|answer| answer.header(name)).ok_or_else(|| {
                Error::ws(Code::NotFound, format!("the server's answer has no header {name:?}"))
            })?;
        memory::copy_out(value.as_bytes(), buffer, size)
    })
}

/// Copies out the body of the answer with which the server refused the upgrade,
/// its first 64 KiB.
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param buffer  gets the bytes and a NUL, cut off if need be; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the body's length in bytes without the NUL, 0 if there is none; or
///         HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_response_body(ws: ws_id, buffer: *mut c_char, size: i64) -> i64 {
    answer_wide(|| {
        let connection = library::find(ws)?;
        let answer = connection.answer();
        let body = answer.as_ref().map_or(&[][..], |answer| &answer.body);
        memory::copy_out(body, buffer, size)
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
        ws_stats::write(stats, snapshot.into(), "stats")?;
        Ok(HOSTWS_OK)
    })
}
