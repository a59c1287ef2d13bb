package com.hostws;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The connection could not be opened. */
public final class OpenException extends HostwsException {
    private static final long serialVersionUID = 1;
    private final transient List<ConnectionError> errors;
    private final int status;
    private final transient List<Map.Entry<String, String>> headers;
    private final byte[] body;

    OpenException(List<ConnectionError> errors, int status, List<Map.Entry<String, String>> headers, byte[] body) {
        super(errors.isEmpty() ? "the connection could not be opened" : ConnectionError.joined(errors), ErrorCode.OPEN);
        this.errors = errors;
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    /**
     * Why.
     *
     * @return the general error first, then its causes
     */
    public List<ConnectionError> errors() {
        return errors;
    }

    /**
     * The HTTP status with which the server refused.
     *
     * @return the status, or 0 if there was no answer
     */
    public int status() {
        return status;
    }

    /**
     * The headers of the server's refusal.
     *
     * @return names and values, in their order
     */
    public List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /**
     * The body of the server's refusal.
     *
     * @return at most its first 64 KiB
     */
    public byte[] body() {
        return body.clone();
    }

    /**
     * The body as text.
     *
     * @return the text, from UTF-8
     */
    public String bodyText() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
