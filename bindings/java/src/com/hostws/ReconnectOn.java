// Written by bindings/generate.py; do not edit.

package com.hostws;

/** Which ends lead to another attempt. */
public enum ReconnectOn {
    /** {@code reconnect_on}: failures that may pass by themselves; {@code reconnect_max} lists them. The default. */
    LOST(0),
    /** {@code reconnect_on}: every end that your program did not ask for. */
    ANY(1);

    final int value;

    ReconnectOn(int value) {
        this.value = value;
    }

    static ReconnectOn of(int value) {
        for (ReconnectOn it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
