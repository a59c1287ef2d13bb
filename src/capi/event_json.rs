//! An event as a JSON object, for languages without structs.

use std::ffi::{c_char, CStr};
use std::io::{self, Write};

use data_encoding::BASE64;

use super::constants::*;
use super::names;
use super::types::{ws_error, ws_event};

/// Writes the members that belong to the type of the event.
///
/// # Safety
/// The library made the event, and what it points to is still valid.
pub unsafe fn write(event: &ws_event, out: &mut impl Write) -> io::Result<()> {
    let kind = names::event(event.r#type).to_string_lossy();
    let (ws, time) = (event.ws, event.time_us);
    write!(out, "{{\"type\":\"{kind}\",\"ws\":{ws},\"time_us\":{time}")?;
    write!(out, ",\"user_data\":{}", event.user_data as usize)?;
    let payload = match usize::try_from(event.length) {
        // SAFETY: the caller's promise.
        Ok(length @ 1..) => unsafe { std::slice::from_raw_parts(event.data.cast(), length) },
        _ => &[],
    };
    match event.r#type {
        HOSTWS_EVENT_MESSAGE => write_message(event, payload, out)?,
        HOSTWS_EVENT_PONG => {
            write!(out, ",\"data\":\"{}\"", BASE64.encode_display(payload))?;
            write!(out, ",\"round_trip_us\":{}", event.round_trip_us)?;
        }
        HOSTWS_EVENT_TERMINATE => {
            write!(out, ",\"code\":{},\"reason\":", event.code)?;
            // SAFETY: the caller's promise.
            write_text(unsafe { bytes_of(event.reason) }, out)?;
            write!(out, ",\"was_clean\":{}", event.was_clean != 0)?;
        }
        HOSTWS_EVENT_RECONNECTING => {
            write!(out, ",\"code\":{},\"delay_ms\":{}", event.code, event.delay_ms)?;
        }
        HOSTWS_EVENT_ASK => {
            let (code, flags, delay) = (event.code, event.flags, event.delay_ms);
            write!(out, ",\"code\":{code},\"flags\":{flags},\"delay_ms\":{delay},\"data\":")?;
            out.write_all(payload)?;
        }
        HOSTWS_EVENT_RECONNECTED | HOSTWS_EVENT_SENT | HOSTWS_EVENT_EXPIRED => {
            write!(out, ",\"code\":{}", event.code)?;
        }
        _ => {}
    }
    if event.error_count > 0 {
        let count = usize::try_from(event.error_count).unwrap_or(0);
        // SAFETY: the caller's promise.
        write_errors(unsafe { std::slice::from_raw_parts(event.errors, count) }, out)?;
    }
    out.write_all(b"}")
}

fn write_message(event: &ws_event, payload: &[u8], out: &mut impl Write) -> io::Result<()> {
    let data_type = names::data_type(event.data_type).to_string_lossy();
    write!(out, ",\"data_type\":\"{data_type}\"")?;
    write!(out, ",\"first\":{}", event.flags & HOSTWS_FIRST != 0)?;
    write!(out, ",\"last\":{},\"data\":", event.flags & HOSTWS_LAST != 0)?;
    match event.data_type {
        // It was checked to be JSON when it arrived.
        HOSTWS_OBJECT => out.write_all(payload),
        HOSTWS_TEXT => write_text(payload, out),
        _ => write!(out, "\"{}\"", BASE64.encode_display(payload)),
    }
}

fn write_errors(errors: &[ws_error], out: &mut impl Write) -> io::Result<()> {
    for (index, error) in errors.iter().enumerate() {
        let before = if index == 0 { ",\"errors\":[" } else { "," };
        write!(out, "{before}{{\"code\":{},\"component\":", error.code)?;
        // SAFETY: the entries of an event have both.
        unsafe {
            write_text(bytes_of(error.component), out)?;
            out.write_all(b",\"message\":")?;
            write_text(bytes_of(error.message), out)?;
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"]")
}

/// Writes text that the library made or checked, so it is UTF-8.
fn write_text(text: &[u8], out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(out, &String::from_utf8_lossy(text)).map_err(io::Error::from)
}

/// # Safety
/// `text` is NULL, or ends in a NUL and outlives the result.
unsafe fn bytes_of<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return b"";
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}
