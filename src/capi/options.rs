//! `ws_options` and the other structs, read from and written to C.

use std::ffi::{c_char, c_void};

use super::host::SocketFunction;
use super::memory::{self, Versioned};
use super::types::{ws_header, ws_options, ws_socket_function, ws_stats};
use crate::connection::{options_table, Options, Snapshot};
use crate::dial::SocketHook;
use crate::error::Result;
use crate::secret::Secret;

// SAFETY: zero is NULL in each pointer and a number elsewhere; it starts with struct_size.
unsafe impl Versioned for ws_options {
    const FIRST_SIZE: usize = memory::first_size!(ws_options, reconnect_max_ms: i32, 192);
}

// SAFETY: numbers only; it starts with struct_size.
unsafe impl Versioned for ws_stats {
    const FIRST_SIZE: usize = memory::first_size!(ws_stats, reconnects: u64, 128);
}

/// Converts a field of the struct to an option.
trait Field<T> {
    /// # Safety
    /// A pointer is what the header says about the field.
    unsafe fn take(self, name: &str) -> Result<T>;
}

impl<T> Field<T> for T {
    unsafe fn take(self, _: &str) -> Result<T> {
        Ok(self)
    }
}

impl Field<Option<String>> for *const c_char {
    unsafe fn take(self, name: &str) -> Result<Option<String>> {
        // SAFETY: the caller's promise.
        Ok(unsafe { memory::optional_text(self, name) }?.map(str::to_owned))
    }
}

impl Field<Option<Secret>> for *const c_char {
    unsafe fn take(self, name: &str) -> Result<Option<Secret>> {
        // SAFETY: the caller's promise.
        Ok(unsafe { memory::optional_text(self, name) }?.map(|text| text.to_owned().into()))
    }
}

impl Field<Option<SocketHook>> for ws_socket_function {
    unsafe fn take(self, _: &str) -> Result<Option<SocketHook>> {
        Ok(SocketFunction::hook(self))
    }
}

impl Field<usize> for *mut c_void {
    unsafe fn take(self, _: &str) -> Result<usize> {
        Ok(self as usize)
    }
}

macro_rules! reader {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {
        unsafe fn fields(raw: &ws_options, headers: Vec<(String, String)>) -> Result<Options> {
            Ok(Options {
                queue: raw.queue,
                headers,
                // SAFETY: the caller's promise, which is the header's.
                $($name: unsafe { raw.$name.take(concat!("options->", stringify!($name))) }?,)*
            })
        }
    };
}
options_table!(reader);

pub unsafe fn read(options: *const ws_options) -> Result<Options> {
    if options.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: the caller's promise, which is the header's.
    unsafe {
        let raw = ws_options::read(options, "options")?;
        let mut headers = Vec::new();
        for header in memory::array(raw.headers, raw.header_count, "options->headers")? {
            headers.push(read_header(header)?);
        }
        fields(&raw, headers)
    }
}

unsafe fn read_header(header: &ws_header) -> Result<(String, String)> {
    // SAFETY: the caller's promise.
    unsafe {
        let name = memory::text(header.name, "options->headers: a name")?;
        let value = memory::text(header.value, "options->headers: a value")?;
        Ok((name.to_owned(), value.to_owned()))
    }
}

impl From<Snapshot> for ws_stats {
    fn from(snapshot: Snapshot) -> ws_stats {
        ws_stats {
            struct_size: size_of::<ws_stats>() as u32,
            reserved: 0,
            messages_sent: snapshot.messages_sent,
            payload_sent: snapshot.payload_sent,
            messages_received: snapshot.messages_received,
            payload_received: snapshot.payload_received,
            wire_sent: snapshot.wire_sent,
            wire_received: snapshot.wire_received,
            pings_sent: snapshot.pings_sent,
            pongs_received: snapshot.pongs_received,
            round_trip_us: snapshot.round_trip_us,
            dns_us: snapshot.timings.dns_us.into(),
            tcp_us: snapshot.timings.tcp_us.into(),
            tls_us: snapshot.timings.tls_us.into(),
            upgrade_us: snapshot.timings.upgrade_us.into(),
            proxy_us: snapshot.timings.proxy_us.into(),
            reconnects: snapshot.reconnects,
        }
    }
}
