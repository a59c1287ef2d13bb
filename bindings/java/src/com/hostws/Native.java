package com.hostws;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The functions of hostws.h. Nothing of the JVM is called back: the events are fetched. */
final class Native {
    private static final Foreign FOREIGN = load();
    // What is called for every message.
    private static final MethodHandle SEND = function("ws_send", int.class, int.class, long.class, long.class, int.class);
    private static final MethodHandle NEXT_BATCH =
        function("ws_next_batch", int.class, int.class, long.class, int.class, int.class);
    // What is called when there is no memory, which the others need.
    private static final MethodHandle ABORT = function("ws_abort", int.class, int.class);

    private Native() {}

    /** All other functions. */
    enum Function {
        OPEN_EX("ws_open_ex", int.class, long.class, long.class, long.class, long.class, long.class),
        PING("ws_ping", int.class, int.class, long.class, int.class),
        PAUSE("ws_pause", int.class, int.class, int.class),
        ANSWER("ws_answer", int.class, int.class, int.class, long.class, long.class),
        TERMINATE("ws_terminate", int.class, int.class, int.class, long.class),
        STATUS("ws_status", int.class, int.class),
        BUFFERED_AMOUNT("ws_buffered_amount", long.class, int.class),
        SET_HEADER("ws_set_header", int.class, int.class, long.class, long.class),
        SET_URL("ws_set_url", int.class, int.class, long.class),
        URL("ws_url", long.class, int.class, long.class, long.class),
        SUBPROTOCOL("ws_subprotocol", long.class, int.class, long.class, long.class),
        EXPLAIN("ws_explain", long.class, int.class, long.class, long.class),
        RESPONSE_STATUS("ws_response_status", int.class, int.class),
        RESPONSE_BODY("ws_response_body", long.class, int.class, long.class, long.class),
        RESPONSE_HEADER_AT("ws_response_header_at", long.class, int.class, int.class, long.class, long.class, long.class,
            long.class),
        QUEUE_NEW("ws_queue_new", int.class),
        NETWORK_CHANGED("ws_network_changed", int.class),
        SHUTDOWN("ws_shutdown", int.class, int.class),
        METRICS("ws_metrics", long.class, long.class, long.class),
        LAST_ERROR_MESSAGE("ws_last_error_message", long.class),
        VERSION("ws_version", long.class),
        BUILD_INFO("ws_build_info", long.class);

        private final MethodHandle handle;

        Function(String name, Class<?> result, Class<?>... parameters) {
            handle = function(name, result, parameters);
        }

        long call(Object... arguments) {
            try {
                return ((Number) handle.invokeWithArguments(arguments)).longValue();
            } catch (Throwable error) {
                throw new AssertionError(error);
            }
        }

        /** What a getter such as ws_url() copies; empty if there is nothing. */
        byte[] get(Object... before) {
            int size = 1024;
            while (true) {
                try (Scratch buffer = Scratch.ofSize(size)) {
                    Object[] arguments = Arrays.copyOf(before, before.length + 2);
                    arguments[before.length] = buffer.address;
                    arguments[before.length + 1] = (long) buffer.buffer.capacity();
                    long length = call(arguments);
                    if (length < buffer.buffer.capacity()) return bytes(buffer.address, Math.max(0, length));
                    size = Math.toIntExact(length + 1);
                }
            }
        }
    }

    static int send(int ws, long data, long length, int dataType) {
        try {
            return (int) SEND.invokeExact(ws, data, length, dataType);
        } catch (Throwable error) {
            throw new AssertionError(error);
        }
    }

    static int nextBatch(int queue, long events, int capacity, int timeout) {
        try {
            return (int) NEXT_BATCH.invokeExact(queue, events, capacity, timeout);
        } catch (Throwable error) {
            throw new AssertionError(error);
        }
    }

    static void abort(int ws) {
        try {
            int ignored = (int) ABORT.invokeExact(ws);
        } catch (Throwable error) {
            throw new AssertionError(error);
        }
    }

    static long address(ByteBuffer buffer) {
        return FOREIGN.address(buffer);
    }

    /** OutOfMemoryError, too, if no array can be so long. */
    static byte[] bytes(long address, long length) {
        if (length > Integer.MAX_VALUE) throw new OutOfMemoryError();
        return FOREIGN.bytes(address, (int) length);
    }

    /** A text that ends in a NUL. */
    static String text(long address) {
        if (address == 0) return "";
        int length = 0;
        while (FOREIGN.bytes(address + length, 1)[0] != 0) length++;
        return new String(FOREIGN.bytes(address, length), StandardCharsets.UTF_8);
    }

    /** Why the last call of this thread failed. Nothing between the two calls may move a virtual thread. */
    static String lastWords() {
        return text(Function.LAST_ERROR_MESSAGE.call());
    }

    private static Foreign load() {
        try {
            return Foreign.load(LibraryFile.find());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    private static MethodHandle function(String name, Class<?> result, Class<?>... parameters) {
        try {
            return FOREIGN.function(name, MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }
}
