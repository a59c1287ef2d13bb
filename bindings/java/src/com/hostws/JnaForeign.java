package com.hostws;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** JNA, for a JDK before 22. */
final class JnaForeign implements Foreign {
    JnaForeign(Path library) {
        if (Native.POINTER_SIZE != 8) throw new UnsatisfiedLinkError("hostws needs a 64-bit JVM");
        Native.register(Functions.class, NativeLibrary.getInstance(library.toString()));
    }

    @Override
    public MethodHandle function(String name, MethodType type) throws ReflectiveOperationException {
        return MethodHandles.lookup().findStatic(Functions.class, name, type);
    }

    @Override
    public byte[] bytes(long address, int length) {
        return length == 0 ? new byte[0] : new Pointer(address).getByteArray(0, length);
    }

    @Override
    public long address(ByteBuffer buffer) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
    }

    /** JNA maps native methods by their names and types. */
    static final class Functions {
        static native int ws_open_ex(long url, long options, long userData, long words, long size);
        static native int ws_send(int ws, long data, long length, int dataType);
        static native int ws_ping(int ws, long data, int length);
        static native int ws_pause(int ws, int paused);
        static native int ws_answer(int ws, int question, long value, long length);
        static native int ws_terminate(int ws, int code, long reason);
        static native int ws_abort(int ws);
        static native int ws_status(int ws);
        static native long ws_buffered_amount(int ws);
        static native int ws_set_header(int ws, long name, long value);
        static native int ws_set_url(int ws, long url);
        static native long ws_url(int ws, long buffer, long size);
        static native long ws_subprotocol(int ws, long buffer, long size);
        static native long ws_explain(int ws, long buffer, long size);
        static native int ws_response_status(int ws);
        static native long ws_response_header_at(int ws, int index, long name, long nameSize, long value, long valueSize);
        static native long ws_response_body(int ws, long buffer, long size);
        static native int ws_next_batch(int queue, long events, int capacity, int timeout);
        static native int ws_queue_new();
        static native int ws_network_changed();
        static native int ws_shutdown(int timeout);
        static native long ws_metrics(long buffer, long size);
        static native long ws_last_error_message();
        static native long ws_version();
        static native long ws_build_info();

        private Functions() {}
    }
}
