// Written by bindings/generate.py; do not edit.

package com.hostws;

/** The codes of errors: {@link HostwsException#code()} and {@link ConnectionError#code()}. */
public final class ErrorCode {
    /** Success. */
    public static final int OK = 0;
    /** An argument is NULL, negative or out of range. */
    public static final int ARGUMENT = -1;
    /** The URL is not a valid WebSocket URL. */
    public static final int URL = -2;
    /** An option is unknown, of the wrong type or out of range. */
    public static final int OPTION = -3;
    /** A struct's {@code struct_size} is wrong, or the struct asks for something unknown to this library. */
    public static final int STRUCT = -4;
    /** There is no such queue, or no connection ever had this id. */
    public static final int NO_SUCH_ID = -5;
    /** The connection is Closing or Closed. */
    public static final int CLOSED = -6;
    /** The send queue is full. Nothing was queued; a DRAIN event follows when there is room. */
    public static final int AGAIN = -7;
    /** The message is larger than the send queue can ever hold. */
    public static final int TOO_BIG = -8;
    /** The bytes are not UTF-8. */
    public static final int UTF8 = -9;
    /** The bytes are not a JSON object or array. */
    public static final int JSON = -10;
    /** The time is up, or ws_wake() or a signal handler ended the wait. */
    public static final int TIMEOUT = -11;
    /** No connection is left that could get an event. */
    public static final int IDLE = -12;
    /** Another thread is polling this queue, or a message sent in fragments is not complete. */
    public static final int BUSY = -13;
    /** This thread may not make this call: see "Threads" in the function's documentation. */
    public static final int WRONG_THREAD = -14;
    /** The call is not allowed inside this callback. */
    public static final int REENTRANT = -15;
    /** This process is a forked child and has not called ws_shutdown() yet. */
    public static final int FORKED = -16;
    /** Another thread is inside ws_shutdown(). */
    public static final int SHUTDOWN = -17;
    /**
     * Memory, threads or file descriptors ran out. A connection fails with this code (1009) if there is no memory for
     * its messages.
     */
    public static final int RESOURCES = -18;
    /** A bug in this library. Please report it with ws_last_error_message(). */
    public static final int INTERNAL = -19;
    /** There is nothing with that name. */
    public static final int NOT_FOUND = -20;
    /** In events: the name could not be resolved. */
    public static final int DNS = -21;
    /** In events: no TCP connection could be made. */
    public static final int TCP = -22;
    /** In events: the TLS handshake failed or the certificate is not trusted. */
    public static final int TLS = -23;
    /** In events: the server's answer to the upgrade request is not what RFC 6455 requires. */
    public static final int HTTP = -24;
    /** In events: the server broke the WebSocket protocol. */
    public static final int PROTOCOL = -25;
    /** In events: the connection could not be opened; the cause follows. */
    public static final int OPEN = -26;
    /**
     * In events: the connection was lost; if an error of TCP or TLS is the cause, it follows. From ws_send_ex(): the
     * fragments sent so far of this message were lost with the connection.
     */
    public static final int LOST = -27;
    /** In causes: the proxy could not be reached, refused, or broke its protocol. */
    public static final int PROXY = -28;

    private ErrorCode() {}
}
