/*
 * hostws: a WebSocket client (RFC 6455) that lives inside another program.
 *
 * Life of a connection. ws_new() returns an id at once and opens the connection in the background.
 * Its events come in this order: OPEN once; any number of MESSAGE; at most one ERROR, which ends
 * the connection; TERMINATE always, last, once. All other events may come at any time before
 * TERMINATE: WARNING, DRAIN, PONG and, if you asked for them, SENT, EXPIRED, ASK, RECONNECTING and
 * RECONNECTED. You can call ws_send() and ws_terminate() as soon as ws_new() has returned. An id is
 * never reused: after TERMINATE its status stays Closed.
 *
 * Threads. You can call every function from any thread and from inside any callback, unless its
 * documentation says otherwise. A callback runs only inside ws_poll() or ws_wait_status(), on the
 * thread that created the connection. If you gave the connection a queue from ws_queue_new(), its
 * callbacks run on the thread that polls this queue. No lock is held during a callback. Three
 * functions of yours run on threads of the library: the wake-up function (ws_queue_on_wakeup), the
 * log function (ws_set_log) and the option `on_socket`. They may call ws_wake() only; any other
 * call returns HOSTWS_E_WRONG_THREAD. Threads of the library do the network I/O. While events come
 * in quick succession, a thread that waits in ws_poll(), ws_next() or a similar call does the I/O
 * itself, inside that call. A few milliseconds after it has left the call, the library's thread
 * takes over again. A thread that waits in an event loop of its own can do the same: see
 * ws_queue_loop_fd().
 *
 * Unsent messages. When a connection ends, messages that ws_send() accepted and that have not left
 * yet can be dropped. If the connection is open, ws_terminate(), ws_queue_free() and the end of a
 * thread let the messages leave before the close frame, within `close_timeout_ms`. If it is still
 * opening, ws_queue_free() and the end of a thread let the opening finish first. ws_shutdown() does
 * both within its own time, and also reopens a lost connection. Messages are dropped by ws_abort(),
 * by ws_terminate() while the status is Connecting, by an opening that fails, by the loss of a
 * connection without `reconnect_max`, by a time limit that passes, and by exit().
 * You learn about it in three ways: on_terminate has was_clean 0, and inside it
 * ws_buffered_amount() returns the number of bytes dropped; the log gets a warning; ws_shutdown()
 * returns HOSTWS_E_TIMEOUT. After ws_queue_free() and the end of a thread there is only the log;
 * after exit() there is nothing. A message has left when the operating system has taken its bytes.
 * Only was_clean 1 means that the server has read them.
 *
 * Memory. The library copies your arguments before a function returns. It owns what an event points
 * to: this stays valid until the callback returns or, after ws_next() and ws_next_batch(), until
 * the next ws_next(), ws_next_batch(), ws_next_json(), ws_queue_discard() or ws_queue_free() on
 * that queue. One NUL always follows an event's data. The getters of a connection work until
 * on_terminate has returned; with ws_next(), until the call after the one that returned TERMINATE.
 *
 * Structs. In a struct that you fill, set struct_size to its sizeof, which may be at most 4096.
 * Zero is the default of every field. The struct may be longer than the one the library knows if
 * the rest is zero. In a struct that the library fills, set struct_size before each call; the
 * library sets it to the number of bytes that both sides know, and fills the rest of a longer
 * struct with zeros.
 *
 * Out of memory. Where you or the server chooses the size (messages, options, JSON), the call
 * returns HOSTWS_E_RESOURCES, or the connection fails with that code. If there is no memory even
 * for the small objects that each connection and each event needs, the process ends, as most
 * programs do.
 *
 * Errors. A result of zero or more is success. A negative result is a HOSTWS_E_ code: the call had
 * no effect, unless its documentation says otherwise, and ws_last_error_message() describes the
 * error. Each thread has its own last error. Any call may return HOSTWS_E_INTERNAL, which means a
 * bug in the library. What happens on the network is reported by events.
 *
 * Fork. In a forked child every call returns HOSTWS_E_FORKED until the child calls ws_shutdown().
 * fork() followed by exec() needs nothing.
 *
 * Unload and exit. The shared library stays loaded until the process ends (-z nodelete). exit()
 * with open connections is harmless, but drops what waits to be sent; call ws_shutdown() first to
 * send it and to close politely. exit() waits, for at most 5 s, while a thread of the library is
 * inside OpenSSL; after that, no wss connection sends or receives. The main thread's own queue
 * outlives main(): functions that exit() calls on that thread (atexit() handlers, destructors of
 * globals) may still send and call ws_next() and ws_shutdown(), but ws_poll() makes no more
 * callbacks.
 *
 * Stack and scheduling. A call needs up to 128 KiB of stack. Threads of the library have 2 MiB,
 * whatever the environment says. They run with the system's default policy, even if a real-time
 * thread created them, and on the processors of the main thread.
 *
 * Descriptors. The library never uses descriptors 0, 1 and 2 for itself, even if they are closed.
 *
 * Environment. ws_new() reads HOSTWS_LOG, HOSTWS_MAX_OPENING (see ws_new), HOSTWS_NETWORK_WATCH
 * (see ws_network_changed) and HOSTWS_WORKERS (see ws_queue_new) once, when it first needs them.
 * The first ws_new() or ws_set_url() that may need TLS (wss, an https:// proxy, `max_redirects`)
 * starts OpenSSL, which reads its own configuration file, on the calling thread. Each ws_new() may
 * read the variables that name proxies. At any later time, on threads of the library, the C
 * library's resolver may call getenv(), and so may OpenSSL when it looks for the system's
 * certificates (SSL_CERT_FILE, SSL_CERT_DIR): a setenv() at that moment is a race. In a setuid
 * program the library reads none of these variables.
 *
 * Signals. Threads of the library block HUP INT QUIT PIPE ALRM TERM USR1 USR2 CHLD TSTP WINCH IO
 * VTALRM PROF URG, and what the thread that starts them blocks, but never SEGV BUS FPE ILL TRAP
 * SYS. If a function of yours faults on such a thread, your signal handler runs there. A program
 * that your function starts inherits the signal mask.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef HOSTWS_H
#define HOSTWS_H

#include <stdint.h>

/**
 * The version of this header, as MAJOR * 65536 + MINOR * 256 + PATCH.
 * ws_version_number() returns that of the library in use.
 */
#define HOSTWS_VERSION_NUMBER 256

/** Success. */
enum { HOSTWS_OK = 0 };
/** An argument is NULL, negative or out of range. */
enum { HOSTWS_E_ARGUMENT = -1 };
/** The URL is not a valid WebSocket URL. */
enum { HOSTWS_E_URL = -2 };
/** An option is unknown, of the wrong type or out of range. */
enum { HOSTWS_E_OPTION = -3 };
/**
 * A struct's `struct_size` is wrong, or the struct asks for something unknown to this library.
 */
enum { HOSTWS_E_STRUCT = -4 };
/** There is no such queue, or no connection ever had this id. */
enum { HOSTWS_E_NO_SUCH_ID = -5 };
/** The connection is Closing or Closed. */
enum { HOSTWS_E_CLOSED = -6 };
/** The send queue is full. Nothing was queued; a DRAIN event follows when there is room. */
enum { HOSTWS_E_AGAIN = -7 };
/** The message is larger than the send queue can ever hold. */
enum { HOSTWS_E_TOO_BIG = -8 };
/** The bytes are not UTF-8. */
enum { HOSTWS_E_UTF8 = -9 };
/** The bytes are not a JSON object or array. */
enum { HOSTWS_E_JSON = -10 };
/** The time is up, or ws_wake() or a signal handler ended the wait. */
enum { HOSTWS_E_TIMEOUT = -11 };
/** No connection is left that could get an event. */
enum { HOSTWS_E_IDLE = -12 };
/** Another thread is polling this queue, or a message sent in fragments is not complete. */
enum { HOSTWS_E_BUSY = -13 };
/** This thread may not make this call: see "Threads" in the function's documentation. */
enum { HOSTWS_E_WRONG_THREAD = -14 };
/** The call is not allowed inside this callback. */
enum { HOSTWS_E_REENTRANT = -15 };
/** This process is a forked child and has not called ws_shutdown() yet. */
enum { HOSTWS_E_FORKED = -16 };
/** Another thread is inside ws_shutdown(). */
enum { HOSTWS_E_SHUTDOWN = -17 };

/**
 * Memory, threads or file descriptors ran out. A connection fails with this code (1009) if there
 * is no memory for its messages.
 */
enum { HOSTWS_E_RESOURCES = -18 };
/** A bug in this library. Please report it with ws_last_error_message(). */
enum { HOSTWS_E_INTERNAL = -19 };
/** There is nothing with that name. */
enum { HOSTWS_E_NOT_FOUND = -20 };
/** In events: the name could not be resolved. */
enum { HOSTWS_E_DNS = -21 };
/** In events: no TCP connection could be made. */
enum { HOSTWS_E_TCP = -22 };
/** In events: the TLS handshake failed or the certificate is not trusted. */
enum { HOSTWS_E_TLS = -23 };
/** In events: the server's answer to the upgrade request is not what RFC 6455 requires. */
enum { HOSTWS_E_HTTP = -24 };
/** In events: the server broke the WebSocket protocol. */
enum { HOSTWS_E_PROTOCOL = -25 };
/** In events: the connection could not be opened; the cause follows. */
enum { HOSTWS_E_OPEN = -26 };

/**
 * In events: the connection was lost; if an error of TCP or TLS is the cause, it follows. From
 * ws_send_ex(): the fragments sent so far of this message were lost with the connection.
 */
enum { HOSTWS_E_LOST = -27 };
/** In causes: the proxy could not be reached, refused, or broke its protocol. */
enum { HOSTWS_E_PROXY = -28 };
/**
 * Status: opening. The name is being resolved, the connection made, or the upgrade awaited.
 */
enum { HOSTWS_CONNECTING = 0 };
/** Status: open. Messages can be sent and received. */
enum { HOSTWS_CONNECTED = 1 };
/** Status: the closing handshake has begun. */
enum { HOSTWS_CLOSING = 2 };
/** Status: closed. The id is never reused. */
enum { HOSTWS_CLOSED = 3 };
/** Data type: UTF-8 text. The default (0) of a new connection. */
enum { HOSTWS_TEXT = 1 };
/** Data type: bytes. */
enum { HOSTWS_BLOB = 2 };
/** Data type: the text of a JSON object or array. */
enum { HOSTWS_OBJECT = 3 };
/** Event: the connection is open. Once, before any MESSAGE. */
enum { HOSTWS_EVENT_OPEN = 1 };
/** Event: a message arrived; `data`, `length`, `data_type`. */
enum { HOSTWS_EVENT_MESSAGE = 2 };
/** Event: an error ended the connection; `errors`, `error_count`. At most once. */
enum { HOSTWS_EVENT_ERROR = 3 };
/** Event: the connection has ended; `code`, `reason`, `was_clean`. Always, last, once. */
enum { HOSTWS_EVENT_TERMINATE = 4 };

/**
 * Event: after HOSTWS_E_AGAIN, the send queue is at most half full and has room for the message
 * that was refused. If an older DRAIN waits to be delivered and no message came after it, the new
 * one replaces it.
 */
enum { HOSTWS_EVENT_DRAIN = 5 };

/**
 * Event: the answer to ws_ping(); `data`, `length`, `round_trip_us`. At most 64 wait to be
 * delivered; ws_ping() returns HOSTWS_E_AGAIN until you have taken some.
 */
enum { HOSTWS_EVENT_PONG = 6 };

/**
 * Event: a problem that does not end the connection; `errors`, `error_count`. May come before
 * OPEN. At most 16 wait for each connection; any more go to the log only.
 */
enum { HOSTWS_EVENT_WARNING = 7 };

/**
 * Event: the connection was lost or could not be opened, and will be tried again, as
 * `reconnect_max` allows. `errors` and `error_count` say why, `code` is the number of the attempt
 * in a row, `delay_ms` is the time until the attempt. May come before OPEN. If an older
 * RECONNECTING still waits to be delivered and no message came after it, the new one replaces it
 * and the RECONNECTED that followed it.
 */
enum { HOSTWS_EVENT_RECONNECTING = 8 };
/** Event: the connection is open again; `code` is the number of the attempt. */
enum { HOSTWS_EVENT_RECONNECTED = 9 };

/**
 * Event: the library asks you to decide something, and waits for ws_answer(), which describes the
 * answers. Only with the option `ask`. `code` is the number of the question, `flags` is what it is
 * about, a HOSTWS_ASK_ constant. `data` is a JSON object with the facts, which the constant
 * describes; its `ask` and `question` repeat `flags` as a name ("certificate", "credentials" or
 * "reconnect") and `code`. May come before OPEN. A connection asks one question at a time; if an
 * older ASK still waits to be delivered, the new ASK replaces it.
 */
enum { HOSTWS_EVENT_ASK = 10 };

/**
 * Event: the operating system has taken the last byte of a message that was sent with
 * HOSTWS_NOTIFY; `code` is the number of the message.
 */
enum { HOSTWS_EVENT_SENT = 11 };

/**
 * Event: a message was dropped, because it had not begun to leave after `message_ttl_ms`; `code`
 * is the number of the message.
 */
enum { HOSTWS_EVENT_EXPIRED = 12 };
/** In an event's `flags`: this is the first part of a message. */
enum { HOSTWS_FIRST = 1 };
/** In an event's `flags`: this is the last part of a message. */
enum { HOSTWS_LAST = 2 };

/**
 * `ask`, and an ASK event's `flags`: whether to accept the server's certificate. Asked in each TLS
 * handshake with a server, but not with a proxy, before anything else is sent. Asked even if the
 * certificate is in order, but never if `tls_verify` is HOSTWS_TLS_VERIFY_NONE. Facts: `origin`,
 * as "wss://host:port"; `name`, which the certificate should have; `faults`, an array, empty if
 * the certificate is in order: each has OpenSSL's `code` and `message`, and the `depth` of the
 * certificate in the chain (0 is the server's own); `chain`, the certificates as they were sent,
 * the server's own first, each with `subject`, `issuer`, `names` (an array), `not_before` and
 * `not_after` (seconds since 1970), `sha256` of the certificate in hexadecimal, `pin` of its key
 * as in `tls_pins`, and `der` in Base64. The event's `errors` describe the first fault. Only where
 * TLS is OpenSSL; elsewhere (Windows, macOS) ws_new() returns HOSTWS_E_OPTION.
 */
enum { HOSTWS_ASK_CERTIFICATE = 1 };

/**
 * `ask`, and an ASK event's `flags`: how to authenticate. Asked when the server (401) or the proxy
 * (407) requires it, and the user and password of the URL or of `proxy` are missing or not
 * accepted. Facts: `origin`, the server or proxy without credentials, as "ws://host:port";
 * `proxy`, true for the proxy; `status`; `challenges`, an array of the WWW-Authenticate or
 * Proxy-Authenticate headers as they were sent; `method` and `target` of the request that will
 * carry your answer; `round`, the number of the challenge in this opening, from 1.
 */
enum { HOSTWS_ASK_CREDENTIALS = 2 };

/**
 * `ask`, and an ASK event's `flags`: whether to try again. Asked when the connection was lost or
 * could not be opened, and `reconnect_max` allows another attempt. Facts: `attempt`, its number in
 * a row; `delay_ms`, the delay before it. The event's `errors` say why, and `delay_ms` repeats the
 * delay. RECONNECTING follows if there is another attempt.
 */
enum { HOSTWS_ASK_RECONNECT = 4 };
/** Flag of ws_send_ex(): this is a fragment; the next call continues the message. */
enum { HOSTWS_MORE = 1 };
/** Flag of ws_send_ex(): do not compress the message. */
enum { HOSTWS_NO_COMPRESS = 2 };
/** Flag of ws_send_ex(): a SENT event reports that the message has left. */
enum { HOSTWS_NOTIFY = 4 };
/** `tls_verify`: the certificate's chain, dates and name are checked. The default. */
enum { HOSTWS_TLS_VERIFY_FULL = 0 };
/** `tls_verify`: the chain and dates are checked, the name is not. */
enum { HOSTWS_TLS_VERIFY_NO_HOSTNAME = 1 };
/** `tls_verify`: nothing is checked. Anybody on the way can read and change the traffic. */
enum { HOSTWS_TLS_VERIFY_NONE = -1 };
/** `tls_min_version`: TLS 1.0. */
enum { HOSTWS_TLS_1_0 = 10 };
/** `tls_min_version`: TLS 1.1. */
enum { HOSTWS_TLS_1_1 = 11 };
/** `tls_min_version`: TLS 1.2, the default. */
enum { HOSTWS_TLS_1_2 = 12 };
/** `tls_min_version`: TLS 1.3. */
enum { HOSTWS_TLS_1_3 = 13 };
/** `ip_family`: IPv4 and IPv6. The default. */
enum { HOSTWS_IP_ANY = 0 };
/** `ip_family`: IPv4 only. */
enum { HOSTWS_IP_V4 = 4 };
/** `ip_family`: IPv6 only. */
enum { HOSTWS_IP_V6 = 6 };
/**
 * `reconnect_on`: failures that may pass by themselves; `reconnect_max` lists them. The default.
 */
enum { HOSTWS_RECONNECT_LOST = 0 };
/** `reconnect_on`: every end that your program did not ask for. */
enum { HOSTWS_RECONNECT_ANY = 1 };
/** Log level: nothing. */
enum { HOSTWS_LOG_OFF = 0 };
/** Log level: errors that ended a connection. */
enum { HOSTWS_LOG_ERROR = 1 };
/** Log level: things that are allowed but unwise, such as unverified TLS. */
enum { HOSTWS_LOG_WARNING = 2 };
/** Log level: the opening and closing of connections. */
enum { HOSTWS_LOG_INFO = 3 };
/** Log level: each step of a connection: addresses, attempts, TLS, the upgrade, pauses. */
enum { HOSTWS_LOG_DEBUG = 4 };

/**
 * Log level: also the data: heads of requests and answers, certificates, and each frame with the
 * first 32 bytes of its payload. Frames are logged only for connections that were opened at this
 * level.
 */
enum { HOSTWS_LOG_TRACE = 5 };

/**
 * A connection. An id is positive; 0 is no connection, and a negative number is a HOSTWS_E_ code.
 * An id is never reused in the same process.
 */
typedef int32_t ws_id;

/** One entry of an error stack. */
typedef struct ws_error {
  /**
   * A HOSTWS_E_ code; in a cause it may be a number of the component: an HTTP status
   * (http, proxy), a SOCKS reply (proxy), an errno (os).
   */
  int32_t code;
  /** One line for a person to read. Never contains credentials. */
  const char *message;
  /** "ws", "http", "proxy", "tls", "tcp", "dns", "json" or "os". */
  const char *component;
} ws_error;

/**
 * Something that happened on a connection. Fields that a type of event does not use are 0. The
 * library owns everything that it points to: "Memory" above says how long it is valid.
 */
typedef struct ws_event {
  /** sizeof(ws_event) as the library knows it. */
  uint32_t struct_size;
  /** The type of event: a HOSTWS_EVENT_ constant. */
  int32_t type;
  /** The connection. */
  ws_id ws;
  /** MESSAGE: HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT. ASK: HOSTWS_OBJECT. */
  int32_t data_type;
  /**
   * MESSAGE, PONG: the payload; ASK: the facts. A NUL follows, which `length` does not count.
   */
  const char *data;
  /** MESSAGE, PONG, ASK: the number of bytes at `data`. */
  int64_t length;
  /**
   * ERROR, WARNING, RECONNECTING, ASK: a stack of errors. ASK may have none. The general error
   * comes first, then its causes, if there are any.
   */
  const struct ws_error *errors;
  /** ERROR, WARNING, RECONNECTING, ASK: the number of entries at `errors`. */
  int32_t error_count;
  /**
   * TERMINATE: the server's close code; 1005 if its close frame had none. Without a close frame,
   * the code with which the library failed the connection (1002, 1003, 1007, 1009; 1015 for
   * TLS), else 1006. RECONNECTING, RECONNECTED: the number of the attempt in a row, from 1. ASK:
   * the number of the question. SENT, EXPIRED: the number of the message, see ws_send_ex().
   */
  int32_t code;
  /** TERMINATE: the server's reason, or "". */
  const char *reason;
  /** TERMINATE: 1 if both sides exchanged close frames (RFC 6455 7.1.4). */
  int32_t was_clean;
  /**
   * MESSAGE: HOSTWS_FIRST and HOSTWS_LAST. Both are set, except for a message larger than
   * `stream_threshold`: its first part has HOSTWS_FIRST, its last part HOSTWS_LAST. ASK: the
   * subject of the question, a HOSTWS_ASK_ constant.
   */
  uint32_t flags;
  /** When it happened or was read: microseconds since the Unix epoch. */
  uint64_t time_us;
  /** The `user_data` of the handler. */
  void *user_data;
  /** PONG: microseconds since the ping was sent. */
  uint64_t round_trip_us;
  /** RECONNECTING, and ASK with HOSTWS_ASK_RECONNECT: milliseconds until the attempt. */
  int64_t delay_ms;
} ws_event;

/**
 * A callback. Runs inside ws_poll() or ws_wait_status(), on the thread that polls the connection's
 * queue. It may call every function of the library, except where that function's documentation
 * says otherwise. It may leave by an exception or longjmp(): see ws_poll().
 */
typedef void (*ws_callback)(ws_id ws, const struct ws_event *event, void *user_data);

/** The callbacks of a connection. Copied by ws_new(). */
typedef struct ws_handler {
  /** sizeof(ws_handler). */
  uint32_t struct_size;
  /**
   * How messages are delivered, and how ws_send() sends them if its `data_type` is 0.
   * HOSTWS_TEXT (also 0): text messages are delivered as text and binary ones as blobs.
   * HOSTWS_BLOB: every message is a blob. HOSTWS_OBJECT: every message must be a JSON object or
   * array; any other message fails the connection (1007).
   */
  int32_t data_type;
  /**
   * Passed to the callbacks unchanged. Must stay valid until on_terminate has returned, the
   * queue has been freed, or the queue's thread has ended.
   */
  void *user_data;
  /** The connection is open. Called once, even if the connection is reopened later. */
  ws_callback on_open;
  /** A message arrived. */
  ws_callback on_message;
  /** An error ended the connection; on_terminate follows. At most once. */
  ws_callback on_error;
  /** The connection has ended. Always, last, once. */
  ws_callback on_terminate;
  /** All other events: DRAIN, PONG, WARNING, RECONNECTING, RECONNECTED, ASK, SENT, EXPIRED. */
  ws_callback on_event;
} ws_handler;

/**
 * A queue of events. 0 is the calling thread's own queue; a positive number comes from
 * ws_queue_new() or ws_queue_of().
 */
typedef int32_t ws_queue;

/** A header of the upgrade request. */
typedef struct ws_header {
  /** An RFC 9110 token, such as "Authorization". */
  const char *name;
  /** The value; no CR, LF or other control character. */
  const char *value;
} ws_header;

/**
 * Called with each TCP socket before it connects. It can mark the socket (SO_MARK), protect it
 * from a VPN (VpnService.protect() of Android), or set any other option. Each address that is
 * tried has a socket of its own, also with a proxy and after a redirect or a reconnect. Not called
 * for Unix sockets and `fd`.
 *
 * THE FUNCTION RUNS ON A THREAD OF THE LIBRARY. It may call no function of the library except
 * ws_wake(). It may be called on several threads at once. A slow function delays only its own
 * opening, whose `open_timeout_ms` runs on. At most eight calls run at once; further openings with
 * an `on_socket` wait for them. It should return normally: if it throws an exception or ends its
 * thread by pthread_exit(), the socket is refused and the function is not called again until
 * ws_shutdown() has been called. Windows: it must not end its thread, because the opening would
 * wait for it until `open_timeout_ms`, and ws_shutdown() until its own time is up; an exception is
 * as told.
 *
 * A connection can end while a call for it runs; the call is not waited for. So the function and
 * its data must stay valid until the connection has ended and no call is running, or until
 * ws_shutdown() has returned anything but HOSTWS_E_TIMEOUT.
 *
 * @param ws         the connection
 * @param fd         the socket, not connected. It belongs to the library: do not close it, and do
 *                   not use it after the function has returned
 * @param address    the address to connect to: "192.0.2.1:443" or "[2001:db8::1]:443"
 * @param user_data  `on_socket_data`
 * @return 0 accepts the socket. Any other number refuses it: the next address is tried, and if
 *         none is left, the opening fails as if the server had refused the connection, with an
 *         error that names the number
 */
typedef int32_t (*ws_socket_function)(ws_id ws, intptr_t fd, const char *address, void *user_data);

/**
 * How a connection is opened and maintained. Zero in a field means its default; where the
 * field says so, -1 switches it off. ws_new() copies the struct and its strings.
 */
typedef struct ws_options {
  /** sizeof(ws_options). */
  uint32_t struct_size;
  /** The queue that gets the events; 0: the calling thread's own. */
  ws_queue queue;
  /**
   * Headers of the upgrade request, in this order. A name may repeat, except Host, which
   * replaces the URL's host in the request; TLS does not use it.
   */
  const struct ws_header *headers;
  /** The number of entries at `headers`. */
  int32_t header_count;
  /**
   * HOSTWS_TLS_VERIFY_FULL (0), _NO_HOSTNAME or _NONE. The latter two log a warning and
   * cause a WARNING event.
   */
  int32_t tls_verify;
  /** Subprotocols to offer, the preferred one first: "a,b" (RFC 6455 1.9). */
  const char *subprotocols;
  /**
   * Certificate authorities to trust in addition to the system's, or instead of them
   * with `tls_ca_only`. PEM text, or "@" and the path of a PEM file, which is read when
   * the connection opens. Relative paths, here and in `tls_cert` and `tls_key`, start at
   * the working directory during ws_new(). The system's authorities are read again once
   * a day, after ws_shutdown(), and if they could not be read.
   */
  const char *tls_ca;
  /** The name to send (SNI) and to expect in the certificate; NULL: the URL's host. */
  const char *tls_server_name;
  /**
   * The oldest TLS version to accept, also with an https:// proxy: HOSTWS_TLS_1_0 to
   * HOSTWS_TLS_1_3; 0: 1.2. Windows: 1.3 needs Windows 11 or Windows Server 2022; before,
   * the opening fails.
   */
  int32_t tls_min_version;
  /**
   * The time limit of the whole opening, from DNS to the upgrade; 0: 30,000; -1: no
   * limit.
   */
  int32_t open_timeout_ms;
  /** The time limit of the closing handshake; 0: 5,000. */
  int32_t close_timeout_ms;
  /**
   * A ping is sent after this much silence; 0: 30,000; -1: never. A random part of the
   * time, up to a quarter, is left out, so that clients which all received the same
   * message do not all ping together.
   */
  int32_t ping_interval_ms;
  /**
   * The connection is lost after this much silence following the ping; 0: 30,000; -1:
   * never. The time starts when everything sent before the ping has left, or when no
   * more of it leaves. When the machine wakes up from a sleep of 5 seconds or more, a
   * ping is sent at once (on Linux; elsewhere when the next one is due) and the limit is
   * at most 5,000.
   */
  int32_t ping_timeout_ms;
  /**
   * The connection is lost (1006) if data waits to be sent and the server takes none of
   * it for this long; 0: 30,000; -1: no limit. The clock stops while the library reads
   * nothing because your receive queue is full. During the closing handshake,
   * `close_timeout_ms` applies instead.
   */
  int32_t write_timeout_ms;
  /**
   * The largest message to accept, in bytes; 0: 64 MiB; -1: no limit. A larger message
   * fails the connection (1009).
   */
  int64_t max_message;
  /**
   * The number of bytes, as framed, that may wait to be sent; -1: no limit. 0: 16 MiB,
   * and while nothing else waits, one message of up to `max_message` bytes, so that you
   * can send back what you received. A message to be compressed must fit with its
   * uncompressed length. With `reconnect_max`, it counts with its uncompressed length as
   * long as any of it waits, because it may have to be sent again; so does a message
   * that has partly left.
   */
  int64_t send_queue_max;
  /**
   * The number of bytes of messages that may wait for you, with at least 64 bytes of
   * overhead for each message; 0: 16 MiB; -1: no limit. Above the limit the library
   * stops reading from that server; nothing is dropped.
   */
  int64_t receive_queue_max;
  /**
   * A message with more bytes than this is delivered in parts of this size, as they
   * arrive. Each part is a MESSAGE event; the first has HOSTWS_FIRST in its `flags`, the
   * last has HOSTWS_LAST. Text is cut between characters. At least 1,024; 0 or -1:
   * messages are delivered whole. `max_message` still limits the sum of the parts. If a
   * message breaks a limit or the protocol after its first part, there is no last part,
   * and on_error follows. Not allowed with HOSTWS_OBJECT.
   */
  int64_t stream_threshold;
  /**
   * 1: offers permessage-deflate (RFC 7692). Once the connection is open, messages are
   * compressed if the server agreed. 0: off. The agreed parameters are in
   * ws_response_header(ws, "Sec-WebSocket-Extensions"). Do not compress a secret
   * together with text that somebody else can choose: the length of the result reveals
   * it.
   */
  int32_t deflate;
  /**
   * Messages with fewer bytes are not compressed; 0: 64; -1: all messages are
   * compressed.
   */
  int32_t deflate_threshold;
  /**
   * 1: asks the server to compress each message by itself, which compresses less and
   * saves the server memory. A server that does not agree is refused.
   */
  int32_t deflate_server_no_context_takeover;
  /** 1: messages to the server are compressed each by itself. */
  int32_t deflate_client_no_context_takeover;
  /**
   * Asks the server for a compression window of at most 2 to the power of this, in
   * bytes; 9 to 15; 0: the server chooses. A server that does not agree is refused.
   */
  int32_t deflate_server_max_window_bits;
  /**
   * The same for the window of messages to the server; 0: 15, or less if the server asks
   * for it.
   */
  int32_t deflate_client_max_window_bits;
  /**
   * The proxy: "http://", "https://" (both use CONNECT), "socks5://" (names are resolved
   * here), "socks5h://" or "socks://" (the proxy resolves them), with user:password@
   * (percent-encoded) if it needs them. The default port is 80 for http (curl takes
   * 1080), 443 for https, 1080 for SOCKS; the default scheme is http. NULL: from the
   * environment, see ws_new(). "": no proxy. An https:// proxy needs a certificate from
   * an authority that is trusted for servers (`tls_ca`, `tls_ca_only`), whatever
   * `tls_verify` says; `tls_cert`, `tls_pins` and `tls_server_name` apply to the server
   * only.
   */
  const char *proxy;
  /**
   * HOSTWS_IP_ANY (0), HOSTWS_IP_V4 or HOSTWS_IP_V6: which addresses to use. With a
   * proxy this applies to the address of the proxy, and to the addresses that are sent
   * to a socks5:// proxy.
   */
  int32_t ip_family;
  /**
   * How many redirects (301, 302, 303, 307, 308) to follow; 0: none. They share
   * `open_timeout_ms`. A redirect from wss to ws is never followed. A cookie that a
   * redirect sets is sent back to the same scheme, host and port until the opening is
   * over (RFC 6265). A different scheme, host or port does not get Authorization,
   * Cookie, Host, Proxy-Authorization, the URL's user, `subprotocols` or `tls_cert`; a
   * different host does not get `tls_server_name` either. All other `headers` are sent,
   * even a secret with another name, such as X-Api-Key. `tls_pins` apply to every TLS
   * connection.
   */
  int32_t max_redirects;
  /**
   * The client's certificate, for servers that ask for one, followed by the certificates
   * between it and the authority: PEM text, or "@" and the path of a PEM file, as in
   * `tls_ca`. Needs `tls_key`.
   */
  const char *tls_cert;
  /**
   * The private key of `tls_cert`: PEM text, or "@" and a path. PKCS#8 or the
   * traditional formats of RSA and EC, encrypted or not. If `tls_cert` and `tls_key` are
   * text, ws_new() reads them and refuses them if something is wrong. This takes as long
   * as it takes to decrypt the key. Errors in a file are reported by on_error. Where TLS
   * is not OpenSSL (Windows, macOS), the key must be unencrypted PKCS#8. Windows: it
   * must be one of RSA.
   */
  const char *tls_key;
  /**
   * The password of an encrypted `tls_key`; ignored if the key is not encrypted.
   * HOSTWS_E_OPTION where TLS is not OpenSSL (Windows, macOS).
   */
  const char *tls_key_password;
  /**
   * Pins of public keys: "sha256/BASE64", several separated by ";". The server's
   * certificate must have one of these keys. Each pin is the SHA-256 of the
   * SubjectPublicKeyInfo (RFC 7469) of the server's own certificate, not of a
   * certificate above it. Pins are checked last, after what `tls_verify` asks for, even
   * if that is nothing. If no pin matches, the error contains the pin of the server's
   * key, and the close code is 1015.
   */
  const char *tls_pins;
  /**
   * 1: trusts the authorities in `tls_ca` instead of the system's; 0: in addition to
   * them.
   */
  int32_t tls_ca_only;
  /**
   * Reopens the connection when it is lost or cannot be opened. The value is the number
   * of attempts in a row; counting starts again once the connection has been open for a
   * minute. -1: no limit; 0: never. The id stays the same. Meanwhile the status is
   * Connecting. RECONNECTING announces each attempt, and RECONNECTED its success (OPEN,
   * if the first opening took several attempts). on_error and on_terminate come only at
   * the final end.
   *
   * These ends lead to another attempt: close codes 1001, 1006 and 1011 to 1014; network
   * failures (DNS, TCP, a lost connection, all time-outs); HTTP 408, 421, 425, 429 and
   * 5xx except 501 and 505. Every other close code or HTTP status, an untrusted
   * certificate and a breach of the protocol end the connection, unless `reconnect_on`
   * or `reconnect_codes` says otherwise. ws_terminate(), ws_abort(), ws_shutdown() and
   * the end of the thread always end it at once. A Retry-After is obeyed, up to 5
   * minutes. Up to half of that time is added at random, so that clients which got the
   * same Retry-After do not come back together.
   *
   * Messages that wait to be sent stay queued, within `send_queue_max`, and leave in
   * order after RECONNECTED. If the operating system has not taken the last byte of a
   * message, the whole message is sent again: no server gets the message of one
   * ws_send() call twice. Messages that the operating system had taken may be lost
   * without notice. A message in fragments is sent again if none of its fragments had
   * completely left. Otherwise it is lost: the next ws_send_ex() returns HOSTWS_E_LOST
   * once; if its last fragment had already been given, a WARNING event reports the loss.
   * Pings are dropped. If a message was being delivered in parts, the remaining parts do
   * not come.
   */
  int32_t reconnect_max;
  /**
   * The minimum delay before an attempt; 0: 500. The actual delay is random: between
   * this and twice this for the first attempt, four times this for the second and so on,
   * up to `reconnect_max_ms`. It ends early when the machine wakes up from a sleep of 5
   * seconds or more, unless the server asked for the delay.
   *
   * The range is wider after an end that may hit all clients of a server at once: close
   * codes 1000, 1001, 1005 and 1012 to 1014, HTTP 429 and 5xx, and a TCP connection that
   * is refused, reset or ended. By default it is then 0 to 5,000 for the first attempt
   * (RFC 6455 7.2.3), up to 10,000 for the second and so on. If you set this option, the
   * range is from this to ten times this for the first attempt, twenty times this for
   * the second and so on.
   */
  int32_t reconnect_min_ms;
  /** The maximum delay before an attempt, unless a server asks for more; 0: 30,000. */
  int32_t reconnect_max_ms;
  /**
   * Which ends lead to another attempt. HOSTWS_RECONNECT_LOST (0): those that
   * `reconnect_max` lists. HOSTWS_RECONNECT_ANY: every end that your program did not ask
   * for, including a close with 1000, a 404, an untrusted certificate and a breach of
   * the protocol.
   */
  int32_t reconnect_on;
  /**
   * Exceptions from `reconnect_on`: close codes and HTTP statuses, separated by commas.
   * Each leads to another attempt; with a minus sign it does not:
   * "1000,1005,4000,401,-1012". The close code is the code that on_terminate would have.
   * If an HTTP status refused the opening, the status counts and not the close code.
   * With 401, use RECONNECTING to set a fresh token by ws_set_header() or ws_set_url().
   */
  const char *reconnect_codes;
  /**
   * The local addresses that connections come from: "192.0.2.7", "[2001:db8::7]:0" or,
   * on Linux, "if!eth1" for a network interface. Several, separated by commas, are used
   * in turn for each address of the server. An address that has no free port is skipped.
   * Each local address allows as many connections to one server address as the system
   * has ports, 28,232 by default on Linux. With a port other than 0, only one connection
   * at a time can come from it. Like the `tcp_` options, this applies to all TCP sockets
   * that the library makes for the connection, also to a proxy and after a reconnect. It
   * does not apply to Unix sockets. NULL or "": the system chooses.
   */
  const char *local_address;
  /**
   * Where to connect instead of the addresses of a host:
   * "example.com:443=192.0.2.1,[2001:db8::1]:8443". On the left, a host without a port
   * stands for all its ports, and * for any host. On the right are IP addresses; an
   * address without a port has the port of the connection. Several entries are separated
   * by ";"; the first that matches counts. The name is not looked up. Everything else
   * stays the same: the Host header, the name that TLS sends and expects, the origin of
   * redirects. Several addresses are tried like the addresses of a name: connections
   * take turns in which address they try first, and if it does not answer, the next is
   * tried as well. With a proxy, give the proxy's host and port; the server's entry then
   * only applies to the address that is sent to a socks5:// proxy. NULL or "": nowhere.
   */
  const char *connect_to;
  /**
   * TCP keep-alive: the system probes the peer after this much silence, and repeats the
   * probe at the same interval. Rounded up to whole seconds. 0 or -1: never. The pings
   * of `ping_interval_ms`, which are on by default, test the whole path to the server.
   */
  int32_t tcp_keepalive_ms;
  /**
   * The system ends the connection when data that was sent has not been acknowledged for
   * this long, instead of the 15 minutes or so after which TCP gives up
   * (TCP_USER_TIMEOUT). 0 or -1: the system's default. Linux only; elsewhere
   * HOSTWS_E_OPTION. See also `write_timeout_ms`.
   */
  int32_t tcp_user_timeout_ms;
  /**
   * The size of the socket's send buffer in bytes (SO_SNDBUF), set before it connects;
   * 0: the system's default, which on most systems grows as needed. The system may round
   * or limit it.
   */
  int32_t tcp_send_buffer;
  /** The same for the receive buffer (SO_RCVBUF). */
  int32_t tcp_receive_buffer;
  /**
   * 1: writes the keys of each TLS connection to a file, in the format that Wireshark
   * reads. The environment variable SSLKEYLOGFILE names the file during ws_new(); if it
   * is not set, nothing is written. WHOEVER HAS THE FILE CAN READ EVERYTHING that these
   * connections carry: use it for debugging only. Each connection logs a warning. A new
   * file is readable by its owner only; an existing file is appended to. 0: never,
   * whatever the environment says. HOSTWS_E_OPTION where TLS is not OpenSSL (Windows,
   * macOS).
   */
  int32_t tls_key_log;
  /**
   * 0: resumes the TLS sessions of earlier connections with the same settings and the
   * same proxy, which saves the server most of the work. The library keeps the sessions
   * of at most 1,024 servers in memory, until ws_shutdown(). -1: each connection makes a
   * full handshake. Where TLS is not OpenSSL (Windows, macOS), the system decides, and -1
   * is HOSTWS_E_OPTION.
   */
  int32_t tls_resume;
  /**
   * Which decisions your program wants to make itself: a sum of
   * HOSTWS_ASK_CERTIFICATE, HOSTWS_ASK_CREDENTIALS and HOSTWS_ASK_RECONNECT. Each comes
   * as an ASK event, and the library waits for ws_answer(). 0: none. A handler with
   * callbacks needs on_event.
   */
  int64_t ask;
  /**
   * A message that has not begun to leave after this time is dropped, and an EXPIRED
   * event names it. The time begins when ws_send() or ws_send_ex() queues the message,
   * or its last fragment. It also runs while the connection is opened or reopened. A
   * message whose first byte has left, or is part of a TLS record that has begun to
   * leave, is sent completely. If a reconnect interrupts it and it must be sent again,
   * it can expire. With `deflate`, each message is then compressed by itself. 0 or -1:
   * no limit. HOSTWS_E_AGAIN also means that 65,536 EXPIRED events are outstanding or
   * wait for you to take them.
   */
  int64_t message_ttl_ms;
  /**
   * A connected stream socket (a SOCKET on Windows) to use instead of a new one: TCP,
   * Unix, one end of a socketpair(), or anything else that reaches the server. The URL
   * still gives the host and the path of the request, and wss:// still means TLS.
   * ws_new() checks that the socket is connected. If ws_new() returns an id, the socket
   * belongs to the library, which makes it non-blocking and closes it when the
   * connection ends: do not use or close it any more (use dup() to keep one; it shares
   * the non-blocking mode). If ws_new() returns an error, the socket is still yours,
   * unchanged. 0: none; if your socket is descriptor 0, use dup(). The library cannot
   * make such a socket again, so `reconnect_max`, `max_redirects`, `proxy`,
   * `local_address`, `connect_to`, `on_socket` and the `tcp_` options are
   * HOSTWS_E_OPTION beside it. Proxies in the environment do not count.
   */
  int64_t fd;
  /**
   * Called with each TCP socket before it connects; can refuse it: see
   * ws_socket_function. IT RUNS ON A THREAD OF THE LIBRARY. NULL: none. Not available in
   * JSON.
   */
  ws_socket_function on_socket;
  /**
   * Passed to `on_socket` unchanged. ws_socket_function says how long it must stay
   * valid.
   */
  void *on_socket_data;
} ws_options;

/**
 * What a connection has done so far. The times are those of the steps of the opening: 0 until the
 * step is done, and a sum if redirects were followed.
 */
typedef struct ws_stats {
  /**
   * sizeof(ws_stats), set by the caller. The library sets it to the number of bytes that it
   * knows, if that is less, and fills the rest of the struct with zeros.
   */
  uint32_t struct_size;
  /** Reserved: 0. */
  uint32_t reserved;
  /** Messages that ws_send() and ws_send_ex() queued. */
  uint64_t messages_sent;
  /** Bytes of their payloads. */
  uint64_t payload_sent;
  /** Messages received. */
  uint64_t messages_received;
  /** Bytes of their payloads. */
  uint64_t payload_received;
  /** Bytes of frames sent. */
  uint64_t wire_sent;
  /** Bytes of frames received. */
  uint64_t wire_received;
  /** Pings sent, by ws_ping() and to keep the connection alive. */
  uint64_t pings_sent;
  /** Pongs received in answer to them. */
  uint64_t pongs_received;
  /** The last round-trip time of a ping, in microseconds; 0: none yet. */
  uint64_t round_trip_us;
  /** Time to look up the names of the server and the proxy, in microseconds. */
  uint64_t dns_us;
  /** Time to connect, in microseconds. */
  uint64_t tcp_us;
  /**
   * Time of the TLS handshake with the server, in microseconds. Includes loading the trust store
   * and `tls_cert`, if no earlier connection did so.
   */
  uint64_t tls_us;
  /** Time of the HTTP upgrade, in microseconds. */
  uint64_t upgrade_us;
  /**
   * Time of the handshake with the proxy, in microseconds. Includes TLS with the proxy, and what
   * is loaded for it.
   */
  uint64_t proxy_us;
  /**
   * How often the connection was reopened. The times above are those of the last opening; the
   * counts continue.
   */
  uint64_t reconnects;
} ws_stats;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Creates a connection and begins to open it.
 *
 * Returns at once with the status Connecting, and never touches the network or the disk. (The
 * first call that may need TLS starts OpenSSL, which reads its own configuration file.) Failures
 * that only the network can show (refused, DNS, TLS, HTTP 401) are reported by on_error, then
 * on_terminate. You can send messages at once: they wait until the connection is open.
 *
 * At most 256 connections of a process are opened at the same time; the environment variable
 * HOSTWS_MAX_OPENING, which the first call reads, changes this limit. The others wait in line, in
 * the order of the calls, while their `open_timeout_ms` runs.
 *
 * The blocking form, for a program that wants an open connection or none:
 *
 *     ws_id ws = ws_new(url, &handler, NULL);
 *     if (ws > 0 && ws_wait_status(ws, HOSTWS_CONNECTED, 10000) != HOSTWS_OK) {
 *         ws_abort(ws);
 *         ws_wait_status(ws, HOSTWS_CLOSED, -1); // then on_terminate has returned
 *         ws = 0;
 *     }
 *
 * A user and password of the URL, or of an http:// or https:// proxy, answer a challenge (401,
 * 407) by Digest (RFC 7616: SHA-256 or MD5, qop auth) or, if the server does not offer that, by
 * Basic. Over TLS, Basic is sent with the first request, which saves a round trip; without TLS,
 * the first request has no credentials, because everybody on the way could read them. An
 * Authorization in `headers` takes the place of the URL's user. See `ask` for everything else,
 * such as NTLM.
 *
 * If `options` names no proxy, the library looks for one in the environment, by curl's rules. It
 * calls getenv() during this call; no other thread may call setenv() meanwhile. The first variable
 * that is not empty counts. For wss:// the order is wss_proxy, WSS_PROXY, https_proxy,
 * HTTPS_PROXY, all_proxy, ALL_PROXY. For ws:// it is ws_proxy, WS_PROXY, http_proxy (only in lower
 * case: CGI sets HTTP_PROXY), all_proxy, ALL_PROXY. A value that is not a proxy is
 * HOSTWS_E_OPTION, and the error message names the variable. Hosts in no_proxy or NO_PROXY are
 * reached without a proxy. They are lists, separated by commas or spaces, of domains (with all
 * their subdomains), addresses and networks (10.0.0.0/8), each with an optional :port; * stands
 * for everything. localhost is no exception.
 *
 * @param url      ws:// or wss://, at most 8,192 bytes of UTF-8, without a fragment (RFC 6455
 *                 section 3). It may contain a user and password, percent-encoded, for servers
 *                 that ask for them: see above. For a server on a Unix socket:
 *                 ws+unix:///path/to.sock:/request/path, or wss+unix://, with special characters
 *                 percent-encoded; for an abstract socket (Linux) ws+unix://@name:/request/path.
 *                 The host name is localhost, and no proxy is used
 * @param handler  the callbacks, copied; ws_poll() runs them. If it is NULL or has no callback,
 *                 fetch the events with ws_next()
 * @param options  copied; NULL for the defaults
 * @return the connection's id, always positive; or a negative code, and then no callback is ever
 *         called: HOSTWS_E_URL, HOSTWS_E_OPTION, HOSTWS_E_STRUCT, HOSTWS_E_ARGUMENT, HOSTWS_E_UTF8
 *         for any of the strings, HOSTWS_E_NO_SUCH_ID or HOSTWS_E_WRONG_THREAD for the queue,
 *         HOSTWS_E_RESOURCES, HOSTWS_E_SHUTDOWN. ws_last_error_message() has the details
 *
 * Blocks: never; but it decrypts an encrypted `tls_key` that is given as text, for as long as the
 * key derivation takes. Threads: any; the events go to the calling thread's own queue unless
 * `options` names another. From a callback: yes. After fork: HOSTWS_E_FORKED. When the thread that
 * owns the queue ends, the connection closes with 1001 and makes no more callbacks.
 *
 * @since 0.1
 */
ws_id ws_new(const char *url, const struct ws_handler *handler, const struct ws_options *options);

/**
 * Creates a connection from strings only: ws_new() for languages in which structs and callbacks
 * are awkward. Fetch its events with ws_next().
 *
 * @param url           as in ws_new()
 * @param options_json  a JSON object with the names of ws_options, and `data_type` (a number, or
 *                      "text", "blob" or "object"). `headers` is an object whose values are
 *                      strings, or arrays of strings for a name that repeats; headers are sent in
 *                      this order. `tls_verify` is 0, 1 or -1, `tls_min_version` is 10 to 13. An
 *                      option that is 0 or 1, such as `deflate`, may be false or true. A number
 *                      may be written as 5000.0. An unknown name, a name that occurs twice and a
 *                      value of the wrong type are errors, and the message names the option. NULL
 *                      or "" for the defaults
 * @param user_data     returned unchanged in each event
 * @return as ws_new(); HOSTWS_E_JSON if `options_json` is not a JSON object
 *
 * Blocks: as ws_new(). Threads: as ws_new(). From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
ws_id ws_open(const char *url, const char *options_json, void *user_data);

/**
 * The same as ws_open(), and also returns the error message. For runtimes that may move code to
 * another thread before it can call ws_last_error_message(), such as goroutines.
 *
 * @param url           as in ws_open()
 * @param options_json  as in ws_open()
 * @param user_data     as in ws_open()
 * @param words         gets the error message and a NUL, truncated between two characters if
 *                      needed; "" if there was no error; may be NULL if `size` is 0
 * @param size          bytes at `words`; 1,024 are always enough
 * @return as ws_open(); HOSTWS_E_ARGUMENT also for `words` and `size`
 *
 * Blocks: as ws_new(). Threads: as ws_new(). From a callback: yes. After fork: HOSTWS_E_FORKED,
 * with its message.
 *
 * @since 0.1
 */
ws_id ws_open_ex(const char *url,
                 const char *options_json,
                 void *user_data,
                 char *words,
                 int64_t size);

/**
 * Closes a connection (RFC 6455 section 7). Messages sent before still leave, then the close
 * frame; what has not left after `close_timeout_ms` is dropped. After this call no message is
 * delivered, only on_terminate, with the server's answer. While the status is Connecting (also
 * while a lost connection is being reopened), the opening is abandoned, waiting messages are
 * dropped, and on_terminate has code 1006. While it is Closing, the call only stops the delivery
 * of messages. Without callbacks, TERMINATE waits for ws_next().
 *
 * @param ws      a connection
 * @param code    1000, or 3000 to 4999; 0 is 1000
 * @param reason  at most 123 bytes of UTF-8, or NULL
 * @return HOSTWS_OK, or a negative code, and then nothing is sent: HOSTWS_E_ARGUMENT for the code
 *         or the length of the reason, HOSTWS_E_UTF8, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_CLOSED (even
 *         then, the call stops the delivery of waiting events, except on_terminate)
 *
 * Blocks: never; the server has `close_timeout_ms` to answer. Threads: any. From a callback: yes.
 * After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_terminate(ws_id ws, int32_t code, const char *reason);

/**
 * Drops a connection, without a closing handshake, together with the messages that wait to be
 * sent. After this call no message is delivered; on_terminate still comes, with 1006.
 *
 * @param ws  a connection
 * @return HOSTWS_OK; or HOSTWS_E_CLOSED (even then, the call stops the delivery of waiting events,
 *         except on_terminate, which has its own code), HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_abort(ws_id ws);

/**
 * Returns the current status of a connection on the network. Its events may still wait to be
 * delivered.
 *
 * @param ws  a connection, even one that ended long ago
 * @return HOSTWS_CONNECTING, HOSTWS_CONNECTED, HOSTWS_CLOSING or HOSTWS_CLOSED;
 *         HOSTWS_E_NO_SUCH_ID if no connection ever had this id
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_status(ws_id ws);

/**
 * Returns the name of a status.
 *
 * @param status  a result of ws_status()
 * @return "Connecting", "Connected", "Closing" or "Closed"; "" for any other number. Valid for
 *         ever
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
const char *ws_status_name(int32_t status);

/**
 * Returns the name of a data type.
 *
 * @param data_type  HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT
 * @return "text", "blob" or "object"; "" for any other number. Valid for ever
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
const char *ws_data_type_name(int32_t data_type);

/**
 * Copies the URL given to ws_new() or to the last ws_set_url(), without its user and password.
 *
 * @param ws      a connection whose on_terminate has not returned yet
 * @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
 * @param size    bytes at `buffer`
 * @return the full length of the text in bytes, without the NUL; or HOSTWS_E_CLOSED,
 *         HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_url(ws_id ws, char *buffer, int64_t size);

/**
 * Returns the data type of a connection, as given when it was created.
 *
 * @param ws  a connection whose on_terminate has not returned yet
 * @return HOSTWS_TEXT, HOSTWS_BLOB or HOSTWS_OBJECT; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_data_type(ws_id ws);

/**
 * Copies the handler of a connection, as given when it was created.
 *
 * @param ws       a connection whose on_terminate has not returned yet
 * @param handler  gets the handler; set its `struct_size` first, as in ws_stats. For a connection
 *                 of ws_open() the callbacks are NULL
 * @return HOSTWS_OK; or HOSTWS_E_STRUCT, HOSTWS_E_ARGUMENT, HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_get_handler(ws_id ws, struct ws_handler *handler);

/**
 * Sets a header of the upgrade request for the next attempts, for example a fresh token for a
 * connection that is reopened. It replaces all headers with this name. If the first attempt has
 * not begun on the library's thread, the header applies to it, too.
 *
 * @param ws     a connection that was created with `reconnect_max`
 * @param name   an RFC 9110 token, such as "Authorization"; not a header of the WebSocket
 *               handshake itself
 * @param value  the value, without control characters; NULL removes the header and restores the
 *               Host or Authorization of the URL, or the library's User-Agent
 * @return HOSTWS_OK; or HOSTWS_E_ARGUMENT for a name or value that cannot be sent, or without
 *         `reconnect_max`; HOSTWS_E_UTF8; HOSTWS_E_CLOSED if the status is Closing or Closed;
 *         HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_set_header(ws_id ws, const char *name, const char *value);

/**
 * Sets the URL for the next attempts, for example with a fresh token in its query, an address at
 * which to resume, or another server. If the first attempt has not begun on the library's thread,
 * the URL applies to it, too. An open connection stays as it is until it is lost. ws_url() returns
 * the new URL at once.
 *
 * All options apply to the new URL as to the first. Because your program names the URL, all
 * `headers` are sent to it, including Authorization, Cookie and Host, and so are `tls_cert` and
 * `tls_server_name`. If a header is not meant for the new server, change it with ws_set_header().
 * Only the user and password of the old URL are not sent. The use of a proxy is decided again, by
 * the option or by the environment as it was during ws_new().
 *
 * @param ws   a connection that was created with `reconnect_max`
 * @param url  as in ws_new(), copied
 * @return HOSTWS_OK; or a negative code, and then nothing changes: HOSTWS_E_URL; HOSTWS_E_OPTION
 *         if the environment names an invalid proxy; HOSTWS_E_ARGUMENT without `reconnect_max`;
 *         HOSTWS_E_UTF8; HOSTWS_E_CLOSED if the status is Closing or Closed; HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_set_url(ws_id ws, const char *url);

/**
 * Copies the statistics of a connection.
 *
 * @param ws     a connection whose on_terminate has not returned yet
 * @param stats  gets the numbers; set its `struct_size` first
 * @return HOSTWS_OK; or HOSTWS_E_STRUCT, HOSTWS_E_ARGUMENT, HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_get_stats(ws_id ws, struct ws_stats *stats);

/**
 * Queues one message. It is sent completely or, if the call fails, not at all.
 *
 * On a quiet connection it leaves at once, on the calling thread. Messages in quick succession
 * after the first few, and messages that a callback sends while more events wait, are collected
 * and leave together: when the callbacks are done, when the thread waits for events, when there
 * are many of them (32, then 64, and so on) or 128 KiB, or at the latest after a few milliseconds.
 *
 * @param ws         a connection
 * @param data       `length` bytes, copied before the call returns; may be NULL if `length` is 0
 * @param length     bytes, or -1 if `data` ends in a NUL
 * @param data_type  HOSTWS_TEXT (UTF-8), HOSTWS_BLOB, HOSTWS_OBJECT (a JSON object or array, sent
 *                   unchanged as a text message), or 0 for the connection's own
 * @return HOSTWS_OK, or a negative code: HOSTWS_E_AGAIN if `send_queue_max` bytes already wait (a
 *         DRAIN event follows when there is room); HOSTWS_E_TOO_BIG if the message would not fit
 *         even into an empty queue; HOSTWS_E_UTF8; HOSTWS_E_JSON, whose message gives the
 *         position; HOSTWS_E_RESOURCES if there is no memory for it; HOSTWS_E_CLOSED if the status
 *         is Closing or Closed; HOSTWS_E_BUSY between the fragments of a message that ws_send_ex()
 *         began; HOSTWS_E_ARGUMENT; HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never, except while this message or that of another thread is being compressed. Threads:
 * any, also several at once; the messages of one thread leave in the order of its calls. From a
 * callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_send(ws_id ws, const void *data, int64_t length, int32_t data_type);

/**
 * Queues one message or a fragment of one. For programs that do not have a message in one piece,
 * or that know that compression would not help.
 *
 * With HOSTWS_MORE the message stays open; the next call without HOSTWS_MORE ends it. Each
 * fragment is sent at once, as a frame of its own (RFC 6455 5.4). Text may be cut anywhere, even
 * inside a character. If the call fails, nothing changes: you can pass the fragment again. Until
 * the message ends, ws_send() returns HOSTWS_E_BUSY, so that no other thread's message gets in
 * between; only one thread at a time may send fragments. ws_ping() and ws_terminate() are allowed;
 * ws_terminate() leaves the message incomplete.
 *
 * With HOSTWS_NOTIFY a SENT event follows when the operating system has taken the last byte of the
 * message (over TLS, of its last record). It does not mean that the server has received the
 * message. The call returns the message's number, which is the event's `code`. A connection
 * numbers all its messages, also those of ws_send(), from 1 in the order in which they leave;
 * 2147483647 is followed by 1. SENT events come in this order. A message that is sent again after
 * a reconnect is reported once. There is no SENT for a message that is dropped because it expires
 * (EXPIRED), because its fragments are torn apart by a reconnect, or because the connection ends;
 * nor after ws_terminate() and similar calls, after which only on_terminate comes. Pass
 * HOSTWS_NOTIFY with the last fragment of a message.
 *
 * @param ws         a connection
 * @param data       `length` bytes, copied before the call returns; may be NULL if `length` is 0
 * @param length     bytes, or -1 if `data` ends in a NUL
 * @param data_type  as in ws_send(); in a later fragment 0, or the type of the message. Fragments
 *                   are HOSTWS_TEXT or HOSTWS_BLOB: an object is checked as a whole
 * @param flags      0, or a sum of HOSTWS_MORE, HOSTWS_NO_COMPRESS and HOSTWS_NOTIFY;
 *                   HOSTWS_NO_COMPRESS applies to the whole message and counts only in its first
 *                   fragment
 * @return as ws_send(), for this fragment; with HOSTWS_NOTIFY the message's number, from 1, in
 *         place of HOSTWS_OK, and HOSTWS_E_AGAIN also if 65,536 SENT and EXPIRED events are
 *         outstanding or wait for you to take them (no DRAIN follows); HOSTWS_E_UTF8 also if the
 *         last fragment ends inside a character; HOSTWS_E_LOST, once, if the connection was lost
 *         after some of the message had left and is being reopened (`reconnect_max`): nothing was
 *         queued, and the next call begins a new message; HOSTWS_E_ARGUMENT for other flags, for a
 *         change of the data type, for an object with HOSTWS_MORE, and for HOSTWS_NOTIFY with
 *         HOSTWS_MORE
 *
 * Blocks: never, except while this message or that of another thread is being compressed. Threads:
 * any; the fragments of one message from one at a time. From a callback: yes. After fork:
 * HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_send_ex(ws_id ws, const void *data, int64_t length, int32_t data_type, uint32_t flags);

/**
 * Sends a ping (RFC 6455 5.5.2). The server's answer comes as a PONG event with the same payload
 * and the round-trip time. ws_get_stats() also has that time.
 *
 * A server may answer only the latest of several pings. A pong therefore answers the newest ping
 * with its payload and all pings before it, and causes one event. Pings with different payloads
 * can be told apart. A pong with any other payload shows that the server is alive, but causes no
 * event. Up to 64 pings wait for their answers. When there are more, the library forgets pings
 * sent before such a pong, and pings sent more than 30 s ago.
 *
 * @param ws      a connection that is open
 * @param data    `length` bytes, copied; may be NULL if `length` is 0
 * @param length  at most 125; or -1 if `data` ends in a NUL
 * @return HOSTWS_OK; or HOSTWS_E_ARGUMENT, HOSTWS_E_AGAIN if the send queue is full or 64 pings
 *         wait for their answers or for you to take the PONG, HOSTWS_E_CLOSED if the status is
 *         Closing or Closed, HOSTWS_E_NO_SUCH_ID. While Connecting, the ping waits like a message
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_ping(ws_id ws, const void *data, int32_t length);

/**
 * Returns the number of bytes of messages, as framed, that the operating system has not taken yet.
 * Pings do not count. Inside on_terminate it is the number of bytes that never left.
 *
 * @param ws  a connection whose on_terminate has not returned yet
 * @return bytes; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_buffered_amount(ws_id ws);

/**
 * Pauses or resumes reading from a connection. For a program that passes the events of one queue
 * on to several readers, one of which is slow.
 *
 * While it is paused, the library reads nothing from the connection, so the server's writes stop
 * when the buffers of the operating systems are full. At most one read, up to 256 KiB, is still in
 * progress when the call returns. What is in the queue stays there and is still delivered, and so
 * are all other events. Sending works as usual. Pings of the server are not answered, and pongs
 * are not seen. The clocks of `ping_interval_ms`, `ping_timeout_ms` and `write_timeout_ms` stop,
 * and start from zero when reading resumes. If the server closes the connection or it is lost, the
 * library notices this after reading resumes, once it has read what came before. A call during the
 * opening takes effect when the connection is open. The pause stays in effect when the connection
 * is reopened.
 *
 * The end is not delayed: after ws_terminate(), ws_abort() or ws_shutdown(), and when the queue's
 * thread has ended, reading resumes, received messages are dropped, and `close_timeout_ms`
 * applies. A full receive queue (`receive_queue_max`) also pauses reading; it resumes when neither
 * reason is left.
 *
 * @param ws      a connection
 * @param paused  1: pause; 0: resume. Calls do not nest: one call resumes
 * @return HOSTWS_OK, even if nothing changes; or HOSTWS_E_ARGUMENT, HOSTWS_E_CLOSED if the status
 *         is Closing or Closed, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_pause(ws_id ws, int32_t paused);

/**
 * Answers a question that an ASK event asked.
 *
 * The opening waits for the answer, and `open_timeout_ms` runs on: without an answer in time, it
 * fails as if you had refused. For HOSTWS_ASK_RECONNECT, you have `open_timeout_ms` from the loss
 * of the connection. A question is also over when the connection closes. An answer applies to one
 * question and one request; the library does not remember it.
 *
 * HOSTWS_ASK_CERTIFICATE: "accept", although something may be wrong with the certificate, or
 * "refuse" (1015). `tls_pins` must still match. If you accept a key that no authority vouches for,
 * store its `pin` and compare it the next time.
 *
 * HOSTWS_ASK_CREDENTIALS: the value of the Authorization header, or of Proxy-Authorization for a
 * proxy, such as "Bearer abc" or "NTLM TlRMTVNT...". The request is repeated with this header, on
 * the same TCP connection if the other side keeps it open, as NTLM requires. If the answer is not
 * accepted, the next question follows, up to 16 challenges in one opening. Or
 * {"user":"me","password":"secret"}: the library answers the challenge with them, by Digest or
 * Basic. "refuse": the opening fails with the status.
 *
 * HOSTWS_ASK_RECONNECT: "wait": the attempt comes after the delay, which began with the loss.
 * "now": it comes at once. "refuse": there is no attempt; on_error and on_terminate follow.
 *
 * @param ws        a connection
 * @param question  the `code` of the ASK event
 * @param value     `length` bytes of UTF-8, copied; may be NULL if `length` is 0. An empty answer
 *                  means "refuse"
 * @param length    at most 65,536 bytes; or -1 if `value` ends in a NUL
 * @return HOSTWS_OK; or HOSTWS_E_NOT_FOUND if this question is not open: it was answered, its time
 *         is up, or a newer question replaced it; HOSTWS_E_ARGUMENT if the answer does not fit the
 *         question, is too long, or could not be sent in a header: the question stays open;
 *         HOSTWS_E_UTF8; HOSTWS_E_CLOSED if the status is Closing or Closed; HOSTWS_E_NO_SUCH_ID.
 *         The message of an error never contains the answer
 *
 * Blocks: never. Threads: any. From a callback: yes, also from the on_event that gets the
 * question. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_answer(ws_id ws, int32_t question, const char *value, int64_t length);

/**
 * Returns the HTTP status of the server's answer to the upgrade request. If an HTTP proxy refused
 * the connection, this is the proxy's answer. The same holds for the headers and the body below.
 *
 * @param ws  a connection whose on_terminate has not returned yet
 * @return 101 once the connection is open, a status such as 401 if it was refused, 0 if there is
 *         no answer yet; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_response_status(ws_id ws);

/**
 * Copies a header of the server's answer to the upgrade request. If a name repeats, its values are
 * joined with ", " (RFC 9110 5.3). The values of Set-Cookie, which may contain commas, are joined
 * with a line feed, which no value can contain. ws_response_header_at() returns each value by
 * itself.
 *
 * The value has the bytes that the server sent. They need not be UTF-8 (RFC 9110 5.5).
 *
 * @param ws      a connection whose on_terminate has not returned yet
 * @param name    the name of the header, in upper or lower case
 * @param buffer  gets the value and a NUL, truncated if needed; may be NULL if `size` is 0
 * @param size    bytes at `buffer`
 * @return the full length of the value in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if the
 *         answer has no such header or there is no answer yet, HOSTWS_E_CLOSED,
 *         HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_response_header(ws_id ws, const char *name, char *buffer, int64_t size);

/**
 * Copies a header of the server's answer to the upgrade request, by its position. A name that
 * repeats has one position for each value.
 *
 * A header line that breaks the rules of HTTP (no colon, a malformed name, a control character) is
 * left out and logged. A header that is folded over several lines is one header.
 *
 * @param ws          a connection whose on_terminate has not returned yet
 * @param index       0 for the first header
 * @param name        gets the name and a NUL, truncated if needed; 256 bytes are enough for every
 *                    name; may be NULL if `name_size` is 0
 * @param name_size   bytes at `name`
 * @param value       gets the value and a NUL, truncated if needed; may be NULL if `value_size` is
 *                    0. These are the bytes that the server sent; they need not be UTF-8
 * @param value_size  bytes at `value`
 * @return the full length of the value in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if the
 *         answer has no header at this position, also if `index` is negative, or there is no
 *         answer yet; HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_response_header_at(ws_id ws,
                              int32_t index,
                              char *name,
                              int64_t name_size,
                              char *value,
                              int64_t value_size);

/**
 * Copies the body of the answer with which the server refused the upgrade, at most its first 64
 * KiB.
 *
 * @param ws      a connection whose on_terminate has not returned yet
 * @param buffer  gets the bytes and a NUL, truncated if needed; may be NULL if `size` is 0
 * @param size    bytes at `buffer`
 * @return the length of the body in bytes, without the NUL; 0 if there is none; or
 *         HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_response_body(ws_id ws, char *buffer, int64_t size);

/**
 * Copies the subprotocol that the server chose (RFC 6455 1.9).
 *
 * @param ws      a connection whose on_terminate has not returned yet
 * @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
 * @param size    bytes at `buffer`
 * @return the full length of the text in bytes, without the NUL; 0 if there is none; or
 *         HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_subprotocol(ws_id ws, char *buffer, int64_t size);

/**
 * Copies the server's own certificate, in DER. It is never a proxy's; after redirects it is the
 * last server's.
 *
 * It is available from OPEN until on_terminate has returned. If the opening fails after the TLS
 * handshake (a key that is not in `tls_pins`, a refused upgrade), it is available from on_error
 * on. A certificate that `tls_verify` refuses is not available: the handshake ends with it.
 *
 * @param ws      a connection whose on_terminate has not returned yet
 * @param buffer  gets the bytes, truncated if needed, and a NUL if there is room for it; may be
 *                NULL if `size` is 0
 * @param size    bytes at `buffer`
 * @return the full length of the certificate in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if
 *         there is none, because the connection has no TLS or the handshake is not done;
 *         HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_peer_certificate(ws_id ws, void *buffer, int64_t size);

/**
 * Copies a description of everything that happened to a connection: a JSON object, for programs,
 * and for a person who asks "why does it not connect?". ws_json_get() reads single values from it,
 * such as "/error" or "/attempts/0/addresses/0/error".
 *
 * It has: `id`, `url`, `status` (a word of ws_status_name()), `data_type`, `queue`; `error` (one
 * line, or null) and `errors` (the stack); `close` (null, or `code`, `reason`, `was_clean`);
 * `local` and `peer` (the addresses of the TCP connection); `tls` (null, or `version`, `cipher`,
 * `alpn`, `resumed`, and the `certificates` with their names and dates); `http_status`,
 * `subprotocol`, `extensions`, `answer` (the lines of the server's answer); `timings` and `stats`,
 * as in ws_stats; `reconnects` (how often it was reopened) and `losses` (the last of them and
 * their errors); `attempts` to open it, the newest last, each with `server`, `proxy`, `result`,
 * `phase`, `error`, `addresses` (how each attempt to connect ended) and `heads` (the requests and
 * answers). docs/guide/explain.md describes every key. Keys may be added in later versions.
 *
 * It contains no secrets, so it can go into a bug report: users, passwords, paths, queries, and
 * the values of headers (except those known to be harmless, such as Host) are "***".
 *
 * The last 16 connections that ended can still be described. To save memory, an open connection
 * keeps `attempts` and `losses` only while at most 32 connections have them. When more than 128
 * connections are opening at the same time, some have none.
 *
 * @param ws      a connection, or one of the last 16 that ended
 * @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
 * @param size    bytes at `buffer`
 * @return the full length of the text in bytes, without the NUL; the next call may return more. Or
 *         HOSTWS_E_CLOSED if it ended before the last 16, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes; inside on_terminate it is complete. After
 * fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_explain(ws_id ws, char *buffer, int64_t size);

/**
 * Copies metrics of the process for a monitoring system: OpenMetrics text (the format of
 * Prometheus), to be served as application/openmetrics-text; version=1.0.0; charset=utf-8.
 *
 * It has: hostws_connections by `status`; hostws_openings_total by `result` ("open", or the
 * component that failed, as in ws_error); hostws_opening_seconds, a histogram;
 * hostws_tls_handshakes_total by `resumed`; hostws_reconnects_total by `cause` ("closed",
 * "timeout" or a component); hostws_ends_total by close `code`; hostws_messages_total,
 * hostws_payload_bytes_total, hostws_wire_bytes_total, hostws_pings_total and hostws_waiting_bytes
 * by `direction`; hostws_build_info. Metrics and labels may be added in later versions. After
 * ws_shutdown() the counters continue.
 *
 * The metrics cost nothing while messages are sent and received: this call adds up the counters of
 * all connections. The more connections there are, the longer it takes.
 *
 * @param buffer  gets the text and a NUL, truncated if needed; may be NULL if `size` is 0
 * @param size    bytes at `buffer`; 16,384 are enough for this version
 * @return the full length of the text in bytes, without the NUL; or HOSTWS_E_ARGUMENT
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_metrics(char *buffer, int64_t size);

/**
 * Makes the callbacks for the events that wait in a queue. If there are none, waits for the first.
 * Serves the connections that have callbacks. `while (ws_poll(0, -1, 0) >= 0) {}` is a complete
 * main loop.
 *
 * ws_poll() may be called inside a callback (a modal dialog): it delivers the events of other
 * connections. A connection whose callback is running on this stack is skipped, so the callbacks
 * of one connection never nest and never change order. Such a call must be on the same stack, not
 * in a coroutine with its own stack. A callback may leave by a C++ exception or longjmp(): its
 * event counts as delivered, and later events stay for the next call. Call ws_poll() again soon in
 * that case: these events are not announced again, and this thread remains the poller of the queue
 * until it next calls a function that polls, waits or counts.
 *
 * @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
 * @param timeout_ms  how long to wait for the first event: 0 returns at once, -1 waits for ever
 * @param max_events  how many events to deliver at most; 0: all that wait when the call begins
 * @return the number of events delivered; 0 if the time is up, ws_wake() was called, or a signal
 *         handler ran on this thread while it waited; or HOSTWS_E_IDLE if no connection is left
 *         that could get an event: at once with timeout -1, never with timeout 0, otherwise when
 *         the time is up, because a new connection may appear meanwhile; its error message says
 *         which connections there are; HOSTWS_E_BUSY if another thread polls the queue;
 *         HOSTWS_E_WRONG_THREAD for another thread's own queue; HOSTWS_E_NO_SUCH_ID;
 *         HOSTWS_E_ARGUMENT
 *
 * Blocks: up to `timeout_ms`, plus the time of the callbacks. Threads: the queue's own; for a
 * queue of ws_queue_new() any, one at a time. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_poll(ws_queue queue, int32_t timeout_ms, int32_t max_events);

/**
 * Returns the name of a type of event.
 *
 * @param type  an event's `type`
 * @return "open", "message", "error", "terminate", "drain", "pong", "warning", "reconnecting",
 *         "reconnected", "ask", "sent" or "expired"; "" for any other number. Valid for ever
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
const char *ws_event_name(int32_t type);

/**
 * Waits until an event can be delivered, and delivers nothing.
 *
 * @param queue       0 for the calling thread's own, or any queue
 * @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
 * @return the number of events that can be delivered; 0 if the time is up, ws_wake() was called,
 *         or a signal handler ran on this thread; or HOSTWS_E_IDLE as in ws_poll();
 *         HOSTWS_E_NO_SUCH_ID; HOSTWS_E_ARGUMENT
 *
 * Blocks: up to `timeout_ms`. Threads: any, even for another thread's own queue. From a callback:
 * yes; connections whose callback is running on this stack are skipped. After fork:
 * HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_wait(ws_queue queue, int32_t timeout_ms);

/**
 * Waits until a connection has reached a status. Meanwhile it makes callbacks for the connection's
 * queue, as ws_poll() does. If the connection has callbacks, HOSTWS_OK means that they have run:
 * on_open has returned before HOSTWS_CONNECTED is reached, on_terminate before HOSTWS_CLOSED. If
 * it has none, the call waits and consumes no event. The result is also HOSTWS_OK if the status
 * was reached and has changed since, until TERMINATE is delivered; ws_status() returns the current
 * one. If on_open itself ends the connection, HOSTWS_CONNECTED is never reached. HOSTWS_CONNECTED
 * means the first opening, even for a connection that is reopened when it is lost; RECONNECTED
 * reports the later ones.
 *
 * If it fails, ws_last_error_message() contains the reason why the connection ended, or why its
 * last attempt failed, as in on_error and RECONNECTING: "connection 1 is closed: could not open a
 * connection to 127.0.0.1:1: ...: Connection refused". The library remembers the reasons of the
 * last 128 failed connections; ws_send() and other functions also have them in their error
 * messages.
 *
 * @param ws          a connection
 * @param status      HOSTWS_CONNECTED, HOSTWS_CLOSING or HOSTWS_CLOSED; HOSTWS_CONNECTING never
 *                    waits: HOSTWS_OK while the connection is Connecting, then HOSTWS_E_CLOSED
 * @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
 * @return HOSTWS_OK; HOSTWS_E_CLOSED if the status can no longer be reached; HOSTWS_E_TIMEOUT,
 *         also after ws_wake() and if a signal handler ran on this thread while it waited;
 *         HOSTWS_E_REENTRANT inside a callback of this connection; HOSTWS_E_WRONG_THREAD,
 *         HOSTWS_E_BUSY as in ws_poll(); HOSTWS_E_ARGUMENT; HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: up to `timeout_ms`, plus the time of the callbacks. Threads: that of the connection's
 * queue. From a callback: yes, of another connection. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_wait_status(ws_id ws, int32_t status, int32_t timeout_ms);

/**
 * Returns the next event of a queue. If there is none, waits for one. Serves the connections
 * without callbacks: those of ws_open(), and those of ws_new() whose handler is NULL or has no
 * callbacks.
 *
 * @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
 * @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
 * @return the event, valid until the next call that takes events from this queue (see "Memory"
 *         above). NULL if there is none; ws_last_error() then returns the reason:
 *         HOSTWS_E_TIMEOUT, also after ws_wake() and if a signal handler ran on this thread while
 *         it waited; HOSTWS_E_IDLE as in ws_poll(); HOSTWS_E_BUSY; HOSTWS_E_WRONG_THREAD;
 *         HOSTWS_E_NO_SUCH_ID; HOSTWS_E_ARGUMENT
 *
 * Blocks: up to `timeout_ms`. Threads: the queue's own; for a queue of ws_queue_new() any, one at
 * a time. From a callback: yes. After fork: NULL and HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
const struct ws_event *ws_next(ws_queue queue, int32_t timeout_ms);

/**
 * Returns several events of a queue at once: ws_next() for languages in which a foreign call costs
 * more than the work it does. If there are none, waits for the first.
 *
 * @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
 * @param events      an array that gets the events, in order. Before each call, set `struct_size`
 *                    in the first: it is the distance from one event to the next, and comes back
 *                    as in ws_stats. What the events point to is valid as long as an event of
 *                    ws_next() is
 * @param capacity    the number of events that fit into the array, 1 or more
 * @param timeout_ms  how long to wait for the first event: 0 returns at once, -1 waits for ever
 * @return the number of events; 0 if the time is up, ws_wake() was called, or a signal handler ran
 *         on this thread while it waited; or HOSTWS_E_IDLE as in ws_poll(); HOSTWS_E_BUSY;
 *         HOSTWS_E_WRONG_THREAD; HOSTWS_E_NO_SUCH_ID; HOSTWS_E_STRUCT; HOSTWS_E_ARGUMENT
 *
 * Blocks: up to `timeout_ms`. Threads: the queue's own; for a queue of ws_queue_new() any, one at
 * a time. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_next_batch(ws_queue queue,
                      struct ws_event *events,
                      int32_t capacity,
                      int32_t timeout_ms);

/**
 * Returns the next event of a queue as a JSON object. Belongs to ws_open(), for languages without
 * structs. Serves the same connections as ws_next(), and waits as it does.
 *
 * Each object has `type` (the name as in ws_event_name()), `ws`, `time_us` and `user_data` (a
 * number). The other members have the names of ws_event. MESSAGE has `data_type` ("text", "blob"
 * or "object"), `data`, `first` and `last`; both are true, except in the parts of a large message.
 * ERROR, WARNING and RECONNECTING have `errors`, an array of objects with `code`, `component` and
 * `message`. TERMINATE has `code`, `reason` and `was_clean` (true or false). PONG has `data` and
 * `round_trip_us`. RECONNECTING and RECONNECTED have `code`; RECONNECTING also has `delay_ms`.
 * SENT and EXPIRED have `code`. ASK has `code`, `flags` (a number), `delay_ms`, `data` and, if
 * something went wrong, `errors`. `data` is a string for text, base64 in a string (RFC 4648
 * section 4) for blobs and pongs, and the JSON value itself for objects and questions.
 * ws_json_get() reads values out of the object.
 *
 *     {"type":"message","ws":1,"time_us":1785312000000000,"user_data":0,
 *      "data_type":"text","first":true,"last":true,"data":"hello"}
 *
 * (It is on one line, unless a server's JSON contains line ends.)
 *
 * @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
 * @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
 * @param buffer      gets the text and a NUL; may be NULL if `size` is 0
 * @param size        bytes at `buffer`
 * @return the length of the text in bytes, without the NUL. If `size` is not larger than this
 *         length, the buffer gets "" and the event stays for the next call: call again with a
 *         buffer of at least one byte more than the length. Or HOSTWS_E_TIMEOUT if there is no
 *         event, also after ws_wake() and if a signal handler ran on this thread while it waited;
 *         HOSTWS_E_IDLE as in ws_poll(); HOSTWS_E_BUSY; HOSTWS_E_WRONG_THREAD;
 *         HOSTWS_E_NO_SUCH_ID; HOSTWS_E_ARGUMENT
 *
 * Blocks: up to `timeout_ms`. Threads: the queue's own; for a queue of ws_queue_new() any, one at
 * a time. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_next_json(ws_queue queue, int32_t timeout_ms, char *buffer, int64_t size);

/**
 * Creates a queue that belongs to no thread. Any thread may poll it, one at a time, and gets its
 * events. For goroutines, virtual threads and async runtimes.
 *
 * There may be thousands of them. They share a few threads of the library: one for each processor
 * core, but at most 8, or as many as the environment variable HOSTWS_WORKERS says (1 to 256). With
 * its first connection, a queue gets the thread that has the fewest connections. A slow callback
 * delays only its own queue. Your thread does the I/O itself (see "Threads" above) only while no
 * other queue has connections on the same thread of the library. A thread's own queue has a thread
 * of the library to itself.
 *
 * @return the queue, always positive; or HOSTWS_E_RESOURCES, HOSTWS_E_SHUTDOWN
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED. The queue lives
 * until ws_queue_free().
 *
 * @since 0.1
 */
ws_queue ws_queue_new(void);

/**
 * Frees a queue of ws_queue_new(). When the call returns, its connections are Closing, with 1001.
 * The messages queued on them still leave, as described above under "Unsent messages"; if they
 * cannot, only the log says so. The events in the queue are discarded. After this call neither
 * callbacks of its connections nor its wake-up function run.
 *
 * @param queue  a queue of ws_queue_new()
 * @return HOSTWS_OK; or HOSTWS_E_BUSY while a thread polls the queue or one of its callbacks runs,
 *         HOSTWS_E_ARGUMENT for a thread's own queue, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: while the wake-up function runs. Threads: any. From a callback: yes, of another queue.
 * After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_queue_free(ws_queue queue);

/**
 * Drops all events in a queue, as if they had never come. Connections of the queue that are
 * Closing or Closed have no more events, not even TERMINATE; the others continue. After
 * ws_shutdown() and this call the library calls no code of yours any more, so a plug-in can be
 * unloaded.
 *
 * @param queue  0 for the calling thread's own, or a queue of ws_queue_new()
 * @return HOSTWS_OK; or HOSTWS_E_BUSY while another thread polls the queue or one of its callbacks
 *         runs, HOSTWS_E_WRONG_THREAD for another thread's own queue, HOSTWS_E_NO_SUCH_ID,
 *         HOSTWS_E_ARGUMENT if `queue` is negative
 *
 * Blocks: never. Threads: the queue's own; for a queue of ws_queue_new() any. From a callback:
 * yes, of another queue. After fork: HOSTWS_E_FORKED. Events that ws_next() returned are no longer
 * valid.
 *
 * @since 0.1
 */
int32_t ws_queue_discard(ws_queue queue);

/**
 * Returns the queue that gets a connection's events, so that other threads can wait on it or wake
 * it.
 *
 * @param ws  a connection whose on_terminate has not returned yet; 0: returns the calling thread's
 *            own queue
 * @return the queue, always positive; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_RESOURCES
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
ws_queue ws_queue_of(ws_id ws);

/**
 * Ends one wait on a queue: ws_poll(), ws_wait() or ws_wait_status() returns; ws_next() returns
 * NULL. If no thread waits, the next call that would wait returns at once; a call with a timeout
 * of 0 or with events to deliver does not count. Several calls before that count as one. The call
 * does not make the descriptor of ws_queue_fd() readable.
 *
 * @param queue  0 for the calling thread's own, or any queue
 * @return HOSTWS_OK; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if `queue` is negative
 *
 * Blocks: never. Threads: any, also those of the library, inside a wake-up or log function. From a
 * callback: yes. After fork: HOSTWS_E_FORKED. Not allowed in a signal handler; write to
 * ws_wake_fd() there.
 *
 * @since 0.1
 */
int32_t ws_wake(ws_queue queue);

/**
 * Returns a descriptor to write to. Each byte written to it, whatever its value, has the effect of
 * ws_wake(). A signal handler can use it to end a wait, even one that begins after the handler has
 * run: write(2) is allowed in a signal handler, ws_wake() is not. The write never blocks. Like
 * ws_wake(), it does not make the descriptor of ws_queue_fd() readable: a loop around poll(2)
 * needs a pipe of its own, or ppoll(2). Python's signal.set_wakeup_fd() accepts the descriptor.
 *
 * @param queue  0 for the calling thread's own, or any queue
 * @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
 *         HOSTWS_E_RESOURCES. The library owns it, and closes it when the queue is freed or its
 *         thread ends: do not write to it after that
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
intptr_t ws_wake_fd(ws_queue queue);

/**
 * Returns the number of events that ws_poll() and ws_next() can deliver now. Events of a
 * connection whose callback is running do not count: they wait until it returns.
 *
 * @param queue  0 for the calling thread's own, or any queue
 * @return the number of events; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if `queue` is negative
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_pending(ws_queue queue);

/**
 * Returns a descriptor to watch, for a program with its own event loop (poll, epoll, kqueue,
 * select, libuv). It is readable exactly while an event can be delivered. While a callback runs
 * (perhaps a dialog with a loop of its own), only the events of other connections count. It is one
 * end of a socket pair. Watch it level-triggered, and call ws_poll(queue, 0, 0) or ws_next(queue,
 * 0) when it is readable; both, if the queue has connections with callbacks and without, because
 * it stays readable until the events of both have been delivered. You need not read from it. If
 * you do, poll before you wait again: that poll, or the next event, makes it readable again if an
 * event is left.
 *
 * The library owns this descriptor; never close it. If your event loop closes what it watches,
 * give it a dup().
 *
 * @param queue  0 for the calling thread's own, or any queue
 * @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
 *         HOSTWS_E_RESOURCES. The library closes it when the queue is freed or its thread ends
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
intptr_t ws_queue_fd(ws_queue queue);

/**
 * Returns a descriptor to watch, as ws_queue_fd() does, but one that makes round trips shorter: no
 * other thread has to hand the events over. While events come in quick succession, the descriptor
 * is also readable when there is something to do on the network. The next ws_poll(queue, 0, 0),
 * ws_next(queue, 0) or ws_next_batch() with timeout 0 then does the I/O itself (see "Threads"
 * above). If your thread does not come for a few milliseconds, or nothing happens, the library's
 * thread takes over again.
 *
 * The descriptor is always readable while an event can be delivered. It may be readable, too, when
 * a poll then finds none; that is no error. Watch it level-triggered (poll, select, epoll, or a
 * loop that is made of them), and poll each time it is readable. It is an epoll descriptor: nothing
 * can be read from it. A loop that reads what it watches, as Node's net.Socket does, needs
 * ws_queue_fd(). Use only one of the two: after a call of ws_queue_fd(), the library's thread does
 * all I/O of the queue while your thread does not wait. On systems other than Linux this function
 * is ws_queue_fd().
 *
 * The library owns this descriptor; never close it. If your event loop closes what it watches,
 * give it a dup().
 *
 * @param queue  0 for the calling thread's own, or any queue
 * @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
 *         HOSTWS_E_RESOURCES. The library closes it when the queue is freed or its thread ends
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
intptr_t ws_queue_loop_fd(ws_queue queue);

/**
 * Returns an event object to wait for, for a Windows program with its own loop
 * (WaitForMultipleObjects, MsgWaitForMultipleObjects, RegisterWaitForSingleObject). It is set
 * exactly while an event can be delivered, as the descriptor of ws_queue_fd() is readable. It has
 * a manual reset: call ws_poll(queue, 0, 0) or ws_next(queue, 0) when it is set, and the library
 * resets it when nothing is left. You need not call ResetEvent().
 *
 * The library owns the handle; never close it. Use DuplicateHandle() if you need one of your own.
 *
 * @param queue  0 for the calling thread's own, or any queue
 * @return a HANDLE, the same each time; or NULL, and ws_last_error() says why:
 *         HOSTWS_E_ARGUMENT if this is not Windows, or `queue` is negative; HOSTWS_E_NO_SUCH_ID,
 *         HOSTWS_E_RESOURCES. The library closes it when the queue is freed or its thread ends
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
void *ws_queue_handle(ws_queue queue);

/**
 * Posts a message to a window, for a Windows program with a message loop, when a queue gets
 * something to deliver and had nothing before, and again after a poll that left events behind.
 * Call ws_poll(queue, 0, 0) in the window procedure when the message comes. It comes when the
 * function of ws_queue_on_wakeup() would be called. ws_queue_post_message() and
 * ws_queue_on_wakeup() replace each other's setting. A message for a window also comes in the
 * loops of dialogs and menus. If the window's thread has no room for messages, the message is
 * posted when there is room. Nothing is posted once the window is destroyed.
 *
 * @param queue    0 for the calling thread's own, or any queue
 * @param window   an HWND of this process or another; NULL: post nothing any more
 * @param message  the message's number, from WM_USER (0x0400) to 0xFFFF. Its wParam is the queue,
 *                 its lParam 0
 * @return HOSTWS_OK; or HOSTWS_E_ARGUMENT if there is no such window (other systems than Windows
 *         have none), or `message` or `queue` is out of range; HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: while the previous function of ws_queue_on_wakeup() runs. Threads: any except those of
 * the library. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_queue_post_message(ws_queue queue, void *window, uint32_t message);

/**
 * Sets a function that is called when a queue gets something to deliver and had nothing before,
 * and again after a poll that left events behind. If there is something to deliver now, it is
 * called soon. While a callback runs (perhaps a dialog with a loop of its own), it is called for
 * the events of other connections. Several calls may be combined into one. After ws_shutdown(),
 * and two seconds after the last connection of the queue has ended, there may be no thread left to
 * call it: then poll until nothing is left.
 *
 * THE FUNCTION RUNS ON A THREAD OF THE LIBRARY, which holds no lock that another thread needs. It
 * may call no function of the library except ws_wake(). It should return soon, because the queue's
 * connections, and those of queues that share this thread, wait for it; typically it posts a task
 * to your own loop. It should return normally. If it throws an exception or ends its thread by
 * pthread_exit() (as interpreters do after they have been finalized), that thread stops for ever,
 * another thread continues with the connections, and the function is not called again. Windows: it
 * must not end its thread, whose connections would be lost without notice; an exception is as
 * told.
 *
 * @param queue      0 for the calling thread's own, or any queue
 * @param fn         the function; NULL: none. The previous function is no longer running when the
 *                   call returns
 * @param user_data  passed to the function unchanged. It must stay valid until the function is
 *                   replaced, or the queue is freed, or ws_shutdown() has returned anything but
 *                   HOSTWS_E_TIMEOUT; none of these returns while the function runs. When the
 *                   queue's thread ends, it waits for the function for at most one second
 * @return HOSTWS_OK; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if `queue` is negative
 *
 * Blocks: while the previous function runs. Threads: any except those of the library. From a
 * callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_queue_on_wakeup(ws_queue queue, void (*fn)(void *user_data), void *user_data);

/**
 * Lets a thread that waits in ws_poll(), ws_next() or a similar call check repeatedly for a while
 * before it sleeps. Its processor core then need not be woken, which takes longer than a short
 * round trip. The thread does this only while events come in quick succession; when idle, it
 * sleeps as usual. Use it only if the thread has a core to itself.
 *
 * @param queue         0 for the calling thread's own, or any queue
 * @param microseconds  how long to check: longer than a round trip takes, for example 100; at most
 *                      1,000,000; 0: not at all, which is the default
 * @return HOSTWS_OK; or HOSTWS_E_ARGUMENT, HOSTWS_E_NO_SUCH_ID
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_queue_busy_poll(ws_queue queue, int32_t microseconds);

/**
 * Returns the code of the calling thread's last failed call.
 *
 * @return a HOSTWS_E_ code, or HOSTWS_OK if no call has failed yet. A call that succeeds does not
 *         change it
 *
 * Blocks: never. Threads: any; each has its own. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
int32_t ws_last_error(void);

/**
 * Returns a description of the error of the calling thread's last failed call.
 *
 * The buffer belongs to the thread. It stays at the same address until the thread ends, and each
 * call that fails overwrites it. If one printf() has both ws_send(..) and ws_last_error_message()
 * as arguments, it may print the message of an earlier call. Copy the message before you pass it
 * to another thread.
 *
 * A runtime that moves code between threads must make the failing call and this one on the same
 * thread: use runtime.LockOSThread() in Go, or a C function of your own that makes both calls. A
 * Java virtual thread keeps its thread between two calls if it does not block between them.
 * ws_open_ex() returns its message itself.
 *
 * @return one line, truncated at 1,023 bytes, between two characters; "" if no call has failed yet
 *
 * Blocks: never. Threads: any; each has its own. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
const char *ws_last_error_message(void);

/**
 * Returns the general meaning of a HOSTWS_E_ code.
 *
 * @param code  HOSTWS_OK or a HOSTWS_E_ code
 * @return a short text; valid for ever
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
const char *ws_strerror(int32_t code);

/**
 * Returns the version of the library in use.
 *
 * @return a text such as "0.1.0"; valid for ever
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
const char *ws_version(void);

/**
 * Returns the version of the library in use, to compare with HOSTWS_VERSION_NUMBER.
 *
 * @return MAJOR * 65536 + MINOR * 256 + PATCH
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
uint32_t ws_version_number(void);

/**
 * Returns what the library in use is made of, for a bug report or an inventory.
 *
 * @return a text such as "hostws 0.1.0, OpenSSL 3.0.22 (system), x86_64-unknown-linux-gnu"; valid
 *         for ever. The version of the TLS library is that of the library in use, not that at
 *         build time. "vendored" instead of "system" means that it is part of hostws
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: yes.
 *
 * @since 0.1
 */
const char *ws_build_info(void);

/**
 * Sets where log lines go. Without this call the environment decides: HOSTWS_LOG=error, warning,
 * info, debug or trace writes to stderr; otherwise nothing is logged.
 *
 * THE FUNCTION RUNS ON A THREAD OF THE LIBRARY that does nothing else, and inside calls on the
 * calling thread. It may call no function of the library except ws_wake(). A slow function delays
 * no connection: lines from the library's threads wait, up to 256 KiB of them. Any more are
 * dropped, and a later line says how many. A call that writes a line on a thread of yours waits
 * for those lines first, up to 100 ms. On a thread of yours the function must return. If it ends
 * the library's thread by pthread_exit() or an exception, it is not called again, and nothing more
 * is logged. Windows: it must not end a thread, because ws_set_log() would wait for it for ever; an
 * exception is as told.
 *
 * A log entry is always one line; control characters in text from a server are escaped. No line
 * contains anything in the options that may be a secret: the path and query of the URL, users and
 * passwords, keys, subprotocols, and the values of headers (except those known to be harmless,
 * such as Host). HOSTWS_LOG_TRACE shows the beginning of the data that is sent and received in
 * messages.
 *
 * @param level      HOSTWS_LOG_OFF to HOSTWS_LOG_TRACE: lines above this level are not written
 * @param fn         gets each line, without a line end; NULL: stderr. The previous function is no
 *                   longer running when the call returns
 * @param user_data  passed to the function unchanged. It must stay valid until the function is
 *                   replaced, or ws_shutdown() has returned anything but HOSTWS_E_TIMEOUT
 * @return HOSTWS_OK, or HOSTWS_E_ARGUMENT
 *
 * Blocks: while the previous function runs. Threads: any except those of the library. From a
 * callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_set_log(int32_t level,
                   void (*fn)(int32_t level, const char *message, void *user_data),
                   void *user_data);

/**
 * Tells the library that the network of the machine has changed: another Wi-Fi, from Wi-Fi to
 * mobile, a VPN that was started, a cable that was plugged in. A connection that did not survive
 * the change is then detected in seconds instead of a minute, and a lost connection is tried again
 * without delay.
 *
 * On Linux the library watches for changes itself, through rtnetlink, while there are connections:
 * an interface that starts or stops running, an address that is added or removed, a new default
 * route. The loopback interface does not count. All changes within 250 ms are treated as one. With
 * HOSTWS_NETWORK_WATCH=0 in the environment, or if the system does not permit it, the library does
 * not watch. Then, and on other systems, call this function when the system reports a change.
 *
 * Every open connection sends a ping at once, and is lost if nothing is received within
 * `ping_timeout_ms`, but 5 s at most. This excludes connections that are paused or have
 * `ping_interval_ms` -1. Every attempt of `reconnect_max` that waits for its delay begins at once,
 * unless the server asked for the delay (Retry-After). An opening goes on within
 * `open_timeout_ms`. Further calls while a ping of this kind is unanswered do not extend its time.
 *
 * @return HOSTWS_OK
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int32_t ws_network_changed(void);

/**
 * Closes all connections with 1001 and ends the library's threads. From now on no message is
 * accepted. Messages accepted before leave first: for them, an opening is finished, and a lost
 * connection is reopened as its options say. Connections with nothing to send close at once.
 * Connections that are not closed in time are dropped. The call makes no callbacks: the TERMINATE
 * events stay in their queues, where you can poll them as usual or drop them with
 * ws_queue_discard(). No other event follows: an opening that fails during the call has no ERROR.
 * Afterwards the library is in its initial state, and ws_new() starts it again: the log function
 * and the wake-up functions have returned and are forgotten, and the system's trust store will be
 * read again.
 *
 * In a forked child the call forgets everything of the parent, so that the child can use the
 * library itself. The parent's ids are Closed there.
 *
 * @param timeout_ms  the time limit of the whole call; 0: everything is dropped at once; -1: each
 *                    connection has its own limits, `open_timeout_ms` for an opening, and
 *                    `close_timeout_ms` during which nothing leaves or the server does not answer;
 *                    with `reconnect_max` -1 and a message that waits, this may take for ever
 * @return HOSTWS_OK: every accepted message has left (except pings, and messages that you dropped
 *         yourself by ws_abort() or ws_terminate()); HOSTWS_E_TIMEOUT if a message was dropped,
 *         also because `timeout_ms` is 0 or an opening failed (the error message names the
 *         connection, and what failed unless the time was up), if `timeout_ms` is more than 0 and
 *         passed before every connection was closed, or if a thread did not end or a function did
 *         not return. If only `close_timeout_ms` passed, and every message has left, the result is
 *         HOSTWS_OK. HOSTWS_E_SHUTDOWN if another thread is already inside ws_shutdown();
 *         HOSTWS_E_ARGUMENT if `timeout_ms` is less than -1
 *
 * Blocks: up to `timeout_ms` and a moment; neither ws_wake() nor a signal handler ends it.
 * Threads: any except those of the library. From a callback: yes. After fork: yes, see above.
 *
 * @since 0.1
 */
int32_t ws_shutdown(int32_t timeout_ms);

/**
 * Reads one value out of a JSON text, for programs without a JSON parser.
 *
 * @param json     `length` bytes, such as the data of a HOSTWS_OBJECT message
 * @param length   bytes, or -1 if `json` ends in a NUL
 * @param pointer  an RFC 6901 pointer, such as "/quotes/0/price"; "" is the whole text
 * @param buffer   gets the value and a NUL, truncated if needed: a string unescaped, any other
 *                 value as JSON text; may be NULL if `size` is 0
 * @param size     bytes at `buffer`
 * @return the full length of the value in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if there
 *         is no such value, HOSTWS_E_JSON if the text is not JSON, HOSTWS_E_ARGUMENT,
 *         HOSTWS_E_RESOURCES
 *
 * Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
 *
 * @since 0.1
 */
int64_t ws_json_get(const char *json,
                    int64_t length,
                    const char *pointer,
                    char *buffer,
                    int64_t size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HOSTWS_H */
