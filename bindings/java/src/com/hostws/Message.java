package com.hostws;

import java.nio.charset.StandardCharsets;

/** A message that arrived. */
public final class Message {
    private final DataType type;
    private final byte[] data;
    private String text;

    Message(DataType type, byte[] data) {
        this.type = type;
        this.data = data;
    }

    /**
     * What it is.
     *
     * @return text, bytes, or JSON with {@link Options#dataType}
     */
    public DataType type() {
        return type;
    }

    /**
     * Whether it has a text.
     *
     * @return false for bytes
     */
    public boolean isText() {
        return type != DataType.BLOB;
    }

    /**
     * The text, which may be JSON.
     *
     * @return the text, or null if the message is binary
     */
    public String text() {
        if (text == null && isText()) text = new String(data, StandardCharsets.UTF_8);
        return text;
    }

    /**
     * The bytes; those of text in UTF-8. The array belongs to the caller.
     *
     * @return the bytes
     */
    public byte[] data() {
        return data;
    }

    int size() {
        return data.length;
    }

    @Override
    public String toString() {
        return isText() ? text() : data.length + " bytes";
    }
}
