//! Sending: messages, fragments of messages, pings.

use std::ffi::c_void;

use super::constants::{HOSTWS_MORE, HOSTWS_NOTIFY, HOSTWS_NO_COMPRESS, HOSTWS_OK};
use super::guard::{answer, answer_briefly, answer_wide, length};
use super::memory;
use super::types::ws_id;
use crate::connection::{DataType, SendFlags};
use crate::error::{Code, Error, Result};
use crate::library;

/// Queues one message. It is sent completely or, if the call fails, not at all.
///
/// On a quiet connection it leaves at once, on the calling thread. Messages in quick succession
/// after the first few, and messages that a callback sends while more events wait, are collected
/// and leave together: when the callbacks are done, when the thread waits for events, when there
/// are many of them (32, then 64, and so on) or 128 KiB, or at the latest after a few milliseconds.
///
/// @param ws         a connection
/// @param data       `length` bytes, copied before the call returns; may be NULL if `length` is 0
/// @param length     bytes, or -1 if `data` ends in a NUL
/// @param data_type  HOSTWS_TEXT (UTF-8), HOSTWS_BLOB, HOSTWS_OBJECT (a JSON object or array, sent
///                   unchanged as a text message), or 0 for the connection's own
/// @return HOSTWS_OK, or a negative code: HOSTWS_E_AGAIN if `send_queue_max` bytes already wait (a
///         DRAIN event follows when there is room); HOSTWS_E_TOO_BIG if the message would not fit
///         even into an empty queue; HOSTWS_E_UTF8; HOSTWS_E_JSON, whose message gives the
///         position; HOSTWS_E_RESOURCES if there is no memory for it; HOSTWS_E_CLOSED if the status
///         is Closing or Closed; HOSTWS_E_BUSY between the fragments of a message that ws_send_ex()
///         began; HOSTWS_E_ARGUMENT; HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never, except while this message or that of another thread is being compressed. Threads:
/// any, also several at once; the messages of one thread leave in the order of its calls. From a
/// callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_send(
    ws: ws_id,
    data: *const c_void,
    length: i64,
    data_type: i32,
) -> i32 {
    answer_briefly(|| {
        library::with(ws, |connection| {
            // SAFETY: the header asks the caller for valid pointers.
            let data = unsafe { memory::bytes(data, length, "data") }?;
            let data_type = match data_type {
                0 => connection.data_type(),
                other => DataType::from_number(other)?,
            };
            connection.send(data, data_type)?;
            Ok(HOSTWS_OK)
        })
    })
}

/// Queues one message or a fragment of one. For programs that do not have a message in one piece,
/// or that know that compression would not help.
///
/// With HOSTWS_MORE the message stays open; the next call without HOSTWS_MORE ends it. Each
/// fragment is sent at once, as a frame of its own (RFC 6455 5.4). Text may be cut anywhere, even
/// inside a character. If the call fails, nothing changes: you can pass the fragment again. Until
/// the message ends, ws_send() returns HOSTWS_E_BUSY, so that no other thread's message gets in
/// between; only one thread at a time may send fragments. ws_ping() and ws_terminate() are allowed;
/// ws_terminate() leaves the message incomplete.
///
/// With HOSTWS_NOTIFY a SENT event follows when the operating system has taken the last byte of the
/// message (over TLS, of its last record). It does not mean that the server has received the
/// message. The call returns the message's number, which is the event's `code`. A connection
/// numbers all its messages, also those of ws_send(), from 1 in the order in which they leave;
/// 2147483647 is followed by 1. SENT events come in this order. A message that is sent again after
/// a reconnect is reported once. There is no SENT for a message that is dropped because it expires
/// (EXPIRED), because its fragments are torn apart by a reconnect, or because the connection ends;
/// nor after ws_terminate() and similar calls, after which only on_terminate comes. Pass
/// HOSTWS_NOTIFY with the last fragment of a message.
///
/// @param ws         a connection
/// @param data       `length` bytes, copied before the call returns; may be NULL if `length` is 0
/// @param length     bytes, or -1 if `data` ends in a NUL
/// @param data_type  as in ws_send(); in a later fragment 0, or the type of the message. Fragments
///                   are HOSTWS_TEXT or HOSTWS_BLOB: an object is checked as a whole
/// @param flags      0, or a sum of HOSTWS_MORE, HOSTWS_NO_COMPRESS and HOSTWS_NOTIFY;
///                   HOSTWS_NO_COMPRESS applies to the whole message and counts only in its first
///                   fragment
/// @return as ws_send(), for this fragment; with HOSTWS_NOTIFY the message's number, from 1, in
///         place of HOSTWS_OK, and HOSTWS_E_AGAIN also if 65,536 SENT and EXPIRED events are
///         outstanding or wait for you to take them (no DRAIN follows); HOSTWS_E_UTF8 also if the
///         last fragment ends inside a character; HOSTWS_E_LOST, once, if the connection was lost
///         after some of the message had left and is being reopened (`reconnect_max`): nothing was
///         queued, and the next call begins a new message; HOSTWS_E_ARGUMENT for other flags, for a
///         change of the data type, for an object with HOSTWS_MORE, and for HOSTWS_NOTIFY with
///         HOSTWS_MORE
///
/// Blocks: never, except while this message or that of another thread is being compressed. Threads:
/// any; the fragments of one message from one at a time. From a callback: yes. After fork:
/// HOSTWS_E_FORKED.
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
        library::with(ws, |connection| {
            // SAFETY: the header asks the caller for valid pointers.
            let data = unsafe { memory::bytes(data, length, "data") }?;
            let data_type = match data_type {
                0 => None,
                other => Some(DataType::from_number(other)?),
            };
            let flags = send_flags(flags)?;
            let number = connection.send_with(data, data_type, flags)?;
            Ok(if flags.is_notified { number } else { HOSTWS_OK })
        })
    })
}

fn send_flags(flags: u32) -> Result<SendFlags> {
    let known = HOSTWS_MORE | HOSTWS_NO_COMPRESS | HOSTWS_NOTIFY;
    if flags & !known != 0 {
        let words = format!(
            "flags is {flags:#x}; HOSTWS_MORE is 1, HOSTWS_NO_COMPRESS 2, \
             HOSTWS_NOTIFY 4"
        );
        return Err(Error::ws(Code::Argument, words));
    }
    if flags & HOSTWS_MORE != 0 && flags & HOSTWS_NOTIFY != 0 {
        let words = "HOSTWS_NOTIFY belongs to the last fragment, which has no HOSTWS_MORE";
        return Err(Error::ws(Code::Argument, words));
    }
    Ok(SendFlags {
        has_more: flags & HOSTWS_MORE != 0,
        is_uncompressed: flags & HOSTWS_NO_COMPRESS != 0,
        is_notified: flags & HOSTWS_NOTIFY != 0,
    })
}

/// Sends a ping (RFC 6455 5.5.2). The server's answer comes as a PONG event with the same payload
/// and the round-trip time. ws_get_stats() also has that time.
///
/// A server may answer only the latest of several pings. A pong therefore answers the newest ping
/// with its payload and all pings before it, and causes one event. Pings with different payloads
/// can be told apart. A pong with any other payload shows that the server is alive, but causes no
/// event. Up to 64 pings wait for their answers. When there are more, the library forgets pings
/// sent before such a pong, and pings sent more than 30 s ago.
///
/// @param ws      a connection that is open
/// @param data    `length` bytes, copied; may be NULL if `length` is 0
/// @param length  at most 125; or -1 if `data` ends in a NUL
/// @return HOSTWS_OK; or HOSTWS_E_ARGUMENT, HOSTWS_E_AGAIN if the send queue is full or 64 pings
///         wait for their answers or for you to take the PONG, HOSTWS_E_CLOSED if the status is
///         Closing or Closed, HOSTWS_E_NO_SUCH_ID. While Connecting, the ping waits like a message
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_ping(ws: ws_id, data: *const c_void, length: i32) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        // SAFETY: the header asks the caller for valid pointers.
        connection.ping(unsafe { memory::bytes(data, i64::from(length), "data") }?)?;
        Ok(HOSTWS_OK)
    })
}

/// Returns the number of bytes of messages, as framed, that the operating system has not taken yet.
/// Pings do not count. Inside on_terminate it is the number of bytes that never left.
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
