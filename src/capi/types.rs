//! The structs that cross the boundary, field for field as C sees them.

use std::ffi::{c_char, c_void};

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
    /// HOSTWS_TLS_VERIFY_FULL (0), _NO_HOSTNAME or _NONE; the latter two log a
    /// warning and bring a WARNING event.
    pub tls_verify: i32,
    /// Subprotocols to offer, the preferred one first: "a,b" (RFC 6455 1.9).
    pub subprotocols: *const c_char,
    /// Certificate authorities trusted besides the system's, or with `tls_ca_only` instead of
    /// them: PEM text, or "@" and the path of a PEM file, which is read when the connection opens.
    pub tls_ca: *const c_char,
    /// The name to ask for (SNI) and to expect in the certificate, if it is
    /// not the URL's host.
    pub tls_server_name: *const c_char,
    /// The oldest TLS version to speak, also with a proxy of https://: HOSTWS_TLS_1_0 to
    /// HOSTWS_TLS_1_3; 0 is 1.2.
    pub tls_min_version: i32,
    /// For the whole way from DNS to the upgrade; 0: 30,000; -1: no limit.
    pub open_timeout_ms: i32,
    /// For the closing handshake; 0: 5,000.
    pub close_timeout_ms: i32,
    /// Silence after which a ping is sent; 0: 30,000; -1: never.
    pub ping_interval_ms: i32,
    /// After that ping, silence which ends the connection; 0: 30,000; -1: never. It begins
    /// when what was sent before the ping has left, or leaves no more. When the machine
    /// wakes up from a sleep of 5 seconds or more, a ping is sent at once (on Linux; elsewhere when
    /// the next one is due), and the silence is at most 5,000.
    pub ping_timeout_ms: i32,
    /// While something waits to be sent, how long the server may take nothing of it; then the
    /// connection is lost (1006). 0: 30,000; -1: no limit. The clock stands still while reading
    /// is paused because the host has too much to read; in the closing handshake
    /// `close_timeout_ms` counts instead.
    pub write_timeout_ms: i32,
    /// The largest message to accept, in bytes; 0: 64 MiB; -1: no limit. A larger
    /// one fails the connection (1009).
    pub max_message: i64,
    /// Bytes, as framed, that may wait to be sent; 0: 16 MiB; -1: no limit. A message that
    /// is going to be compressed must fit with the length that it has before.
    pub send_queue_max: i64,
    /// Bytes of messages that may wait for the host, each counted with at least 64
    /// bytes for itself; 0: 16 MiB; -1: no limit. Beyond it the library stops reading
    /// from that server; nothing is dropped.
    pub receive_queue_max: i64,
    /// A message with more bytes than this is delivered in parts of this size, as they
    /// arrive: a MESSAGE event each, the first with HOSTWS_FIRST in its `flags`, the last with
    /// HOSTWS_LAST. Text is cut between characters. At least 1,024; 0 or -1: messages come
    /// whole. `max_message` still limits the sum; a message that breaks a limit or the protocol
    /// after its first part has no last one, and on_error follows. Not with HOSTWS_OBJECT.
    pub stream_threshold: i64,
    /// 1: offers permessage-deflate (RFC 7692); messages are compressed if the server
    /// agrees, once the connection is open. 0: off. What was agreed stands in
    /// ws_response_header(ws, "Sec-WebSocket-Extensions"). Do not compress a secret together
    /// with what somebody else can choose: its length would tell of it.
    pub deflate: i32,
    /// Messages of fewer bytes are not compressed; 0: 64; -1: all are.
    pub deflate_threshold: i32,
    /// 1: the server is to compress each message by itself, which compresses less and
    /// saves it memory; one that does not agree is refused.
    pub deflate_server_no_context_takeover: i32,
    /// 1: each message to the server is compressed by itself.
    pub deflate_client_no_context_takeover: i32,
    /// The server's window is to be at most 2 to the power of this, 9 to 15, in bytes; 0: as
    /// it likes. One that does not agree is refused.
    pub deflate_server_max_window_bits: i32,
    /// The same for what is sent to the server; 0: 15, or less if the server asks for it.
    pub deflate_client_max_window_bits: i32,
    /// "http://", "https://" (both CONNECT), "socks5://" (names are resolved here), "socks5h://"
    /// or "socks://" (by the proxy), with user:password@ (percent-encoded) where it wants them.
    /// With no port it is 80 for http (where curl takes 1080), 443 for https, 1080 for SOCKS; with
    /// no scheme it is http. NULL: from the environment, see ws_new(). "": none.
    /// A proxy of https:// needs a certificate of an authority that is trusted for servers
    /// (`tls_ca`, `tls_ca_only`), whatever `tls_verify` says; `tls_cert`, `tls_pins` and
    /// `tls_server_name` are for the server alone.
    pub proxy: *const c_char,
    /// HOSTWS_IP_ANY (0), HOSTWS_IP_V4 or HOSTWS_IP_V6: the addresses that may be connected to,
    /// the proxy's where there is one, and those that a proxy of socks5:// is told.
    pub ip_family: i32,
    /// How many redirects (301, 302, 303, 307, 308) may be followed; 0: none. They share
    /// `open_timeout_ms`. Never from wss to ws. To another scheme, host or port none of
    /// Authorization, Cookie, Host, Proxy-Authorization, the URL's user and `tls_cert` goes along,
    /// nor to another host `tls_server_name`. All other `headers` do, also one that is a secret by
    /// another name, such as X-Api-Key. `tls_pins` hold wherever TLS is spoken.
    pub max_redirects: i32,
    /// The client's certificate, for servers that ask for one, and behind it those between it
    /// and the authority: PEM text, or "@" and the path of a PEM file, as with `tls_ca`. Needs
    /// `tls_key`.
    pub tls_cert: *const c_char,
    /// Its private key: PEM text, or "@" and a path; PKCS#8, or the traditional formats of RSA
    /// and EC; encrypted or not. Given as text, both are read by ws_new(), which refuses what is
    /// wrong with them. For this alone it calls OpenSSL, which reads its own configuration file
    /// when a process first calls it, and takes as long to decrypt a key as the key wants. What
    /// is wrong with a file is told by on_error. Where TLS is not OpenSSL (Windows, macOS), only
    /// an unencrypted key as PKCS#8 is taken.
    pub tls_key: *const c_char,
    /// The password of an encrypted `tls_key`; not used if that is not encrypted.
    pub tls_key_password: *const c_char,
    /// Public keys, one of which the server's certificate must have: "sha256/BASE64", several
    /// separated by ";". Each is the SHA-256 of the SubjectPublicKeyInfo (RFC 7469) of the
    /// server's own certificate, not of one above it. Checked after all else that `tls_verify`
    /// asks for, also if that is nothing. The error for a server with another key tells that
    /// key's pin; close code 1015.
    pub tls_pins: *const c_char,
    /// 1: the authorities in `tls_ca` are trusted instead of the system's; 0: besides them.
    pub tls_ca_only: i32,
    /// Opens the connection again when it is lost or cannot be opened: so many attempts in a
    /// row, which are counted anew once it was open for a minute; -1: for ever; 0: never. The
    /// id stays; ws_status() says Connecting meanwhile, RECONNECTING tells of each attempt, and
    /// RECONNECTED of its success (OPEN, if it is the first opening that took several). on_error
    /// and on_terminate come at the real end alone.
    ///
    /// Worth another attempt are the close codes 1001, 1006 and 1011 to 1014, failures of the
    /// network (DNS, TCP, a lost connection, all time-outs), and HTTP 429 and 5xx, whose
    /// Retry-After is waited for, up to 5 minutes. Every other close code or HTTP status, a
    /// certificate that is not trusted and a breach of the protocol end the connection, and so
    /// do ws_terminate(), ws_abort(), ws_shutdown() and the end of the thread, at once.
    ///
    /// What waits to be sent stays, within `send_queue_max`, and leaves after RECONNECTED in its
    /// order. A message of which the operating system has not taken the last byte is sent
    /// again in whole: no server gets a message of one ws_send() twice. What the operating system
    /// had taken may be lost, and nobody is told. A message in fragments is sent again if none of
    /// them had left in whole; else it is lost: the next ws_send_ex() answers HOSTWS_E_LOST once, or
    /// a WARNING tells so if its last fragment had been given. Pings are dropped. Of a message that
    /// came in parts the rest does not come.
    pub reconnect_max: i32,
    /// The least time to wait before an attempt; 0: 500. How long it really is, is left to
    /// chance: between this and twice this for the first attempt, four times for the second and
    /// so on, up to `reconnect_max_ms`. No longer than until the machine wakes up from a sleep
    /// of 5 seconds or more, unless the server asked for the time.
    pub reconnect_min_ms: i32,
    /// The most time to wait before an attempt, unless a server asks for more; 0: 30,000.
    pub reconnect_max_ms: i32,
}

/// What a connection has done so far. Times of the opening are 0 until that
/// step is done, and sums where redirects were followed.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ws_stats {
    /// sizeof(ws_stats), set by the caller.
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
