//! What a connection sends: messages, fragments of them, pings.

use std::ffi::c_void;

use super::constants::{HOSTWS_MORE, HOSTWS_NO_COMPRESS, HOSTWS_OK};
use super::guard::{answer, answer_wide, length};
use super::memory;
use super::types::ws_id;
use crate::connection::{DataType, SendFlags};
use crate::error::{Code, Error, Result};
use crate::library;

/// Queues one message. All or nothing: what is queued leaves in whole, what is
/// refused leaves no trace.
///
/// On a quiet connection it leaves at once, on the calling thread. What follows hard on a few
/// others, and what a callback sends while more events wait, is gathered, and leaves together:
/// when the callbacks are done, when the thread waits for events, when it is 128 KiB, or a few
/// milliseconds later without any of these.
///
/// @param ws         a connection
/// @param data       `length` bytes, copied before the call returns; may be NULL if
///                   `length` is 0
/// @param length     bytes, or -1 when `data` ends in a NUL
/// @param data_type  HOSTWS_TEXT (UTF-8), HOSTWS_BLOB, HOSTWS_OBJECT (a JSON object or array,
///                   sent unchanged as a text message), or 0 for the connection's own
/// @return HOSTWS_OK, or a negative code: HOSTWS_E_AGAIN when `send_queue_max` bytes already
///         wait (a DRAIN event follows when there is room); HOSTWS_E_TOO_BIG when the message
///         could never fit, whatever leaves before it; HOSTWS_E_UTF8; HOSTWS_E_JSON, whose words
///         give the position; HOSTWS_E_RESOURCES when there is no memory for it;
///         HOSTWS_E_CLOSED from Closing on; HOSTWS_E_BUSY in the middle of a message that
///         ws_send_ex() began; HOSTWS_E_ARGUMENT; HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never, but compressing takes its time, also another thread's. Threads: any,
/// also at once; what one thread sends leaves in that order. From a callback: yes.
/// After fork: HOSTWS_E_FORKED.
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
///         character; HOSTWS_E_LOST, once, if the connection was lost after some of the message
///         had left, and is being opened again (`reconnect_max`): nothing was queued, the next
///         call begins a message; HOSTWS_E_ARGUMENT for other flags, a change of the data type,
///         or an object with HOSTWS_MORE
///
/// Blocks: never, but compressing takes its time, also another thread's. Threads: any;
/// fragments of one message from one at a time.
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
        library::with(ws, |connection| {
            // SAFETY: the header asks the caller for valid pointers.
            let data = unsafe { memory::bytes(data, length, "data") }?;
            let data_type = match data_type {
                0 => None,
                other => Some(DataType::from_number(other)?),
            };
            connection.send_with(data, data_type, send_flags(flags)?)?;
            Ok(HOSTWS_OK)
        })
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

/// Sends a ping (RFC 6455 5.5.2). The server's answer comes as a PONG event with
/// the same payload and the time of the round trip, which ws_get_stats() also tells.
///
/// A server may answer only the latest of several pings, so a pong answers the newest ping with
/// its payload and all before it, and brings one event. Pings that differ in their payload can
/// be told apart. A pong with any other payload is a sign of life and brings no event. Up to
/// 64 pings wait for their answers; where there are more, those are forgotten that were sent
/// before such a pong, or 30 s ago.
///
/// @param ws      a connection that is open
/// @param data    `length` bytes, copied; may be NULL if `length` is 0
/// @param length  at most 125; or -1 when `data` ends in a NUL
/// @return HOSTWS_OK; or HOSTWS_E_ARGUMENT, HOSTWS_E_AGAIN when the send queue is full or 64 pings
///         wait for their answers, or for the host to take the PONG, HOSTWS_E_CLOSED from Closing on, HOSTWS_E_NO_SUCH_ID.
///         While Connecting, the ping waits like a message
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

/// Tells how many bytes of messages, as framed, the operating system has not
/// taken yet; pings do not count. Inside on_terminate: how many never left.
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
