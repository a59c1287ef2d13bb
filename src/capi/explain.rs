//! What the library knows of a connection and of the process, as text.

use std::ffi::c_char;

use super::guard::answer_wide;
use super::memory;
use super::types::ws_id;
use crate::library;

/// Copies a description of everything that happened to a connection: a JSON object, for programs,
/// and for a person who asks "why does it not connect?". ws_json_get() reads single values from it,
/// such as "/error" or "/attempts/0/addresses/0/error".
///
/// It has: `id`, `url`, `status` (a word of ws_status_name()), `data_type`, `queue`; `error` (one
/// line, or null) and `errors` (the stack); `close` (null, or `code`, `reason`, `was_clean`);
/// `local` and `peer` (the addresses of the TCP connection); `tls` (null, or `version`, `cipher`,
/// `alpn`, `resumed`, and the `certificates` with their names and dates); `http_status`,
/// `subprotocol`, `extensions`, `answer` (the lines of the server's answer); `timings` and `stats`,
/// as in ws_stats; `reconnects` (how often it was reopened) and `losses` (the last of them and
/// their errors); `attempts` to open it, the newest last, each with `server`, `proxy`, `result`,
/// `phase`, `error`, `addresses` (how each attempt to connect ended) and `heads` (the requests and
/// answers). docs/guide/explain.md describes every key. Keys may be added in later versions.
///
/// It contains no secrets, so it can go into a bug report: users, passwords, paths, queries, and
/// the values of headers (except those known to be harmless, such as Host) are "***".
///
/// The last 16 connections that ended can still be described. To save memory, an open connection
/// keeps `attempts` and `losses` only while at most 32 connections have them. When more than 128
/// connections are opening at the same time, some have none.
///
/// @param ws      a connection, or one of the last 16 that ended
/// @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the full length of the text in bytes, without the NUL; the next call may return more. Or
///         HOSTWS_E_CLOSED if it ended before the last 16, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes; inside on_terminate it is complete. After
/// fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_explain(ws: ws_id, buffer: *mut c_char, size: i64) -> i64 {
    answer_wide(|| {
        let text = library::explain(ws)?;
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_out(text.as_bytes(), buffer, size) }
    })
}

/// Copies metrics of the process for a monitoring system: OpenMetrics text (the format of
/// Prometheus), to be served as application/openmetrics-text; version=1.0.0; charset=utf-8.
///
/// It has: hostws_connections by `status`; hostws_openings_total by `result` ("open", or the
/// component that failed, as in ws_error); hostws_opening_seconds, a histogram;
/// hostws_tls_handshakes_total by `resumed`; hostws_reconnects_total by `cause` ("closed",
/// "timeout" or a component); hostws_ends_total by close `code`; hostws_messages_total,
/// hostws_payload_bytes_total, hostws_wire_bytes_total, hostws_pings_total and hostws_waiting_bytes
/// by `direction`; hostws_build_info. Metrics and labels may be added in later versions. After
/// ws_shutdown() the counters continue.
///
/// The metrics cost nothing while messages are sent and received: this call adds up the counters of
/// all connections. The more connections there are, the longer it takes.
///
/// @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
/// @param size    bytes at `buffer`; 16,384 are enough for this version
/// @return the full length of the text in bytes, without the NUL; or HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_metrics(buffer: *mut c_char, size: i64) -> i64 {
    answer_wide(|| {
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_out(library::metrics().as_bytes(), buffer, size) }
    })
}
