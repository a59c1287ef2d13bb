// Written by bindings/generate.py; do not edit.

package com.hostws;

/** Which addresses to use. */
public enum IpFamily {
    /** {@code ip_family}: IPv4 and IPv6. The default. */
    ANY(0),
    /** {@code ip_family}: IPv4 only. */
    V4(4),
    /** {@code ip_family}: IPv6 only. */
    V6(6);

    final int value;

    IpFamily(int value) {
        this.value = value;
    }

    static IpFamily of(int value) {
        for (IpFamily it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
