package com.hostws;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that brings the events of all connections. It ends after the last of them. Of a round trip it takes the larger
 * part: beside three system calls of the library there are four of futex, with which it and the reader wake each other. Only a
 * reader that fetches the events itself would save them.
 */
final class Pump implements Runnable {
    private static final int BATCH = 256;
    private static final int SLICE_MS = 500;
    /** How long the end of the program waits for what was sent. */
    private static final int END_MS = 1500;
    private static final long NO_MEMORY_NANOS = 10_000_000;
    private static final Object GATE = new Object();
    private static final Map<Long, WebSocket> SERVED = new HashMap<>();
    private static boolean isRunning;
    private static long last;

    /** The queue of all connections. */
    static final int QUEUE = (int) Native.Function.QUEUE_NEW.call();

    private final ByteBuffer room = ByteBuffer.allocateDirect(BATCH * Abi.EVENT_SIZE).order(ByteOrder.nativeOrder());
    private final long address = Native.address(room);
    // Where in the room it is, the connection whose events these are, and those that it has not got yet.
    private int at;
    private int end;
    private WebSocket ws;
    private long token;
    private final ArrayList<Object> items = new ArrayList<>();

    static {
        if (QUEUE < 0) throw HostwsException.of(QUEUE, Native.lastWords());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> Native.Function.SHUTDOWN.call(END_MS), "hostws-end"));
    }

    private Pump() {}

    /** Takes a connection that is about to open; its events carry the number. */
    static long add(WebSocket ws) {
        synchronized (GATE) {
            SERVED.put(++last, ws);
            if (!isRunning) {
                isRunning = true;
                Thread thread = new Thread(new Pump(), "hostws");
                thread.setDaemon(true);
                thread.start();
            }
            return last;
        }
    }

    static void remove(long token) {
        synchronized (GATE) {
            SERVED.remove(token);
        }
    }

    private static WebSocket served(long token) {
        synchronized (GATE) {
            return SERVED.get(token);
        }
    }

    @Override
    public void run() {
        while (true) {
            synchronized (GATE) {
                if (SERVED.isEmpty()) {
                    isRunning = false;
                    return;
                }
            }
            room.putInt(Abi.EVENT_STRUCT_SIZE, Abi.EVENT_SIZE);
            // At once: to let readers that have waited go first, as the package of Go does, makes round trips slower here.
            deliver(Native.nextBatch(QUEUE, address, BATCH, SLICE_MS));
        }
    }

    /** Gives the events to their connections, those in a row at once. What there is no memory for is tried again later. */
    private void deliver(int count) {
        at = 0;
        end = count * Abi.EVENT_SIZE;
        while (at < end) {
            try {
                for (; at < end; at += Abi.EVENT_SIZE) take();
            } catch (OutOfMemoryError error) {
                LockSupport.parkNanos(NO_MEMORY_NANOS);
            }
        }
        turnTo(null, 0);
    }

    private void take() {
        long next = room.getLong(at + Abi.EVENT_USER_DATA);
        if (next != token) {
            turnTo(served(next), next);
            // The opening thread may not know it yet.
            if (ws != null) ws.id = room.getInt(at + Abi.EVENT_WS);
        }
        int type = room.getInt(at + Abi.EVENT_TYPE);
        // Of a connection that has failed only the end is looked at.
        if (ws == null || ws.hasFailed() && type != EventType.TERMINATE.value) return;
        if (type == EventType.MESSAGE.value) takeMessage();
        else takeEvent();
    }

    private void takeEvent() {
        // Room for two, so that none is there twice if there was no memory for the other.
        items.ensureCapacity(items.size() + 2);
        Event event = new Event(room, at);
        if (event.type() == EventType.TERMINATE) remove(token);
        ws.keep(event, items);
    }

    /** A message that is too large for the heap ends its connection, and no other. */
    private void takeMessage() {
        long length = room.getLong(at + Abi.EVENT_LENGTH);
        try {
            byte[] data = Native.bytes(room.getLong(at + Abi.EVENT_DATA), length);
            items.add(new Message(DataType.of(room.getInt(at + Abi.EVENT_DATA_TYPE)), data));
        } catch (OutOfMemoryError error) {
            ws.fail(length);
        }
    }

    /** The events from here on are of another connection. */
    private void turnTo(WebSocket other, long number) {
        try {
            if (ws != null) ws.deliver(items);
        } catch (OutOfMemoryError error) {
            ws.fail(0);
        }
        items.clear();
        ws = other;
        token = number;
    }
}
