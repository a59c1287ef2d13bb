package com.hostws;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;

/** Memory outside the heap for the arguments of one call. It is used again: the JVM gives it back late. */
final class Scratch implements AutoCloseable {
    private static final int SMALL = 64 * 1024;
    private static final int LARGE = 4 * 1024 * 1024;
    private static final ArrayBlockingQueue<Scratch> SMALL_ONES = new ArrayBlockingQueue<>(16);
    private static final ArrayBlockingQueue<Scratch> LARGE_ONES = new ArrayBlockingQueue<>(2);

    final ByteBuffer buffer;
    final long address;

    private Scratch(int size) {
        buffer = ByteBuffer.allocateDirect(size);
        address = Native.address(buffer);
    }

    static Scratch ofSize(int size) {
        if (size > LARGE) return new Scratch(size);
        Scratch used = (size > SMALL ? LARGE_ONES : SMALL_ONES).poll();
        if (used == null) return new Scratch(size > SMALL ? LARGE : SMALL);
        used.buffer.clear();
        return used;
    }

    static Scratch of(ByteBuffer bytes) {
        Scratch scratch = ofSize(Math.max(1, bytes.remaining()));
        scratch.buffer.put(bytes);
        return scratch;
    }

    /** A text with a NUL at its end. */
    static Scratch of(String text) {
        Objects.requireNonNull(text, "a text is null");
        if (text.indexOf('\0') >= 0) throw new OptionException("a NUL character is in the text", ErrorCode.ARGUMENT);
        byte[] bytes = utf8(text);
        Scratch scratch = ofSize(bytes.length + 1);
        scratch.buffer.put(bytes).put((byte) 0);
        return scratch;
    }

    /** Unpaired surrogates are refused, and not made question marks. */
    static byte[] utf8(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) continue;
            if (Character.isLowSurrogate(c) || ++i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                throw new OptionException("the text has an unpaired surrogate", ErrorCode.UTF8);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        if (buffer.capacity() == SMALL) SMALL_ONES.offer(this);
        else if (buffer.capacity() == LARGE) LARGE_ONES.offer(this);
    }
}
