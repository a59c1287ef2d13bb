package com.hostws;

/** The URL, an option, an argument or a message is refused, and nothing else happened. */
public final class OptionException extends HostwsException {
    private static final long serialVersionUID = 1;

    OptionException(String message, int code) {
        super(message, code);
    }
}
