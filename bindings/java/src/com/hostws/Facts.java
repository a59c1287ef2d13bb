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
    private volatile Last last;

    /** The library knows it until the end. */
    private static final class Last {
        final String url;
        final String subprotocol;
        final List<Map.Entry<String, String>> responseHeaders;
        final long bufferedAmount;

        Last(Facts facts) {
            url = facts.url();
            subprotocol = facts.subprotocol();
            responseHeaders = facts.responseHeaders();
            bufferedAmount = facts.bufferedAmount();
        }
    }

    /** Called at the end. Getters look at it last, for another thread may call it meanwhile. */
    void keepFacts() {
        last = new Last(this);
    }

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
     * @return the URL
     */
    public String url() {
        String now = new String(Native.Function.URL.get(id), StandardCharsets.UTF_8);
        return last == null ? now : last.url;
    }

    /**
     * The subprotocol that the server chose.
     *
     * @return its name, or ""
     */
    public String subprotocol() {
        String now = new String(Native.Function.SUBPROTOCOL.get(id), StandardCharsets.UTF_8);
        return last == null ? now : last.subprotocol;
    }

    /**
     * The headers of the server's answer to the upgrade. A byte is a character.
     *
     * @return names and values, in their order
     */
    public List<Map.Entry<String, String>> responseHeaders() {
        List<Map.Entry<String, String>> now = currentHeaders();
        return last == null ? now : last.responseHeaders;
    }

    private List<Map.Entry<String, String>> currentHeaders() {
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
     * Bytes that were accepted and have not left; after the end, those that never left.
     *
     * @return bytes, as framed
     */
    public long bufferedAmount() {
        long now = Math.max(0, Native.Function.BUFFERED_AMOUNT.call(id));
        return last == null ? now : last.bufferedAmount;
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
