package com.hostws;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A WebSocket connection. Its methods block, and may be called from every thread, platform or virtual. One thread of the
 * package brings the events of all connections, but whatever is yours is called on the thread that receives, runs or polls.
 *
 * <pre>{@code
 * try (WebSocket ws = WebSocket.connect("wss://quotes.example/stream")) {
 *     ws.send("subscribe");
 *     for (Message message : ws) System.out.println(message.text());
 * }
 * }</pre>
 */
public final class WebSocket extends Facts implements AutoCloseable, Iterable<Message> {
    /** The close code of RFC 6455. */
    private static final int MESSAGE_TOO_BIG = 1009;

    private final Inbox inbox = new Inbox(this);
    private final boolean isObject;
    private volatile Consumer<Event> onEvent = event -> {};
    // Of the pump's thread.
    private boolean wasOpen;
    private List<ConnectionError> errors = List.of();
    private Ending ending;
    private long lacked = -1;

    private WebSocket(String url, Options options) {
        isObject = options.isObject();
        long token = Pump.add(this);
        try (Scratch address = Scratch.of(url); Scratch json = Scratch.of(options.toJson(Pump.QUEUE));
             Scratch words = Scratch.ofSize(1024)) {
            int result = (int) Native.Function.OPEN_EX.call(address.address, json.address, token, words.address, 1024L);
            if (result < 0) throw HostwsException.of(result, Native.text(words.address));
            id = result;
        } catch (RuntimeException refused) {
            Pump.remove(token);
            throw refused;
        }
    }

    /**
     * Begins to open a connection, and returns at once.
     *
     * @param url ws:// or wss://
     * @param options how to open it
     * @return the connection, which is Connecting
     * @throws OptionException if the URL or an option is refused
     */
    public static WebSocket open(String url, Options options) {
        return new WebSocket(url, options);
    }

    /**
     * Opens a connection and waits until it is open.
     *
     * @param url ws:// or wss://
     * @return the connection
     * @throws OptionException if the URL is refused
     * @throws OpenException if it could not be opened
     * @throws InterruptedException if the thread is interrupted; the opening is given up
     */
    public static WebSocket connect(String url) throws InterruptedException {
        return connect(url, new Options());
    }

    /**
     * Opens a connection and waits until it is open.
     *
     * @param url ws:// or wss://
     * @param options how to open it
     * @return the connection
     * @throws OptionException if the URL or an option is refused
     * @throws OpenException if it could not be opened
     * @throws InterruptedException if the thread is interrupted; the opening is given up
     */
    public static WebSocket connect(String url, Options options) throws InterruptedException {
        WebSocket ws = new WebSocket(url, options);
        try {
            ws.inbox.awaitOpen();
            return ws;
        } catch (InterruptedException interrupted) {
            ws.abort();
            throw interrupted;
        }
    }

    /**
     * Waits for the next message.
     *
     * @return the message
     * @throws ConnectionClosedException if the connection has ended
     * @throws InterruptedException if the thread is interrupted; the connection lives on, and no message is lost
     */
    public Message receive() throws InterruptedException {
        return receive(null);
    }

    /**
     * Waits for the next message. Other events go to {@link #onEvent} meanwhile.
     *
     * @param timeout how long to wait; null: as long as it takes
     * @return the message
     * @throws HostwsTimeoutException if the time is up; the connection lives on
     * @throws ConnectionClosedException if the connection has ended
     * @throws InterruptedException if the thread is interrupted; the connection lives on, and no message is lost
     */
    public Message receive(Duration timeout) throws InterruptedException {
        long start = System.nanoTime();
        while (true) {
            Duration left = timeout == null ? null : timeout.minusNanos(System.nanoTime() - start);
            Object item = inbox.take(left);
            if (item == null) throw new HostwsTimeoutException("no message within " + timeout);
            if (item instanceof Message) return (Message) item;
            onEvent.accept((Event) item);
        }
    }

    /**
     * The messages until the connection ends cleanly. If it is lost, the iteration throws ConnectionClosedException; if the
     * thread is interrupted, HostwsException, and the thread stays interrupted.
     */
    @Override
    public Iterator<Message> iterator() {
        return new Iterator<Message>() {
            private Message next;

            @Override
            public boolean hasNext() {
                if (next != null) return true;
                try {
                    next = receive();
                } catch (ConnectionClosedException end) {
                    if (!inbox.ending().isClean()) throw end;
                } catch (InterruptedException interrupted) {
                    throw interrupted("receiving");
                }
                return next != null;
            }

            @Override
            public Message next() {
                if (!hasNext()) throw new NoSuchElementException();
                Message message = next;
                next = null;
                return message;
            }
        };
    }

    /**
     * Says who gets the events that are no messages, while a thread receives.
     *
     * @param consumer called on the thread that receives
     */
    public void onEvent(Consumer<Event> consumer) {
        onEvent = Objects.requireNonNull(consumer, "the consumer");
    }

    /**
     * Calls a listener for everything that happens, on this thread, until the connection has ended.
     *
     * @param listener what to call. If it throws, the call ends; the next one goes on after that event
     * @throws InterruptedException if the thread is interrupted; the connection lives on, and nothing is lost
     */
    public void run(Listener listener) throws InterruptedException {
        Object item;
        do {
            try {
                item = inbox.take(null);
            } catch (HostwsException over) {
                return; // its end was told before
            }
        } while (!tell(listener, item));
    }

    /**
     * Calls a listener for what has come, on this thread, and returns at once. For a program with a loop of its own.
     *
     * @param listener what to call. If it throws, the call ends; the next one goes on after that event
     * @return how many calls were made
     */
    public int poll(Listener listener) {
        return poll(listener, Integer.MAX_VALUE);
    }

    /**
     * Calls a listener for some of what has come, as {@link #poll(Listener)}.
     *
     * @param listener what to call
     * @param maxEvents how many calls to make at most
     * @return how many calls were made
     */
    public int poll(Listener listener, int maxEvents) {
        // What comes meanwhile is for the next call.
        int most = Math.min(maxEvents, inbox.size());
        int count = 0;
        for (Object item; count < most && (item = inbox.poll()) != null; count++) tell(listener, item);
        return count;
    }

    /** True if it was the last event. */
    private boolean tell(Listener listener, Object item) {
        if (item instanceof Message) {
            listener.onMessage(this, (Message) item);
            return false;
        }
        Event event = (Event) item;
        switch (event.type()) {
            case OPEN:
                listener.onOpen(this);
                return false;
            case ERROR:
                listener.onError(this, event);
                return false;
            case TERMINATE:
                listener.onTerminate(this, event);
                return true;
            default:
                listener.onEvent(this, event);
                return false;
        }
    }

    /**
     * Sends a text message, or JSON with {@link Options#dataType} OBJECT. Waits only while the send queue is full; then it
     * throws HostwsException if the thread is interrupted, which it stays.
     *
     * @param text the message
     * @throws OptionException if the message cannot be sent
     * @throws ConnectionClosedException if the connection has ended
     */
    public void send(String text) {
        send(ByteBuffer.wrap(Scratch.utf8(text)), DataType.TEXT, null);
    }

    /**
     * Sends a binary message, as {@link #send(String)}.
     *
     * @param data the message
     */
    public void send(byte[] data) {
        send(ByteBuffer.wrap(data), DataType.BLOB, null);
    }

    /**
     * Sends a message as it came, as {@link #send(String)}.
     *
     * @param message the message
     */
    public void send(Message message) {
        send(ByteBuffer.wrap(message.data()), message.type(), null);
    }

    /**
     * Sends a text message, and waits for a limited time while the send queue is full.
     *
     * @param text the message
     * @param timeout how long to wait; {@link Duration#ZERO} never waits
     * @throws HostwsTimeoutException if there was no room for so long; the message is not sent
     */
    public void send(String text, Duration timeout) {
        send(ByteBuffer.wrap(Scratch.utf8(text)), DataType.TEXT, timeout);
    }

    /**
     * Sends a binary message, and waits for a limited time while the send queue is full.
     *
     * @param data the remaining bytes are the message
     * @param timeout how long to wait; {@link Duration#ZERO} never waits; null waits as long as it takes
     * @throws HostwsTimeoutException if there was no room for so long; the message is not sent
     */
    public void send(ByteBuffer data, Duration timeout) {
        send(data.duplicate(), DataType.BLOB, timeout);
    }

    private void send(ByteBuffer data, DataType type, Duration timeout) {
        long start = System.nanoTime();
        int length = data.remaining();
        int kind = isObject ? DataType.OBJECT.value : type.value;
        try (Scratch scratch = Scratch.of(data)) {
            while (true) {
                inbox.throwIfEnded();
                int drained = inbox.drained();
                int result = Native.send(id, scratch.address, length, kind);
                if (result != ErrorCode.AGAIN) {
                    check(result);
                    return;
                }
                Duration left = timeout == null ? null : timeout.minusNanos(System.nanoTime() - start);
                if (!inbox.awaitDrain(drained, left)) throw new HostwsTimeoutException("the send queue was full for " + timeout);
            }
        } catch (InterruptedException interrupted) {
            throw interrupted("sending");
        }
    }

    /** Closes with 1000: what was sent leaves, and the server answers. Returns when that is over. */
    @Override
    public void close() {
        if (inbox.ending() == null) close(1000, "");
    }

    /**
     * Closes: what was sent leaves, and the server answers. Returns when that is over, or at once if the thread is
     * interrupted.
     *
     * @param code 1000, or 3000 to 4999
     * @param reason at most 123 bytes of UTF-8
     * @throws OptionException if the code or the reason is refused
     */
    public void close(int code, String reason) {
        try (Scratch words = Scratch.of(reason)) {
            long result = Native.Function.TERMINATE.call(id, code, words.address);
            if (result != ErrorCode.CLOSED) check(result);
        }
        inbox.silence();
        try {
            inbox.awaitEnd();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Drops the connection, and what waits to be sent. The end follows, with 1006. */
    public void abort() {
        inbox.silence();
        Native.abort(id);
    }

    /**
     * Sends a ping. The answer comes as PONG.
     *
     * @param data at most 125 bytes
     */
    public void ping(byte[] data) {
        try (Scratch scratch = Scratch.of(ByteBuffer.wrap(data))) {
            check(Native.Function.PING.call(id, scratch.address, data.length));
        }
    }

    /**
     * Sets a header for the next attempts of a connection with {@link Options#reconnectMax}.
     *
     * @param name the name
     * @param value the value; null removes the header
     */
    public void setHeader(String name, String value) {
        try (Scratch n = Scratch.of(name); Scratch v = Scratch.of(value == null ? "" : value)) {
            check(Native.Function.SET_HEADER.call(id, n.address, value == null ? 0 : v.address));
        }
    }

    /**
     * Sets the URL for the next attempts of a connection with {@link Options#reconnectMax}.
     *
     * @param url as in {@link #connect(String)}
     */
    public void setUrl(String url) {
        try (Scratch scratch = Scratch.of(url)) {
            check(Native.Function.SET_URL.call(id, scratch.address));
        }
    }

    /**
     * Answers an event ASK.
     *
     * @param question the event's code; its data are the facts
     * @param value what {@link Question} describes
     */
    public void answer(int question, String value) {
        try (Scratch scratch = Scratch.of(value)) {
            check(Native.Function.ANSWER.call(id, question, scratch.address, (long) scratch.buffer.position() - 1));
        }
    }

    /** Keeps what an event says of the connection, and adds it to those that the program gets. */
    void keep(Event event, List<Object> items) {
        if (event.type() == EventType.OPEN) wasOpen = true;
        if (event.type() == EventType.ERROR) errors = event.errors();
        if (event.type() == EventType.TERMINATE) {
            if (hasFailed()) {
                String words = "there is no memory for a message" + (lacked > 0 ? " of " + lacked + " bytes" : "");
                errors = List.of(new ConnectionError(ErrorCode.RESOURCES, "ws", words));
                items.add(new Event(EventType.ERROR, 0, errors));
                event = new Event(EventType.TERMINATE, MESSAGE_TOO_BIG, List.of());
            }
            keepFacts();
            int status = (int) Native.Function.RESPONSE_STATUS.call(id);
            ending = wasOpen ? new Ending(event, errors)
                : new Ending(event, errors, status, responseHeaders(), Native.Function.RESPONSE_BODY.get(id));
        }
        items.add(event);
    }

    /** There is no memory for a message of so many bytes, or not even for its place: the connection ends, as in the library. */
    void fail(long bytes) {
        lacked = bytes;
        Native.abort(id);
    }

    boolean hasFailed() {
        return lacked >= 0;
    }

    /** Gives what has come to the thread that waits for it. */
    void deliver(List<Object> items) {
        inbox.add(items, ending);
    }

    private void check(long result) {
        if (result >= 0) return;
        String words = Native.lastWords();
        if (result == ErrorCode.CLOSED) {
            inbox.throwIfEnded();
            throw new ConnectionClosedException(1006, words, false, List.of());
        }
        throw HostwsException.of((int) result, words);
    }

    private static HostwsException interrupted(String what) {
        Thread.currentThread().interrupt();
        return new HostwsException("the thread was interrupted while it was " + what, ErrorCode.TIMEOUT);
    }
}
