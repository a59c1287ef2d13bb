//! The structs that cross the boundary, field for field as C sees them.

use std::ffi::{c_char, c_void};

use crate::connection::options_table;

/// A connection: positive. 0 is no connection, negative a HOSTWS_E_ code.
/// An id is never used again in the same process.
#[allow(non_camel_case_types)]
pub type ws_id = i32;

/// A queue of events: 0 is the calling thread's own, positive one made by
/// ws_queue_new() or named by ws_queue_of().
#[allow(non_camel_case_types)]
pub type ws_queue = i32;

/// One entry of an error stack.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_error {
    /// A HOSTWS_E_ code, or in a cause the component's own number: an HTTP
    /// status (http, proxy), a SOCKS reply (proxy), an errno (os).
    pub code: i32,
    /// One line for a person. Never contains credentials.
    pub message: *const c_char,
    /// "ws", "http", "proxy", "tls", "tcp", "dns", "json" or "os".
    pub component: *const c_char,
}

/// A header of the upgrade request.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_header {
    /// An RFC 9110 token, such as "Authorization".
    pub name: *const c_char,
    /// Its value; no CR, LF or other control character.
    pub value: *const c_char,
}

/// Something that happened on a connection. Fields that a type of event does
/// not use are 0. Everything it points to belongs to the library, until the
/// callback returns or, after ws_next() or ws_next_batch(), until the next of these calls on
/// that queue.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_event {
    /// sizeof(ws_event) as the library knows it.
    pub struct_size: u32,
    /// A HOSTWS_EVENT_.
    #[allow(clippy::struct_field_names)]
    pub r#type: i32,
    /// The connection.
    pub ws: ws_id,
    /// MESSAGE: HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT.
    pub data_type: i32,
    /// MESSAGE, PONG: the payload. One NUL that is not counted follows it.
    pub data: *const c_char,
    /// MESSAGE, PONG: bytes at `data`.
    pub length: i64,
    /// ERROR, WARNING, RECONNECTING: a stack, the general error first, its cause after it.
    pub errors: *const ws_error,
    /// ERROR, WARNING, RECONNECTING: entries at `errors`.
    pub error_count: i32,
    /// TERMINATE: the server's close code; 1005 if its close frame had none;
    /// without a close frame the code with which the connection was failed
    /// (1002, 1003, 1007, 1009; 1015 for TLS), else 1006. RECONNECTING, RECONNECTED: the
    /// number of the attempt in a row, from 1.
    pub code: i32,
    /// TERMINATE: the server's reason, or "".
    pub reason: *const c_char,
    /// TERMINATE: 1 if both sides' close frames were exchanged (RFC 6455 7.1.4).
    pub was_clean: i32,
    /// MESSAGE: HOSTWS_FIRST if it begins a message, HOSTWS_LAST if it ends one; both,
    /// unless it is a part of one that is larger than `stream_threshold`.
    pub flags: u32,
    /// When it was read or happened: microseconds since the Unix epoch.
    pub time_us: u64,
    /// The handler's `user_data`.
    pub user_data: *mut c_void,
    /// PONG: microseconds since that ping was sent.
    pub round_trip_us: u64,
    /// RECONNECTING: milliseconds until the attempt.
    pub delay_ms: i64,
}

/// A function of the host's that is told an event, on the thread that polls
/// the connection's queue, inside that call of ws_poll() or ws_wait_status().
/// It may call every function of the library, except as told there. It may leave
/// by an exception or longjmp(): see ws_poll().
#[allow(non_camel_case_types)]
pub type ws_callback =
    Option<unsafe extern "C-unwind" fn(ws: ws_id, event: *const ws_event, user_data: *mut c_void)>;

/// Who is told of a connection's events. Copied by ws_new().
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_handler {
    /// sizeof(ws_handler).
    pub struct_size: u32,
    /// How messages are delivered and how ws_send(.., 0) sends them:
    /// HOSTWS_TEXT (and 0): text messages as text, binary ones as blobs;
    /// HOSTWS_BLOB: every message as a blob; HOSTWS_OBJECT: every message must
    /// be a JSON object or array, anything else fails the connection (1007).
    pub data_type: i32,
    /// Handed to the callbacks as it is. It must stay valid until on_terminate has
    /// returned, the queue has been freed, or its thread has ended.
    pub user_data: *mut c_void,
    /// The connection is open. Once, also if it is opened again later.
    pub on_open: ws_callback,
    /// A message has come.
    pub on_message: ws_callback,
    /// Something ended the connection; on_terminate follows. At most once.
    pub on_error: ws_callback,
    /// The connection is gone. Always, last, once.
    pub on_terminate: ws_callback,
    /// Every other event: DRAIN, PONG, WARNING, RECONNECTING, RECONNECTED.
    pub on_event: ws_callback,
}

// The struct with the rows of the table; build.rs puts them into it for the header.
macro_rules! ws_options {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {
        /// How a connection is opened and kept. Zero in a field is its default; where
        /// it says so, -1 switches it off. Copied by ws_new(), strings included.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy)]
        #[repr(C)]
        pub struct ws_options {
            /// sizeof(ws_options).
            pub struct_size: u32,
            /// The queue that gets the events; 0: the calling thread's own.
            pub queue: ws_queue,
            /// Headers of the upgrade request, in this order; a name may repeat. Host, which may be
            /// there once, takes the place of the URL's; it has no part in TLS.
            pub headers: *const ws_header,
            /// Entries at `headers`.
            pub header_count: i32,
            $($(#[$doc])* pub $name: $type,)*
        }

        /// A field behind the last one makes it larger: else it would lie where programs that
        /// know nothing of it have bytes that mean nothing.
        const _: () = {
            #[allow(dead_code)]
            #[repr(C)]
            struct Grown {
                struct_size: u32,
                queue: ws_queue,
                headers: *const ws_header,
                header_count: i32,
                $($name: $type,)*
                next: i32,
            }
            assert!(size_of::<Grown>() > size_of::<ws_options>());
        };
    };
}
options_table!(ws_options);

/// What a connection has done so far. Times of the opening are 0 until that
/// step is done, and sums where redirects were followed.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_stats {
    /// sizeof(ws_stats), set by the caller. It comes back as the number of bytes that the library
    /// knows, if that is less; what is behind them is set to zero.
    pub struct_size: u32,
    /// Reserved: 0.
    pub reserved: u32,
    /// Messages that were queued by ws_send().
    pub messages_sent: u64,
    /// Their payloads, in bytes.
    pub payload_sent: u64,
    /// Messages that came in.
    pub messages_received: u64,
    /// Their payloads, in bytes.
    pub payload_received: u64,
    /// Bytes of frames that went out.
    pub wire_sent: u64,
    /// Bytes of frames that came in.
    pub wire_received: u64,
    /// Pings that were sent: ws_ping() and keep-alive.
    pub pings_sent: u64,
    /// Pongs that answered them.
    pub pongs_received: u64,
    /// The last round trip of a ping, in microseconds; 0: none yet.
    pub round_trip_us: u64,
    /// Looking up names, the server's and the proxy's, in microseconds.
    pub dns_us: u64,
    /// Connecting, in microseconds.
    pub tcp_us: u64,
    /// The TLS handshake with the server, and loading the trust store and `tls_cert` for it
    /// where no connection had done so, in microseconds.
    pub tls_us: u64,
    /// The HTTP upgrade, in microseconds.
    pub upgrade_us: u64,
    /// The handshake with the proxy, its TLS with what is loaded for that included, in
    /// microseconds.
    pub proxy_us: u64,
    /// How often the connection was opened again. The times above are those of the last
    /// opening; the counts go on.
    pub reconnects: u64,
}
