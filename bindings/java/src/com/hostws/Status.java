// Written by bindings/generate.py; do not edit.

package com.hostws;

/** How far a connection is. */
public enum Status {
    /** Status: opening. The name is being resolved, the connection made, or the upgrade awaited. */
    CONNECTING(0),
    /** Status: open. Messages can be sent and received. */
    CONNECTED(1),
    /** Status: the closing handshake has begun. */
    CLOSING(2),
    /** Status: closed. The id is never reused. */
    CLOSED(3);

    final int value;

    Status(int value) {
        this.value = value;
    }

    static Status of(int value) {
        for (Status it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
