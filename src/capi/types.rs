//! The structs that cross the boundary, field for field as C sees them.

use std::ffi::{c_char, c_void};

use crate::connection::options_table;

/// A connection. An id is positive; 0 is no connection, and a negative number is a HOSTWS_E_ code.
/// An id is never reused in the same process.
#[allow(non_camel_case_types)]
pub type ws_id = i32;

/// A queue of events. 0 is the calling thread's own queue; a positive number comes from
/// ws_queue_new() or ws_queue_of().
#[allow(non_camel_case_types)]
pub type ws_queue = i32;

/// One entry of an error stack.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_error {
    /// A HOSTWS_E_ code; in a cause it may be a number of the component: an HTTP status
    /// (http, proxy), a SOCKS reply (proxy), an errno (os).
    pub code: i32,
    /// One line for a person to read. Never contains credentials.
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
    /// The value; no CR, LF or other control character.
    pub value: *const c_char,
}

/// Something that happened on a connection. Fields that a type of event does not use are 0. The
/// library owns everything that it points to: "Memory" above says how long it is valid.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_event {
    /// sizeof(ws_event) as the library knows it.
    pub struct_size: u32,
    /// The type of event: a HOSTWS_EVENT_ constant.
    #[allow(clippy::struct_field_names)]
    pub r#type: i32,
    /// The connection.
    pub ws: ws_id,
    /// MESSAGE: HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT. ASK: HOSTWS_OBJECT.
    pub data_type: i32,
    /// MESSAGE, PONG: the payload; ASK: the facts. A NUL follows, which `length` does not count.
    pub data: *const c_char,
    /// MESSAGE, PONG, ASK: the number of bytes at `data`.
    pub length: i64,
    /// ERROR, WARNING, RECONNECTING, ASK: a stack of errors. ASK may have none. The general error
    /// comes first, then its causes, if there are any.
    pub errors: *const ws_error,
    /// ERROR, WARNING, RECONNECTING, ASK: the number of entries at `errors`.
    pub error_count: i32,
    /// TERMINATE: the server's close code; 1005 if its close frame had none. Without a close frame,
    /// the code with which the library failed the connection (1002, 1003, 1007, 1009; 1015 for
    /// TLS), else 1006. RECONNECTING, RECONNECTED: the number of the attempt in a row, from 1. ASK:
    /// the number of the question. SENT, EXPIRED: the number of the message, see ws_send_ex().
    pub code: i32,
    /// TERMINATE: the server's reason, or "".
    pub reason: *const c_char,
    /// TERMINATE: 1 if both sides exchanged close frames (RFC 6455 7.1.4).
    pub was_clean: i32,
    /// MESSAGE: HOSTWS_FIRST and HOSTWS_LAST. Both are set, except for a message larger than
    /// `stream_threshold`: its first part has HOSTWS_FIRST, its last part HOSTWS_LAST. ASK: the
    /// subject of the question, a HOSTWS_ASK_ constant.
    pub flags: u32,
    /// When it happened or was read: microseconds since the Unix epoch.
    pub time_us: u64,
    /// The `user_data` of the handler.
    pub user_data: *mut c_void,
    /// PONG: microseconds since the ping was sent.
    pub round_trip_us: u64,
    /// RECONNECTING, and ASK with HOSTWS_ASK_RECONNECT: milliseconds until the attempt.
    pub delay_ms: i64,
}

/// A callback. Runs inside ws_poll() or ws_wait_status(), on the thread that polls the connection's
/// queue. It may call every function of the library, except where that function's documentation
/// says otherwise. It may leave by an exception or longjmp(): see ws_poll().
#[allow(non_camel_case_types)]
pub type ws_callback =
    Option<unsafe extern "C-unwind" fn(ws: ws_id, event: *const ws_event, user_data: *mut c_void)>;

/// Called with each TCP socket before it connects. It can mark the socket (SO_MARK), protect it
/// from a VPN (VpnService.protect() of Android), or set any other option. Each address that is
/// tried has a socket of its own, also with a proxy and after a redirect or a reconnect. Not called
/// for Unix sockets and `fd`.
///
/// THE FUNCTION RUNS ON A THREAD OF THE LIBRARY. It may call no function of the library except
/// ws_wake(). It may be called on several threads at once. A slow function delays only its own
/// opening, whose `open_timeout_ms` runs on. At most eight calls run at once; further openings with
/// an `on_socket` wait for them. It should return normally: if it throws an exception or ends its
/// thread by pthread_exit(), the socket is refused and the function is not called again until
/// ws_shutdown() has been called. Windows: it must not end its thread, because the opening would
/// wait for it until `open_timeout_ms`, and ws_shutdown() until its own time is up; an exception is
/// as told.
///
/// A connection can end while a call for it runs; the call is not waited for. So the function and
/// its data must stay valid until the connection has ended and no call is running, or until
/// ws_shutdown() has returned anything but HOSTWS_E_TIMEOUT.
///
/// @param ws         the connection
/// @param fd         the socket, not connected. It belongs to the library: do not close it, and do
///                   not use it after the function has returned
/// @param address    the address to connect to: "192.0.2.1:443" or "[2001:db8::1]:443"
/// @param user_data  `on_socket_data`
/// @return 0 accepts the socket. Any other number refuses it: the next address is tried, and if
///         none is left, the opening fails as if the server had refused the connection, with an
///         error that names the number
#[allow(non_camel_case_types)]
pub type ws_socket_function = Option<
    unsafe extern "C-unwind" fn(
        ws: ws_id,
        fd: isize,
        address: *const c_char,
        user_data: *mut c_void,
    ) -> i32,
>;

/// The callbacks of a connection. Copied by ws_new().
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_handler {
    /// sizeof(ws_handler).
    pub struct_size: u32,
    /// How messages are delivered, and how ws_send() sends them if its `data_type` is 0.
    /// HOSTWS_TEXT (also 0): text messages are delivered as text and binary ones as blobs.
    /// HOSTWS_BLOB: every message is a blob. HOSTWS_OBJECT: every message must be a JSON object or
    /// array; any other message fails the connection (1007).
    pub data_type: i32,
    /// Passed to the callbacks unchanged. Must stay valid until on_terminate has returned, the
    /// queue has been freed, or the queue's thread has ended.
    pub user_data: *mut c_void,
    /// The connection is open. Called once, even if the connection is reopened later.
    pub on_open: ws_callback,
    /// A message arrived.
    pub on_message: ws_callback,
    /// An error ended the connection; on_terminate follows. At most once.
    pub on_error: ws_callback,
    /// The connection has ended. Always, last, once.
    pub on_terminate: ws_callback,
    /// All other events: DRAIN, PONG, WARNING, RECONNECTING, RECONNECTED, ASK, SENT, EXPIRED.
    pub on_event: ws_callback,
}

// The struct with the rows of the table; build.rs puts them into it for the header.
macro_rules! ws_options {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {
        /// How a connection is opened and maintained. Zero in a field means its default; where the
        /// field says so, -1 switches it off. ws_new() copies the struct and its strings.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy)]
        #[repr(C)]
        pub struct ws_options {
            /// sizeof(ws_options).
            pub struct_size: u32,
            /// The queue that gets the events; 0: the calling thread's own.
            pub queue: ws_queue,
            /// Headers of the upgrade request, in this order. A name may repeat, except Host, which
            /// replaces the URL's host in the request; TLS does not use it.
            pub headers: *const ws_header,
            /// The number of entries at `headers`.
            pub header_count: i32,
            $($(#[$doc])* pub $name: $type,)*
        }

        /// A field behind the last one must make the struct larger: in the padding, programs that
        /// do not know the field have bytes that mean nothing.
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

/// What a connection has done so far. The times are those of the steps of the opening: 0 until the
/// step is done, and a sum if redirects were followed.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_stats {
    /// sizeof(ws_stats), set by the caller. The library sets it to the number of bytes that it
    /// knows, if that is less, and fills the rest of the struct with zeros.
    pub struct_size: u32,
    /// Reserved: 0.
    pub reserved: u32,
    /// Messages that ws_send() and ws_send_ex() queued.
    pub messages_sent: u64,
    /// Bytes of their payloads.
    pub payload_sent: u64,
    /// Messages received.
    pub messages_received: u64,
    /// Bytes of their payloads.
    pub payload_received: u64,
    /// Bytes of frames sent.
    pub wire_sent: u64,
    /// Bytes of frames received.
    pub wire_received: u64,
    /// Pings sent, by ws_ping() and to keep the connection alive.
    pub pings_sent: u64,
    /// Pongs received in answer to them.
    pub pongs_received: u64,
    /// The last round-trip time of a ping, in microseconds; 0: none yet.
    pub round_trip_us: u64,
    /// Time to look up the names of the server and the proxy, in microseconds.
    pub dns_us: u64,
    /// Time to connect, in microseconds.
    pub tcp_us: u64,
    /// Time of the TLS handshake with the server, in microseconds. Includes loading the trust store
    /// and `tls_cert`, if no earlier connection did so.
    pub tls_us: u64,
    /// Time of the HTTP upgrade, in microseconds.
    pub upgrade_us: u64,
    /// Time of the handshake with the proxy, in microseconds. Includes TLS with the proxy, and what
    /// is loaded for it.
    pub proxy_us: u64,
    /// How often the connection was reopened. The times above are those of the last opening; the
    /// counts continue.
    pub reconnects: u64,
}
