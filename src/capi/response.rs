//! The server's answer to the upgrade request.

use std::ffi::c_char;

use super::guard::{answer, answer_wide};
use super::memory;
use super::types::ws_id;
use crate::error::{Code, Error};
use crate::library;

/// Returns the HTTP status of the server's answer to the upgrade request. If an HTTP proxy refused
/// the connection, this is the proxy's answer. The same holds for the headers and the body below.
///
/// @param ws  a connection whose on_terminate has not returned yet
/// @return 101 once the connection is open, a status such as 401 if it was refused, 0 if there is
///         no answer yet; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_response_status(ws: ws_id) -> i32 {
    answer(|| Ok(library::find(ws)?.answer().map_or(0, |answer| i32::from(answer.response.status))))
}

/// Copies a header of the server's answer to the upgrade request. If a name repeats, its values are
/// joined with ", " (RFC 9110 5.3). The values of Set-Cookie, which may contain commas, are joined
/// with a line feed, which no value can contain. ws_response_header_at() returns each value by
/// itself.
///
/// The value has the bytes that the server sent. They need not be UTF-8 (RFC 9110 5.5).
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param name    the name of the header, in upper or lower case
/// @param buffer  gets the value and a NUL, truncated if needed; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the full length of the value in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if the
///         answer has no such header or there is no answer yet, HOSTWS_E_CLOSED,
///         HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
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
        // SAFETY: the header asks the caller for valid pointers.
        let name = unsafe { memory::text(name, "name") }?;
        let value =
            connection.answer().and_then(|answer| answer.header(name)).ok_or_else(|| {
                Error::ws(Code::NotFound, format!("the server's answer has no header {name:?}"))
            })?;
        // SAFETY: as above.
        unsafe { memory::copy_out(&value, buffer, size) }
    })
}

/// Copies a header of the server's answer to the upgrade request, by its position. A name that
/// repeats has one position for each value.
///
/// A header line that breaks the rules of HTTP (no colon, a malformed name, a control character) is
/// left out and logged. A header that is folded over several lines is one header.
///
/// @param ws          a connection whose on_terminate has not returned yet
/// @param index       0 for the first header
/// @param name        gets the name and a NUL, truncated if needed; 256 bytes are enough for every
///                    name; may be NULL if `name_size` is 0
/// @param name_size   bytes at `name`
/// @param value       gets the value and a NUL, truncated if needed; may be NULL if `value_size` is
///                    0. These are the bytes that the server sent; they need not be UTF-8
/// @param value_size  bytes at `value`
/// @return the full length of the value in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if the
///         answer has no header at this position, also if `index` is negative, or there is no
///         answer yet; HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_response_header_at(
    ws: ws_id,
    index: i32,
    name: *mut c_char,
    name_size: i64,
    value: *mut c_char,
    value_size: i64,
) -> i64 {
    answer_wide(|| {
        let connection = library::find(ws)?;
        let answer = connection.answer();
        let (known, text) =
            answer.as_ref().and_then(|answer| answer.header_at(index)).ok_or_else(|| {
                Error::ws(Code::NotFound, format!("the server's answer has no header {index}"))
            })?;
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_out_to(["name", "name_size"], known.as_bytes(), name, name_size) }?;
        // SAFETY: as above.
        unsafe { memory::copy_out_to(["value", "value_size"], text, value, value_size) }
    })
}

/// Copies the body of the answer with which the server refused the upgrade, at most its first 64
/// KiB.
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param buffer  gets the bytes and a NUL, truncated if needed; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the length of the body in bytes, without the NUL; 0 if there is none; or
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
        let body = answer.as_ref().map_or(&[][..], |answer| answer.response.body());
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_out(body, buffer, size) }
    })
}

/// Copies the subprotocol that the server chose (RFC 6455 1.9).
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the full length of the text in bytes, without the NUL; 0 if there is none; or
///         HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_subprotocol(ws: ws_id, buffer: *mut c_char, size: i64) -> i64 {
    answer_wide(|| {
        let connection = library::find(ws)?;
        let subprotocol = connection.subprotocol().unwrap_or_default();
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_out(subprotocol.as_bytes(), buffer, size) }
    })
}
