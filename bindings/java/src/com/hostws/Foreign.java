package com.hostws;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Foreign functions and memory: by the JDK itself from 22 on, by JNA before. Addresses are longs. */
interface Foreign {
    /** The function of that name, whose parameters are ints and longs. */
    MethodHandle function(String name, MethodType type) throws ReflectiveOperationException;

    /** Copies bytes from an address. */
    byte[] bytes(long address, int length);

    /** The address of a direct buffer. */
    long address(ByteBuffer buffer);

    /** The one that this JVM has. The system property hostws.foreign, "ffm" or "jna", decides otherwise. */
    static Foreign load(Path library) throws ReflectiveOperationException {
        String wanted = System.getProperty("hostws.foreign");
        if (wanted == null) wanted = Runtime.version().feature() >= 22 ? "ffm" : "jna";
        switch (wanted) {
            case "ffm":
                return new FfmForeign(library);
            case "jna":
                try {
                    return new JnaForeign(library);
                } catch (NoClassDefFoundError missing) {
                    throw new UnsatisfiedLinkError("before JDK 22 hostws needs JNA (net.java.dev.jna:jna) in the class path");
                }
            default:
                throw new IllegalArgumentException("hostws.foreign is \"" + wanted + "\"; it is ffm or jna");
        }
    }
}
