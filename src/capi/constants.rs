//! The numbers of the ABI. Their meaning never changes.

/// The version of this header, as MAJOR * 65536 + MINOR * 256 + PATCH.
/// ws_version_number() returns that of the library in use.
pub const HOSTWS_VERSION_NUMBER: u32 = 0x0000_0100;

/// Success.
pub const HOSTWS_OK: i32 = 0;
/// An argument is NULL, negative or out of range.
pub const HOSTWS_E_ARGUMENT: i32 = -1;
/// The URL is not a valid WebSocket URL.
pub const HOSTWS_E_URL: i32 = -2;
/// An option is unknown, of the wrong type or out of range.
pub const HOSTWS_E_OPTION: i32 = -3;
/// A struct's `struct_size` is wrong, or the struct asks for something unknown to this library.
pub const HOSTWS_E_STRUCT: i32 = -4;
/// There is no such queue, or no connection ever had this id.
pub const HOSTWS_E_NO_SUCH_ID: i32 = -5;
/// The connection is Closing or Closed.
pub const HOSTWS_E_CLOSED: i32 = -6;
/// The send queue is full. Nothing was queued; a DRAIN event follows when there is room.
pub const HOSTWS_E_AGAIN: i32 = -7;
/// The message is larger than the send queue can ever hold.
pub const HOSTWS_E_TOO_BIG: i32 = -8;
/// The bytes are not UTF-8.
pub const HOSTWS_E_UTF8: i32 = -9;
/// The bytes are not a JSON object or array.
pub const HOSTWS_E_JSON: i32 = -10;
/// The time is up, or ws_wake() or a signal handler ended the wait.
pub const HOSTWS_E_TIMEOUT: i32 = -11;
/// No connection is left that could get an event.
pub const HOSTWS_E_IDLE: i32 = -12;
/// Another thread is polling this queue, or a message sent in fragments is not complete.
pub const HOSTWS_E_BUSY: i32 = -13;
/// This thread may not make this call: see "Threads" in the function's documentation.
pub const HOSTWS_E_WRONG_THREAD: i32 = -14;
/// The call is not allowed inside this callback.
pub const HOSTWS_E_REENTRANT: i32 = -15;
/// This process is a forked child and has not called ws_shutdown() yet.
pub const HOSTWS_E_FORKED: i32 = -16;
/// Another thread is inside ws_shutdown().
pub const HOSTWS_E_SHUTDOWN: i32 = -17;
/// Memory, threads or file descriptors ran out. A connection fails with this code (1009) if there
/// is no memory for its messages.
pub const HOSTWS_E_RESOURCES: i32 = -18;
/// A bug in this library. Please report it with ws_last_error_message().
pub const HOSTWS_E_INTERNAL: i32 = -19;
/// There is nothing with that name.
pub const HOSTWS_E_NOT_FOUND: i32 = -20;
/// In events: the name could not be resolved.
pub const HOSTWS_E_DNS: i32 = -21;
/// In events: no TCP connection could be made.
pub const HOSTWS_E_TCP: i32 = -22;
/// In events: the TLS handshake failed or the certificate is not trusted.
pub const HOSTWS_E_TLS: i32 = -23;
/// In events: the server's answer to the upgrade request is not what RFC 6455 requires.
pub const HOSTWS_E_HTTP: i32 = -24;
/// In events: the server broke the WebSocket protocol.
pub const HOSTWS_E_PROTOCOL: i32 = -25;
/// In events: the connection could not be opened; the cause follows.
pub const HOSTWS_E_OPEN: i32 = -26;
/// In events: the connection was lost; if an error of TCP or TLS is the cause, it follows. From
/// ws_send_ex(): the fragments sent so far of this message were lost with the connection.
pub const HOSTWS_E_LOST: i32 = -27;
/// In causes: the proxy could not be reached, refused, or broke its protocol.
pub const HOSTWS_E_PROXY: i32 = -28;

/// Status: opening. The name is being resolved, the connection made, or the upgrade awaited.
pub const HOSTWS_CONNECTING: i32 = 0;
/// Status: open. Messages can be sent and received.
pub const HOSTWS_CONNECTED: i32 = 1;
/// Status: the closing handshake has begun.
pub const HOSTWS_CLOSING: i32 = 2;
/// Status: closed. The id is never reused.
pub const HOSTWS_CLOSED: i32 = 3;

/// Data type: UTF-8 text. The default (0) of a new connection.
pub const HOSTWS_TEXT: i32 = 1;
/// Data type: bytes.
pub const HOSTWS_BLOB: i32 = 2;
/// Data type: the text of a JSON object or array.
pub const HOSTWS_OBJECT: i32 = 3;

/// Event: the connection is open. Once, before any MESSAGE.
pub const HOSTWS_EVENT_OPEN: i32 = 1;
/// Event: a message arrived; `data`, `length`, `data_type`.
pub const HOSTWS_EVENT_MESSAGE: i32 = 2;
/// Event: an error ended the connection; `errors`, `error_count`. At most once.
pub const HOSTWS_EVENT_ERROR: i32 = 3;
/// Event: the connection has ended; `code`, `reason`, `was_clean`. Always, last, once.
pub const HOSTWS_EVENT_TERMINATE: i32 = 4;
/// Event: after HOSTWS_E_AGAIN, the send queue is at most half full and has room for the message
/// that was refused. If an older DRAIN waits to be delivered and no message came after it, the new
/// one replaces it.
pub const HOSTWS_EVENT_DRAIN: i32 = 5;
/// Event: the answer to ws_ping(); `data`, `length`, `round_trip_us`. At most 64 wait to be
/// delivered; ws_ping() returns HOSTWS_E_AGAIN until you have taken some.
pub const HOSTWS_EVENT_PONG: i32 = 6;
/// Event: a problem that does not end the connection; `errors`, `error_count`. May come before
/// OPEN. At most 16 wait for each connection; any more go to the log only.
pub const HOSTWS_EVENT_WARNING: i32 = 7;
/// Event: the connection was lost or could not be opened, and will be tried again, as
/// `reconnect_max` allows. `errors` and `error_count` say why, `code` is the number of the attempt
/// in a row, `delay_ms` is the time until the attempt. May come before OPEN. If an older
/// RECONNECTING still waits to be delivered and no message came after it, the new one replaces it
/// and the RECONNECTED that followed it.
pub const HOSTWS_EVENT_RECONNECTING: i32 = 8;
/// Event: the connection is open again; `code` is the number of the attempt.
pub const HOSTWS_EVENT_RECONNECTED: i32 = 9;
/// Event: the library asks you to decide something, and waits for ws_answer(), which describes the
/// answers. Only with the option `ask`. `code` is the number of the question, `flags` is what it is
/// about, a HOSTWS_ASK_ constant. `data` is a JSON object with the facts, which the constant
/// describes; its `ask` and `question` repeat `flags` as a name ("certificate", "credentials" or
/// "reconnect") and `code`. May come before OPEN. A connection asks one question at a time; if an
/// older ASK still waits to be delivered, the new ASK replaces it.
pub const HOSTWS_EVENT_ASK: i32 = 10;
/// Event: the operating system has taken the last byte of a message that was sent with
/// HOSTWS_NOTIFY; `code` is the number of the message.
pub const HOSTWS_EVENT_SENT: i32 = 11;
/// Event: a message was dropped, because it had not begun to leave after `message_ttl_ms`; `code`
/// is the number of the message.
pub const HOSTWS_EVENT_EXPIRED: i32 = 12;

/// In an event's `flags`: this is the first part of a message.
pub const HOSTWS_FIRST: u32 = 1;
/// In an event's `flags`: this is the last part of a message.
pub const HOSTWS_LAST: u32 = 2;

/// `ask`, and an ASK event's `flags`: whether to accept the server's certificate. Asked in each TLS
/// handshake with a server, but not with a proxy, before anything else is sent. Asked even if the
/// certificate is in order, but never if `tls_verify` is HOSTWS_TLS_VERIFY_NONE. Facts: `origin`,
/// as "wss://host:port"; `name`, which the certificate should have; `faults`, an array, empty if
/// the certificate is in order: each has OpenSSL's `code` and `message`, and the `depth` of the
/// certificate in the chain (0 is the server's own); `chain`, the certificates as they were sent,
/// the server's own first, each with `subject`, `issuer`, `names` (an array), `not_before` and
/// `not_after` (seconds since 1970), `sha256` of the certificate in hexadecimal, `pin` of its key
/// as in `tls_pins`, and `der` in Base64. The event's `errors` describe the first fault. Only where
/// TLS is OpenSSL; elsewhere (Windows, macOS) ws_new() returns HOSTWS_E_OPTION.
pub const HOSTWS_ASK_CERTIFICATE: u32 = 1;
/// `ask`, and an ASK event's `flags`: how to authenticate. Asked when the server (401) or the proxy
/// (407) requires it, and the user and password of the URL or of `proxy` are missing or not
/// accepted. Facts: `origin`, the server or proxy without credentials, as "ws://host:port";
/// `proxy`, true for the proxy; `status`; `challenges`, an array of the WWW-Authenticate or
/// Proxy-Authenticate headers as they were sent; `method` and `target` of the request that will
/// carry your answer; `round`, the number of the challenge in this opening, from 1.
pub const HOSTWS_ASK_CREDENTIALS: u32 = 2;
/// `ask`, and an ASK event's `flags`: whether to try again. Asked when the connection was lost or
/// could not be opened, and `reconnect_max` allows another attempt. Facts: `attempt`, its number in
/// a row; `delay_ms`, the delay before it. The event's `errors` say why, and `delay_ms` repeats the
/// delay. RECONNECTING follows if there is another attempt.
pub const HOSTWS_ASK_RECONNECT: u32 = 4;

/// Flag of ws_send_ex(): this is a fragment; the next call continues the message.
pub const HOSTWS_MORE: u32 = 1;
/// Flag of ws_send_ex(): do not compress the message.
pub const HOSTWS_NO_COMPRESS: u32 = 2;
/// Flag of ws_send_ex(): a SENT event reports that the message has left.
pub const HOSTWS_NOTIFY: u32 = 4;

/// `tls_verify`: the certificate's chain, dates and name are checked. The default.
pub const HOSTWS_TLS_VERIFY_FULL: i32 = 0;
/// `tls_verify`: the chain and dates are checked, the name is not.
pub const HOSTWS_TLS_VERIFY_NO_HOSTNAME: i32 = 1;
/// `tls_verify`: nothing is checked. Anybody on the way can read and change the traffic.
pub const HOSTWS_TLS_VERIFY_NONE: i32 = -1;
/// `tls_min_version`: TLS 1.0.
pub const HOSTWS_TLS_1_0: i32 = 10;
/// `tls_min_version`: TLS 1.1.
pub const HOSTWS_TLS_1_1: i32 = 11;
/// `tls_min_version`: TLS 1.2, the default.
pub const HOSTWS_TLS_1_2: i32 = 12;
/// `tls_min_version`: TLS 1.3.
pub const HOSTWS_TLS_1_3: i32 = 13;

/// `ip_family`: IPv4 and IPv6. The default.
pub const HOSTWS_IP_ANY: i32 = 0;
/// `ip_family`: IPv4 only.
pub const HOSTWS_IP_V4: i32 = 4;
/// `ip_family`: IPv6 only.
pub const HOSTWS_IP_V6: i32 = 6;

/// `reconnect_on`: failures that may pass by themselves; `reconnect_max` lists them. The default.
pub const HOSTWS_RECONNECT_LOST: i32 = 0;
/// `reconnect_on`: every end that your program did not ask for.
pub const HOSTWS_RECONNECT_ANY: i32 = 1;

/// Log level: nothing.
pub const HOSTWS_LOG_OFF: i32 = 0;
/// Log level: errors that ended a connection.
pub const HOSTWS_LOG_ERROR: i32 = 1;
/// Log level: things that are allowed but unwise, such as unverified TLS.
pub const HOSTWS_LOG_WARNING: i32 = 2;
/// Log level: the opening and closing of connections.
pub const HOSTWS_LOG_INFO: i32 = 3;
/// Log level: each step of a connection: addresses, attempts, TLS, the upgrade, pauses.
pub const HOSTWS_LOG_DEBUG: i32 = 4;
/// Log level: also the data: heads of requests and answers, certificates, and each frame with the
/// first 32 bytes of its payload. Frames are logged only for connections that were opened at this
/// level.
pub const HOSTWS_LOG_TRACE: i32 = 5;
