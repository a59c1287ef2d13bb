package com.hostws;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What has come and was not taken yet: messages, and events that are none. A connection that is not read is paused. Its
 * waits give a virtual thread's carrier free.
 */
final class Inbox {
    /** Bytes that may wait. The rest stays with the library, and then with the server. */
    private static final long MUCH = 1 << 20;
    private static final int OVERHEAD = 64;
    /** Events that may wait for a program that never takes any. */
    private static final int MANY_EVENTS = 64;

    private final WebSocket ws;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Object> items = new ArrayDeque<>();
    private long bytes;
    private int events;
    private int drained;
    private boolean isPaused;
    private boolean isSilent;
    private boolean isOpen;
    private volatile Ending ending;

    Inbox(WebSocket ws) {
        this.ws = ws;
    }

    /** On the pump's thread. */
    void add(List<Object> come, Ending last) {
        lock.lock();
        try {
            for (Object item : come) {
                if (item instanceof Message) add((Message) item);
                else add((Event) item);
            }
            if (!isPaused && !isSilent && bytes >= MUCH) {
                isPaused = true;
                Native.Function.PAUSE.call(ws.id(), 1);
            }
        } finally {
            ending = last;
            changed.signalAll();
            lock.unlock();
        }
    }

    private void add(Message message) {
        if (isSilent) return;
        bytes += message.size() + OVERHEAD;
        items.add(message);
    }

    private void add(Event event) {
        isOpen |= event.type() == EventType.OPEN;
        if (event.type() == EventType.DRAIN) drained++;
        if (events >= MANY_EVENTS && event.type().value > EventType.TERMINATE.value) return;
        events++;
        items.add(event);
    }

    int size() {
        lock.lock();
        try {
            return items.size();
        } finally {
            lock.unlock();
        }
    }

    /** The next item, if one is there. */
    Object poll() {
        lock.lock();
        try {
            return taken();
        } finally {
            lock.unlock();
        }
    }

    /** The next item; null if the time is up; the end's exception if nothing more can come. */
    Object take(Duration timeout) throws InterruptedException {
        long left = nanos(timeout);
        lock.lockInterruptibly();
        try {
            while (true) {
                Object item = taken();
                if (item != null) return item;
                throwIfEnded();
                if (left <= 0) return null;
                left = await(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private Object taken() {
        Object item = items.poll();
        if (item instanceof Message) bytes -= ((Message) item).size() + OVERHEAD;
        else if (item != null) events--;
        if (isPaused && bytes <= MUCH / 2) {
            isPaused = false;
            Native.Function.PAUSE.call(ws.id(), 0);
        }
        return item;
    }

    /** Waits until the connection is open. */
    void awaitOpen() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!isOpen) {
                throwIfEnded();
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the connection has ended. */
    void awaitEnd() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (ending == null) changed.await();
        } finally {
            lock.unlock();
        }
    }

    int drained() {
        lock.lock();
        try {
            return drained;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there was room since `seen`, or the connection has ended. False: the time is up. */
    boolean awaitDrain(int seen, Duration timeout) throws InterruptedException {
        long left = nanos(timeout);
        lock.lockInterruptibly();
        try {
            while (drained == seen && ending == null) {
                if (left <= 0) return false;
                left = await(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Drops the messages, those that wait and those that may come. */
    void silence() {
        lock.lock();
        try {
            isSilent = true;
            bytes = 0;
            items.removeIf(item -> item instanceof Message);
        } finally {
            lock.unlock();
        }
    }

    Ending ending() {
        return ending;
    }

    void throwIfEnded() {
        Ending it = ending;
        if (it != null) throw it.exception();
    }

    private long await(long nanos) throws InterruptedException {
        if (nanos < Long.MAX_VALUE) return changed.awaitNanos(nanos);
        changed.await();
        return nanos;
    }

    private static long nanos(Duration timeout) {
        if (timeout == null) return Long.MAX_VALUE;
        try {
            return timeout.toNanos();
        } catch (ArithmeticException tooLong) {
            return Long.MAX_VALUE;
        }
    }
}
