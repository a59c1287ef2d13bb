package com.hostws;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What concerns the whole library. Its log goes to stderr: HOSTWS_LOG=debug in the environment. */
public final class Hostws {
    private Hostws() {}

    /**
     * The version of the library.
     *
     * @return a text such as "0.1.0"
     */
    public static String version() {
        return Native.text(Native.Function.VERSION.call());
    }

    /**
     * What the library is made of, for a bug report.
     *
     * @return one line
     */
    public static String buildInfo() {
        return Native.text(Native.Function.BUILD_INFO.call());
    }

    /**
     * Metrics of the process.
     *
     * @return OpenMetrics text
     */
    public static String metrics() {
        return new String(Native.Function.METRICS.get(), StandardCharsets.UTF_8);
    }

    /** Tells the library that the network has changed, where it cannot see that itself. */
    public static void networkChanged() {
        Native.Function.NETWORK_CHANGED.call();
    }

    /**
     * Closes all connections with 1001; what was sent leaves first.
     *
     * @param timeout the time limit of the whole call
     * @return false: something was dropped
     */
    public static boolean shutdown(Duration timeout) {
        int ms = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
        return Native.Function.SHUTDOWN.call(ms) == ErrorCode.OK;
    }
}
