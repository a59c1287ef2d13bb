package com.hostws;

import java.util.List;

/** The connection has ended. */
public final class ConnectionClosedException extends HostwsException {
    private static final long serialVersionUID = 1;
    private final int closeCode;
    private final String reason;
    private final boolean wasClean;
    private final transient List<ConnectionError> errors;

    ConnectionClosedException(int closeCode, String reason, boolean wasClean, List<ConnectionError> errors) {
        super("closed with " + closeCode + (reason.isEmpty() ? "" : " (" + reason + ")")
            + (errors.isEmpty() ? "" : ": " + ConnectionError.joined(errors)), ErrorCode.CLOSED);
        this.closeCode = closeCode;
        this.reason = reason;
        this.wasClean = wasClean;
        this.errors = errors;
    }

    /**
     * The close code.
     *
     * @return a number of RFC 6455 7.4
     */
    public int closeCode() {
        return closeCode;
    }

    /**
     * The server's reason.
     *
     * @return a text, perhaps ""
     */
    public String reason() {
        return reason;
    }

    /**
     * Whether both sides exchanged close frames.
     *
     * @return false if the connection was lost
     */
    public boolean wasClean() {
        return wasClean;
    }

    /**
     * Why, if it was no clean end.
     *
     * @return the general error first, then its causes
     */
    public List<ConnectionError> errors() {
        return errors;
    }
}
