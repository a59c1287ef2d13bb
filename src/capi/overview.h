/*
 * hostws: a WebSocket client (RFC 6455) that lives inside somebody else's program.
 *
 * Life of a connection: ws_new() returns an id at once and opens the connection in the background.
 * Its events come in this order: OPEN once; any number of MESSAGE; at most one ERROR, which ends
 * the connection; TERMINATE always, last, once. WARNING, DRAIN and PONG may come at any time before
 * TERMINATE, and with `reconnect_max` RECONNECTING and RECONNECTED, too. ws_send() and
 * ws_terminate() may be called from the start. An id is never reused: after TERMINATE it stays Closed.
 *
 * Threads: every function may be called from any thread and inside any callback, unless its
 * description says otherwise. A callback only runs inside ws_poll() or ws_wait_status(), on the thread
 * that created the connection, or on the thread that polls its queue if that was made by
 * ws_queue_new(). No lock is held during a callback. Two functions that you give run on threads of
 * the library: the wake-up function (ws_queue_on_wakeup) and the log function (ws_set_log). They may
 * call ws_wake() only; any other call returns HOSTWS_E_WRONG_THREAD. Network I/O is done by threads of
 * the library. While events come in quick succession, a thread that waits in ws_poll(), ws_next() or
 * the like does the I/O itself, inside that call; a few milliseconds after it has left, the library's
 * thread takes over again.
 *
 * What an end drops: messages that ws_send() accepted and that have not left. When a connection
 * is open, ws_terminate(), ws_queue_free() and the end of a thread let them leave before the
 * close frame, within `close_timeout_ms`; when it is still opening, ws_queue_free() and the end of
 * a thread let the opening finish for them. ws_shutdown() does so within its time, and opens a lost
 * connection again, too. They are dropped by ws_abort(), by ws_terminate() while the status is
 * Connecting, by a failed opening, a lost connection (without `reconnect_max`), a time that is
 * up, and exit(). Who is told: on_terminate, with was_clean 0, and ws_buffered_amount() inside
 * it has the bytes; the log, at level warning; ws_shutdown() answers HOSTWS_E_TIMEOUT. After
 * ws_queue_free() and the end of a thread only the log is left, and after exit() nothing. Bytes
 * that the operating system took have left; that the server has read them, only was_clean 1 says.
 *
 * Memory: arguments are copied before a function returns. The library owns what an event points
 * to; it stays valid until the callback returns, or until the next ws_next() or ws_next_batch() on
 * that queue. One NUL always follows an event's data. The getters of a connection work until
 * on_terminate has returned (ws_next(): until the call after the one that returned TERMINATE).
 * Structs that you fill start with struct_size = sizeof, at most 4096. Zero is the default of every
 * field. A struct may be longer than the library knows if the rest is zero. Structs that the library
 * fills need their struct_size set before each call; the library sets it to the number of bytes that
 * both sides know, and the rest of a longer struct to zero.
 *
 * Memory that runs out: where the host or the server chooses the size (messages, options, JSON), a
 * call answers HOSTWS_E_RESOURCES, or the connection is failed with it. If there is none even for the
 * small things that each connection and each event needs, the process ends, as most programs do.
 *
 * Errors: zero or more is success. A negative result is a HOSTWS_E_ code: the call had no effect,
 * and ws_last_error_message() says why, separately for each thread. Any call may return
 * HOSTWS_E_INTERNAL, which is a bug in the library. What happens on the network is told by events.
 *
 * Fork: in a forked child every call returns HOSTWS_E_FORKED until the child calls ws_shutdown().
 * fork() followed by exec() needs nothing.
 *
 * Unload and exit: the shared library stays loaded until the process ends (-z nodelete).
 * exit() with open connections is harmless, but what waits to be sent is dropped; ws_shutdown()
 * sends it, and closes politely first. exit() waits while a thread of the library is inside
 * OpenSSL, at most 5 s; from then on nothing comes or leaves on a wss connection. The main thread's
 * own queue does not end with main(): what exit() calls on that thread (atexit() handlers,
 * destructors of globals) may still send, call ws_next() and ws_shutdown(); ws_poll() calls back no more.
 *
 * Stack and scheduling: a call needs up to 128 KiB of stack. Threads of the library have 2 MiB,
 * whatever the environment says. They run with the system's usual policy, also if their creator is a
 * real-time thread, and on the processors of the main thread.
 *
 * Descriptors: the library's own are never 0, 1 or 2, also where those are closed.
 *
 * Environment: the first ws_new() reads HOSTWS_LOG and starts OpenSSL, on the calling thread;
 * each ws_new() may read the variables that name proxies. On threads of the library, at any time
 * later, the C library's resolver may call getenv(), and so may OpenSSL when it looks for the
 * system's certificates (SSL_CERT_FILE, SSL_CERT_DIR): a setenv() meanwhile is a race. A setuid
 * program's environment is not asked for HOSTWS_LOG or proxies.
 *
 * Signals: threads of the library block HUP INT QUIT PIPE ALRM TERM USR1 USR2 CHLD TSTP WINCH IO
 * VTALRM PROF URG. All others reach them: a fault in a function of yours that one of them calls is
 * handled by your handler, on that thread, and programs that it starts inherit that mask.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
