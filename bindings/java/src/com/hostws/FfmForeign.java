package com.hostws;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The Foreign Function and Memory API of JDK 22 and later (JEP 454). By reflection, so that the class also compiles with
 * and loads in an older JDK; what is called often is a method handle, which costs no more than a call.
 */
final class FfmForeign implements Foreign {
    private final Class<?> descriptor = Class.forName("java.lang.foreign.FunctionDescriptor");
    private final Class<?> layout = Class.forName("java.lang.foreign.MemoryLayout");
    private final Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
    private final Class<?> option = Class.forName("java.lang.foreign.Linker$Option");
    private final Class<?> valueLayout = Class.forName("java.lang.foreign.ValueLayout");
    private final Class<?> linkerClass = Class.forName("java.lang.foreign.Linker");
    private final Class<?> lookupClass = Class.forName("java.lang.foreign.SymbolLookup");
    private final Object linker = linkerClass.getMethod("nativeLinker").invoke(null);
    private final Object symbols;
    private final MethodHandle copy;

    FfmForeign(Path library) throws ReflectiveOperationException {
        Class<?> arena = Class.forName("java.lang.foreign.Arena");
        symbols = lookupClass.getMethod("libraryLookup", Path.class, arena)
            .invoke(null, library, arena.getMethod("global").invoke(null));
        // All memory is one segment, in which an address is an offset.
        Object everything = segment.getMethod("reinterpret", long.class)
            .invoke(segment.getField("NULL").get(null), Long.MAX_VALUE);
        MethodType type = MethodType.methodType(void.class, segment, valueLayout, long.class, Object.class, int.class, int.class);
        copy = MethodHandles.insertArguments(MethodHandles.publicLookup().findStatic(segment, "copy", type), 0, everything,
            valueLayout.getField("JAVA_BYTE").get(null));
    }

    @Override
    public MethodHandle function(String name, MethodType type) throws ReflectiveOperationException {
        Optional<?> address = (Optional<?>) lookupClass.getMethod("find", String.class).invoke(symbols, name);
        Object layouts = Array.newInstance(layout, type.parameterCount());
        for (int i = 0; i < type.parameterCount(); i++) Array.set(layouts, i, layout(type.parameterType(i)));
        Object signature = descriptor.getMethod("of", layout, layouts.getClass())
            .invoke(null, layout(type.returnType()), layouts);
        Object options = Array.newInstance(option, 0);
        return (MethodHandle) linkerClass.getMethod("downcallHandle", segment, descriptor, options.getClass())
            .invoke(linker, address.orElseThrow(() -> new UnsatisfiedLinkError(name)), signature, options);
    }

    private Object layout(Class<?> type) throws ReflectiveOperationException {
        return valueLayout.getField(type == int.class ? "JAVA_INT" : "JAVA_LONG").get(null);
    }

    @Override
    public byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        try {
            if (length > 0) copy.invokeExact(address, (Object) bytes, 0, length);
        } catch (Throwable error) {
            throw new AssertionError(error);
        }
        return bytes;
    }

    @Override
    public long address(ByteBuffer buffer) {
        try {
            Object whole = segment.getMethod("ofBuffer", java.nio.Buffer.class).invoke(null, buffer);
            return (long) segment.getMethod("address").invoke(whole);
        } catch (ReflectiveOperationException error) {
            throw new AssertionError(error);
        }
    }
}
