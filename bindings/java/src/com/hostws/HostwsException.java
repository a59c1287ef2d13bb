package com.hostws;

/** The base of the exceptions of this package. */
public class HostwsException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int code;

    HostwsException(String message, int code) {
        super(message);
        this.code = code;
    }

    /**
     * Which error it is.
     *
     * @return a constant of {@link ErrorCode}
     */
    public int code() {
        return code;
    }

    /** What a negative result means. */
    static HostwsException of(int result, String words) {
        switch (result) {
            case ErrorCode.ARGUMENT:
            case ErrorCode.URL:
            case ErrorCode.OPTION:
            case ErrorCode.TOO_BIG:
            case ErrorCode.UTF8:
            case ErrorCode.JSON:
                return new OptionException(words, result);
            default:
                return new HostwsException(words, result);
        }
    }
}
