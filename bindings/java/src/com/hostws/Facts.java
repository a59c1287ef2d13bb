package com.hostws;

import java.nio.charset.StandardCharsets;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is known of a connection. */
abstract class Facts {
    private static final int HEADER_NAME_SIZE = 256;
    volatile int id;

    /**
     * The connection's number in the library.
     *
     * @return a positive number
     */
    public int id() {
        return id;
    }

    /**
     * How far the connection is, on the network.
     *
     * @return the status
     */
    public Status status() {
        return Status.of((int) Native.Function.STATUS.call(id));
    }

    /**
     * The URL without its user and password.
     *
     * @return the URL, or "" after the end
     */
    public String url() {
        return new String(Native.Function.URL.get(id), StandardCharsets.UTF_8);
    }

    /**
     * The subprotocol that the server chose.
     *
     * @return its name, or ""
     */
    public String subprotocol() {
        return new String(Native.Function.SUBPROTOCOL.get(id), StandardCharsets.UTF_8);
    }

    /**
     * The headers of the server's answer to the upgrade. A byte is a character.
     *
     * @return names and values, in their order
     */
    public List<Map.Entry<String, String>> responseHeaders() {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        try (Scratch name = Scratch.ofSize(HEADER_NAME_SIZE)) {
            while (true) {
                byte[] value = Native.Function.RESPONSE_HEADER_AT.get(id, headers.size(), name.address, (long) HEADER_NAME_SIZE);
                name.buffer.put(HEADER_NAME_SIZE - 1, (byte) 0);
                String key = Native.text(name.address);
                if (key.isEmpty()) return headers;
                headers.add(new SimpleImmutableEntry<>(key, new String(value, StandardCharsets.ISO_8859_1)));
                name.buffer.put(0, (byte) 0);
            }
        }
    }

    /**
     * Bytes that were accepted and have not left.
     *
     * @return bytes, as framed
     */
    public long bufferedAmount() {
        return Math.max(0, Native.Function.BUFFERED_AMOUNT.call(id));
    }

    /**
     * Everything that happened to this connection, without secrets.
     *
     * @return JSON
     */
    public String explain() {
        return new String(Native.Function.EXPLAIN.get(id), StandardCharsets.UTF_8);
    }
}
