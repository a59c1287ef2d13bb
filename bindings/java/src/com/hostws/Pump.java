package com.hostws;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The thread that brings the events of all connections. It ends after the last of them. */
final class Pump implements Runnable {
    private static final int BATCH = 256;
    private static final int SLICE_MS = 500;
    /** How long the end of the program waits for what was sent. */
    private static final int END_MS = 1500;
    private static final Object GATE = new Object();
    private static final Map<Long, WebSocket> SERVED = new HashMap<>();
    private static boolean isRunning;
    private static long last;

    /** The queue of all connections. */
    static final int QUEUE = (int) Native.Function.QUEUE_NEW.call();

    private final ByteBuffer room = ByteBuffer.allocateDirect(BATCH * Abi.EVENT_SIZE).order(ByteOrder.nativeOrder());
    private final long address = Native.address(room);
    private final List<Object> items = new ArrayList<>();

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

    /** Gives the events to their connections, those in a row at once. */
    private void deliver(int count) {
        long token = 0;
        WebSocket ws = null;
        for (int at = 0; at < count * Abi.EVENT_SIZE; at += Abi.EVENT_SIZE) {
            long next = room.getLong(at + Abi.EVENT_USER_DATA);
            if (next != token) {
                give(ws);
                token = next;
                ws = served(token);
                // The opening thread may not know it yet.
                if (ws != null) ws.id = room.getInt(at + Abi.EVENT_WS);
            }
            if (ws == null) continue;
            int type = room.getInt(at + Abi.EVENT_TYPE);
            if (type != EventType.MESSAGE.value) {
                Event event = new Event(room, at);
                ws.keep(event);
                items.add(event);
                if (event.type() == EventType.TERMINATE) remove(token);
                continue;
            }
            byte[] data = Native.bytes(room.getLong(at + Abi.EVENT_DATA), room.getLong(at + Abi.EVENT_LENGTH));
            items.add(new Message(DataType.of(room.getInt(at + Abi.EVENT_DATA_TYPE)), data));
        }
        give(ws);
    }

    private void give(WebSocket ws) {
        if (ws != null) ws.deliver(items);
        items.clear();
    }
}
