package com.hostws;

/** The time is up. The connection lives on. */
public final class HostwsTimeoutException extends HostwsException {
    private static final long serialVersionUID = 1;

    HostwsTimeoutException(String message) {
        super(message, ErrorCode.TIMEOUT);
    }
}
