// Written by bindings/generate.py; do not edit.

package com.hostws;

/** What happened. */
public enum EventType {
    /** Event: the connection is open. Once, before any MESSAGE. */
    OPEN(1),
    /** Event: a message arrived; {@code data}, {@code length}, {@code data_type}. */
    MESSAGE(2),
    /** Event: an error ended the connection; {@code errors}, {@code error_count}. At most once. */
    ERROR(3),
    /** Event: the connection has ended; {@code code}, {@code reason}, {@code was_clean}. Always, last, once. */
    TERMINATE(4),
    /**
     * Event: after HOSTWS_E_AGAIN, the send queue is at most half full and has room for the message that was refused.
     * If an older DRAIN waits to be delivered and no message came after it, the new one replaces it.
     */
    DRAIN(5),
    /**
     * Event: the answer to ws_ping(); {@code data}, {@code length}, {@code round_trip_us}. At most 64 wait to be
     * delivered; ws_ping() returns HOSTWS_E_AGAIN until you have taken some.
     */
    PONG(6),
    /**
     * Event: a problem that does not end the connection; {@code errors}, {@code error_count}. May come before OPEN. At
     * most 16 wait for each connection; any more go to the log only.
     */
    WARNING(7),
    /**
     * Event: the connection was lost or could not be opened, and will be tried again, as {@code reconnect_max} allows.
     * {@code errors} and {@code error_count} say why, {@code code} is the number of the attempt in a row, {@code
     * delay_ms} is the time until the attempt. May come before OPEN. If an older RECONNECTING still waits to be
     * delivered and no message came after it, the new one replaces it and the RECONNECTED that followed it.
     */
    RECONNECTING(8),
    /** Event: the connection is open again; {@code code} is the number of the attempt. */
    RECONNECTED(9),
    /**
     * Event: the library asks you to decide something, and waits for ws_answer(), which describes the answers. Only
     * with the option {@code ask}. {@code code} is the number of the question, {@code flags} is what it is about, a
     * HOSTWS_ASK_ constant. {@code data} is a JSON object with the facts, which the constant describes; its {@code ask}
     * and {@code question} repeat {@code flags} as a name ("certificate", "credentials" or "reconnect") and {@code
     * code}. May come before OPEN. A connection asks one question at a time; if an older ASK still waits to be
     * delivered, the new ASK replaces it.
     */
    ASK(10),
    /**
     * Event: the operating system has taken the last byte of a message that was sent with HOSTWS_NOTIFY; {@code code}
     * is the number of the message.
     */
    SENT(11),
    /**
     * Event: a message was dropped, because it had not begun to leave after {@code message_ttl_ms}; {@code code} is the
     * number of the message.
     */
    EXPIRED(12);

    final int value;

    EventType(int value) {
        this.value = value;
    }

    static EventType of(int value) {
        for (EventType it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
