package com.hostws;

import java.util.List;
import java.util.Map;

/** How a connection has ended. Every call that needs it open throws an exception of its own. */
final class Ending {
    private final Event terminate;
    private final List<ConnectionError> errors;
    private final boolean wasOpen;
    private final int status;
    private final List<Map.Entry<String, String>> headers;
    private final byte[] body;

    /** Of a connection that was open. */
    Ending(Event terminate, List<ConnectionError> errors) {
        this.terminate = terminate;
        this.errors = errors;
        wasOpen = true;
        status = 0;
        headers = List.of();
        body = new byte[0];
    }

    /** Of an opening. */
    Ending(Event terminate, List<ConnectionError> errors, int status, List<Map.Entry<String, String>> headers, byte[] body) {
        this.terminate = terminate;
        this.errors = errors;
        wasOpen = false;
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    boolean isClean() {
        return wasOpen && terminate.wasClean();
    }

    HostwsException exception() {
        if (wasOpen) return new ConnectionClosedException(terminate.code(), terminate.reason(), terminate.wasClean(), errors);
        return new OpenException(errors, Math.max(0, status), headers, body);
    }
}
