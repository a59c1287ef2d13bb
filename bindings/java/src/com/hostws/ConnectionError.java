package com.hostws;

import java.util.List;
import java.util.stream.Collectors;

/** One entry of a stack of errors: the general one comes first, then its causes. */
public final class ConnectionError {
    private final int code;
    private final String component;
    private final String message;

    ConnectionError(int code, String component, String message) {
        this.code = code;
        this.component = component;
        this.message = message;
    }

    /**
     * Which error it is.
     *
     * @return a constant of {@link ErrorCode}; in a cause perhaps an HTTP status or an errno
     */
    public int code() {
        return code;
    }

    /**
     * Where it comes from.
     *
     * @return "ws", "http", "proxy", "tls", "tcp", "dns", "json" or "os"
     */
    public String component() {
        return component;
    }

    /**
     * What it is.
     *
     * @return one line for a person to read
     */
    public String message() {
        return message;
    }

    @Override
    public String toString() {
        return message;
    }

    static String joined(List<ConnectionError> errors) {
        return errors.stream().map(ConnectionError::message).collect(Collectors.joining(": "));
    }
}
