// Written by bindings/generate.py; do not edit.

package com.hostws;

/** What a message is. */
public enum DataType {
    /** Data type: UTF-8 text. The default (0) of a new connection. */
    TEXT(1),
    /** Data type: bytes. */
    BLOB(2),
    /** Data type: the text of a JSON object or array. */
    OBJECT(3);

    final int value;

    DataType(int value) {
        this.value = value;
    }

    static DataType of(int value) {
        for (DataType it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
