package com.hostws;

/** What happens to a connection, in the order of the calls. Each is made on the thread that runs or polls. */
public interface Listener {
    /**
     * The connection is open. Once, before any message.
     *
     * @param ws the connection
     */
    default void onOpen(WebSocket ws) {}

    /**
     * A message arrived.
     *
     * @param ws the connection
     * @param message the message
     */
    default void onMessage(WebSocket ws, Message message) {}

    /**
     * An error ended the connection; onTerminate follows. At most once.
     *
     * @param ws the connection
     * @param error the event, with the stack of errors
     */
    default void onError(WebSocket ws, Event error) {}

    /**
     * The connection has ended. Always, last, once.
     *
     * @param ws the connection
     * @param end the event, with the code, the reason and whether it was clean
     */
    default void onTerminate(WebSocket ws, Event end) {}

    /**
     * Everything else: WARNING, RECONNECTING, RECONNECTED, PONG, DRAIN, ASK, SENT, EXPIRED.
     *
     * @param ws the connection
     * @param event the event
     */
    default void onEvent(WebSocket ws, Event event) {}
}
