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
