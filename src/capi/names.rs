//! The names of the ABI's numbers.

use std::ffi::CStr;

use super::constants::*;

pub fn status(status: i32) -> &'static CStr {
    match status {
        HOSTWS_CONNECTING => c"Connecting",
        HOSTWS_CONNECTED => c"Connected",
        HOSTWS_CLOSING => c"Closing",
        HOSTWS_CLOSED => c"Closed",
        _ => c"",
    }
}

pub fn data_type(data_type: i32) -> &'static CStr {
    match data_type {
        HOSTWS_TEXT => c"text",
        HOSTWS_BLOB => c"blob",
        HOSTWS_OBJECT => c"object",
        _ => c"",
    }
}

pub fn event(kind: i32) -> &'static CStr {
    match kind {
        HOSTWS_EVENT_OPEN => c"open",
        HOSTWS_EVENT_MESSAGE => c"message",
        HOSTWS_EVENT_ERROR => c"error",
        HOSTWS_EVENT_TERMINATE => c"terminate",
        HOSTWS_EVENT_DRAIN => c"drain",
        HOSTWS_EVENT_PONG => c"pong",
        HOSTWS_EVENT_WARNING => c"warning",
        HOSTWS_EVENT_RECONNECTING => c"reconnecting",
        HOSTWS_EVENT_RECONNECTED => c"reconnected",
        HOSTWS_EVENT_ASK => c"ask",
        HOSTWS_EVENT_SENT => c"sent",
        HOSTWS_EVENT_EXPIRED => c"expired",
        _ => c"",
    }
}
