package com.hostws;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Something that happened, and is no message. */
public final class Event {
    private final EventType type;
    private final int code;
    private final String reason;
    private final boolean wasClean;
    private final List<ConnectionError> errors;
    private final byte[] data;
    private final int flags;
    private final Duration roundTrip;
    private final Duration delay;

    /** Reads the event at a place of a buffer. */
    Event(ByteBuffer room, int at) {
        type = EventType.of(room.getInt(at + Abi.EVENT_TYPE));
        code = room.getInt(at + Abi.EVENT_CODE);
        reason = Native.text(room.getLong(at + Abi.EVENT_REASON));
        wasClean = room.getInt(at + Abi.EVENT_WAS_CLEAN) != 0;
        errors = errors(room.getLong(at + Abi.EVENT_ERRORS), room.getInt(at + Abi.EVENT_ERROR_COUNT));
        data = Native.bytes(room.getLong(at + Abi.EVENT_DATA), room.getLong(at + Abi.EVENT_LENGTH));
        flags = room.getInt(at + Abi.EVENT_FLAGS);
        roundTrip = Duration.of(room.getLong(at + Abi.EVENT_ROUND_TRIP_US), ChronoUnit.MICROS);
        delay = Duration.ofMillis(room.getLong(at + Abi.EVENT_DELAY_MS));
    }

    /** An event without data, of a connection that the package itself has ended. */
    Event(EventType type, int code, List<ConnectionError> errors) {
        this.type = type;
        this.code = code;
        this.errors = errors;
        reason = "";
        wasClean = false;
        data = new byte[0];
        flags = 0;
        roundTrip = Duration.ZERO;
        delay = Duration.ZERO;
    }

    private static List<ConnectionError> errors(long address, int count) {
        if (count == 0) return List.of();
        byte[] bytes = Native.bytes(address, (long) count * Abi.ERROR_SIZE);
        ByteBuffer raw = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        List<ConnectionError> errors = new ArrayList<>();
        for (int at = 0; at < raw.capacity(); at += Abi.ERROR_SIZE) {
            errors.add(new ConnectionError(raw.getInt(at + Abi.ERROR_CODE), Native.text(raw.getLong(at + Abi.ERROR_COMPONENT)),
                Native.text(raw.getLong(at + Abi.ERROR_MESSAGE))));
        }
        return List.copyOf(errors);
    }

    /**
     * What happened.
     *
     * @return the type, which is never MESSAGE
     */
    public EventType type() {
        return type;
    }

    /**
     * The close code, or the number of the attempt, of the question or of the message.
     *
     * @return a number that depends on the type
     */
    public int code() {
        return code;
    }

    /**
     * TERMINATE: the server's reason.
     *
     * @return a text, perhaps ""
     */
    public String reason() {
        return reason;
    }

    /**
     * TERMINATE: whether both sides exchanged close frames.
     *
     * @return false if the connection was lost
     */
    public boolean wasClean() {
        return wasClean;
    }

    /**
     * ERROR, WARNING, RECONNECTING, ASK: why.
     *
     * @return the general error first, then its causes
     */
    public List<ConnectionError> errors() {
        return errors;
    }

    /**
     * PONG: the payload; ASK: the facts, as JSON.
     *
     * @return bytes, perhaps none
     */
    public byte[] data() {
        return data.clone();
    }

    /**
     * ASK: what it is about.
     *
     * @return the question, or null
     */
    public Question question() {
        return type == EventType.ASK ? Question.of(flags) : null;
    }

    /**
     * PONG: the time since the ping.
     *
     * @return the round trip
     */
    public Duration roundTrip() {
        return roundTrip;
    }

    /**
     * RECONNECTING: the time until the attempt.
     *
     * @return the delay
     */
    public Duration delay() {
        return delay;
    }

    @Override
    public String toString() {
        return type + (errors.isEmpty() ? "" : ": " + ConnectionError.joined(errors));
    }
}
