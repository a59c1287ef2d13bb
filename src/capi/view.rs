//! An event as C sees it, made from an event of the queue.

use std::ffi::{c_char, CString};

use super::constants::*;
use super::guard::c_words;
use super::host::HostHandler;
use super::types::{ws_callback, ws_error, ws_event};
use crate::connection::DataType;
use crate::error::{Error, Result};
use crate::protocol::{Batch, MessageKind, Part};
use crate::queue::{Entry, Event};

/// The strings and error entries that the current event points to.
#[derive(Default)]
pub struct View {
    words: Vec<CString>,
    errors: Vec<ws_error>,
}

// SAFETY: the entries of `errors` point into `words`, which moves with them.
unsafe impl Send for View {}

/// One call to the host. Plain old data, so an unwind through it skips no destructor.
#[derive(Clone, Copy)]
pub struct Call {
    pub callback: ws_callback,
    pub event: ws_event,
    /// The data type of the connection.
    wanted: DataType,
}

impl Default for Call {
    fn default() -> Call {
        Call::NONE
    }
}

impl Call {
    pub const NONE: Call = Call {
        callback: None,
        event: ws_event {
            struct_size: size_of::<ws_event>() as u32,
            r#type: 0,
            ws: 0,
            data_type: 0,
            data: std::ptr::null(),
            length: 0,
            errors: std::ptr::null(),
            error_count: 0,
            code: 0,
            reason: std::ptr::null(),
            was_clean: 0,
            flags: 0,
            time_us: 0,
            user_data: std::ptr::null_mut(),
            round_trip_us: 0,
            delay_ms: 0,
        },
        wanted: DataType::Text,
    };
}

impl View {
    /// Prepares the call for the event `index` of the entry; `None` if there is none. What the call
    /// points to lives as long as `entry`, and until the next `show`.
    pub fn show(&mut self, entry: &Entry, index: usize) -> Result<Option<Call>> {
        let host = HostHandler::of(entry.recipient.host())?;
        let callbacks = host.callbacks();
        let mut call = Call::NONE;
        call.event.ws = entry.recipient.id();
        call.event.time_us = entry.time_us;
        call.event.user_data = host.user_data();
        if let Event::Messages(batch) = &entry.event {
            call.callback = callbacks.on_message;
            call.event.r#type = HOSTWS_EVENT_MESSAGE;
            call.wanted = host.data_type();
            return Ok(call.show_message(batch, index).then_some(call));
        }
        if index > 0 {
            return Ok(None);
        }
        match &entry.event {
            Event::Open => {
                call.callback = callbacks.on_open;
                call.event.r#type = HOSTWS_EVENT_OPEN;
            }
            Event::Error(error) => {
                call.callback = callbacks.on_error;
                call.event.r#type = HOSTWS_EVENT_ERROR;
                self.set_errors(&mut call.event, error);
            }
            Event::Terminate(ending) => {
                call.callback = callbacks.on_terminate;
                call.event.r#type = HOSTWS_EVENT_TERMINATE;
                call.event.code = i32::from(ending.code);
                call.event.was_clean = i32::from(ending.was_clean);
                self.words = vec![c_words(&ending.reason)];
                call.event.reason = self.words[0].as_ptr();
            }
            Event::Drain => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_DRAIN;
            }
            Event::Pong(pong) => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_PONG;
                // The NUL after every payload is the vector's last byte.
                set_data(&mut call.event, &pong.payload[..pong.payload.len().saturating_sub(1)]);
                call.event.round_trip_us = pong.round_trip_us;
            }
            Event::Warning(error) => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_WARNING;
                self.set_errors(&mut call.event, error);
            }
            Event::Reconnecting(next) => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_RECONNECTING;
                call.event.code = i32::try_from(next.attempt).unwrap_or(i32::MAX);
                call.event.delay_ms = i64::try_from(next.delay.as_millis()).unwrap_or(i64::MAX);
                self.set_errors(&mut call.event, &next.why);
            }
            Event::Reconnected(attempt) => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_RECONNECTED;
                call.event.code = i32::try_from(*attempt).unwrap_or(i32::MAX);
            }
            Event::Ask(ask) => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_ASK;
                call.event.data_type = HOSTWS_OBJECT;
                call.event.code = ask.number;
                call.event.flags = ask.topic;
                call.event.delay_ms = i64::try_from(ask.delay.as_millis()).unwrap_or(i64::MAX);
                // The NUL after the facts is the vector's last byte.
                set_data(&mut call.event, &ask.facts[..ask.facts.len().saturating_sub(1)]);
                if let Some(why) = &ask.why {
                    self.set_errors(&mut call.event, why);
                }
            }
            Event::Sent(number) => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_SENT;
                call.event.code = *number;
            }
            Event::Expired(number) => {
                call.callback = callbacks.on_event;
                call.event.r#type = HOSTWS_EVENT_EXPIRED;
                call.event.code = *number;
            }
            Event::Messages(_) | Event::Emptied => {}
        }
        Ok(Some(call))
    }

    fn set_errors(&mut self, event: &mut ws_event, error: &Error) {
        self.words = error.chain().map(|error| c_words(&error.message)).collect();
        self.errors = error
            .chain()
            .zip(&self.words)
            .map(|(error, words)| ws_error {
                code: error.code,
                message: words.as_ptr(),
                component: component(error),
            })
            .collect();
        event.errors = self.errors.as_ptr();
        event.error_count = i32::try_from(self.errors.len()).unwrap_or(i32::MAX);
    }
}

fn component(error: &Error) -> *const c_char {
    use crate::error::Component::*;
    let name = match error.component {
        Ws => c"ws",
        Http => c"http",
        Proxy => c"proxy",
        Tls => c"tls",
        Tcp => c"tcp",
        Dns => c"dns",
        Json => c"json",
        Os => c"os",
    };
    name.as_ptr()
}

fn set_data(event: &mut ws_event, payload: &[u8]) {
    event.data = payload.as_ptr().cast();
    event.length = i64::try_from(payload.len()).unwrap_or(i64::MAX);
}

impl Call {
    /// Prepares the call for a message of the same connection; false if there is no message
    /// `index`.
    #[inline(always)]
    pub fn show_message(&mut self, batch: &Batch, index: usize) -> bool {
        let Some(part) = batch.get(index) else { return false };
        self.show_part(part);
        true
    }

    #[inline(always)]
    pub fn show_part(&mut self, Part { kind, payload, is_first, is_last }: Part<'_>) {
        let event = &mut self.event;
        event.flags = if is_first { HOSTWS_FIRST } else { 0 };
        event.flags |= if is_last { HOSTWS_LAST } else { 0 };
        event.data_type = delivered_type(self.wanted, kind) as i32;
        set_data(event, payload);
    }
}

/// The data type of a delivered message, by its kind and the data type of the connection.
#[inline]
fn delivered_type(wanted: DataType, kind: MessageKind) -> DataType {
    match (wanted, kind) {
        (DataType::Text, MessageKind::Text) => DataType::Text,
        (DataType::Text, MessageKind::Binary) | (DataType::Blob, _) => DataType::Blob,
        (DataType::Object, _) => DataType::Object,
    }
}
