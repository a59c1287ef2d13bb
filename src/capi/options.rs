//! `ws_options` and the other structs, read from and written to C.

use super::memory::{self, Versioned};
use super::types::{ws_header, ws_options, ws_stats};
use crate::connection::{Options, Snapshot};
use crate::error::Result;
use crate::secret::Secret;

// SAFETY: zero is NULL in each pointer and a number elsewhere; it starts with struct_size.
unsafe impl Versioned for ws_options {
    const FIRST_SIZE: usize = size_of::<ws_options>();
}

// SAFETY: numbers only; it starts with struct_size.
unsafe impl Versioned for ws_stats {
    const FIRST_SIZE: usize = size_of::<ws_stats>();
}

pub unsafe fn read(options: *const ws_options) -> Result<Options> {
    if options.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: the caller's promise, which is the header's, here and below.
    unsafe {
        let raw = ws_options::read(options, "options")?;
        let mut headers = Vec::new();
        for header in memory::array(raw.headers, raw.header_count, "options->headers")? {
            headers.push(read_header(header)?);
        }
        Ok(Options {
            queue: raw.queue,
            headers,
            subprotocols: owned(memory::optional_text(raw.subprotocols, "options->subprotocols")?),
            tls_ca: owned(memory::optional_text(raw.tls_ca, "options->tls_ca")?),
            tls_server_name: owned(memory::optional_text(
                raw.tls_server_name,
                "options->tls_server_name",
            )?),
            tls_verify: raw.tls_verify,
            tls_min_version: raw.tls_min_version,
            open_timeout_ms: raw.open_timeout_ms,
            close_timeout_ms: raw.close_timeout_ms,
            ping_interval_ms: raw.ping_interval_ms,
            ping_timeout_ms: raw.ping_timeout_ms,
            write_timeout_ms: raw.write_timeout_ms,
            max_message: raw.max_message,
            send_queue_max: raw.send_queue_max,
            receive_queue_max: raw.receive_queue_max,
            stream_threshold: raw.stream_threshold,
            deflate: raw.deflate,
            deflate_threshold: raw.deflate_threshold,
            deflate_server_no_context_takeover: raw.deflate_server_no_context_takeover,
            deflate_client_no_context_takeover: raw.deflate_client_no_context_takeover,
            deflate_server_max_window_bits: raw.deflate_server_max_window_bits,
            deflate_client_max_window_bits: raw.deflate_client_max_window_bits,
            proxy: owned(memory::optional_text(raw.proxy, "options->proxy")?),
            ip_family: raw.ip_family,
            max_redirects: raw.max_redirects,
            tls_cert: owned(memory::optional_text(raw.tls_cert, "options->tls_cert")?),
            tls_key: owned(memory::optional_text(raw.tls_key, "options->tls_key")?)
                .map(Secret::from),
            tls_key_password: owned(memory::optional_text(
                raw.tls_key_password,
                "options->tls_key_password",
            )?)
            .map(Secret::from),
            tls_pins: owned(memory::optional_text(raw.tls_pins, "options->tls_pins")?),
            tls_ca_only: raw.tls_ca_only,
            reconnect_max: raw.reconnect_max,
            reconnect_min_ms: raw.reconnect_min_ms,
            reconnect_max_ms: raw.reconnect_max_ms,
        })
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

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
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
