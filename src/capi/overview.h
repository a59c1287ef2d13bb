/*
 * hostws: a WebSocket client (RFC 6455) that lives inside somebody else's program.
 *
 * Life of a connection: ws_new() gives an id at once; the opening goes on in the background.
 * Events follow in this order: OPEN once; any number of MESSAGE; at most one ERROR, which
 * ends it; TERMINATE always, last, once. ws_send() and ws_terminate() may be called from
 * the start. The id is never used again; after TERMINATE it is Closed for ever. WARNING, DRAIN
 * and PONG may come at any time before it; with `reconnect_max`, RECONNECTING and RECONNECTED too.
 *
 * Threads: every function may be called from any thread, and from inside any callback,
 * except where it says otherwise. A callback only ever runs inside ws_poll() or
 * ws_wait_status(), on the thread that created the connection, or, if that was given a queue of
 * ws_queue_new(), on the thread that polls this; no lock is held meanwhile. Two functions of
 * the host's run on threads of the library: the wake-up function (ws_queue_on_wakeup) and the
 * log function (ws_set_log); they may call ws_wake() alone, anything else answers
 * HOSTWS_E_WRONG_THREAD. A thread of the library does the network's work; but while events come in
 * quick succession, a thread that waits for them in ws_poll(), ws_next() or the like does it
 * itself, inside that call. Nothing depends on it: a few milliseconds after that thread has
 * left, or nothing has come, the library's goes on.
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
 * Memory: what a function gets is copied before it returns. What an event points to belongs
 * to the library until the callback returns (ws_next() and ws_next_batch(): until the next of
 * these calls); one NUL always follows its data. Getters of a connection work until on_terminate has returned
 * (ws_next(): until the call after the one that gave TERMINATE). Structs that the host fills
 * start with struct_size = sizeof, at most 4096; zero is the default of every field, and what
 * a longer struct has beyond those that the library knows must be zero. Structs that the library
 * fills need their struct_size before each call. It comes back as the bytes that both know, and
 * what a longer struct has beyond those is set to zero.
 *
 * Memory that runs out: where the host or the server chooses the size (messages, options, JSON), a
 * call answers HOSTWS_E_RESOURCES, or the connection is failed with it. If there is none even for the
 * small things that each connection and each event needs, the process ends, as most programs do.
 *
 * Errors: zero or more is success, negative is a HOSTWS_E_ code, and then nothing else has
 * happened; ws_last_error_message() has the words, for each thread its own. Any call may answer HOSTWS_E_INTERNAL, which
 * is a defect of the library. What the network does is told by events.
 *
 * Fork: in a forked child every call answers HOSTWS_E_FORKED until it calls ws_shutdown().
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
