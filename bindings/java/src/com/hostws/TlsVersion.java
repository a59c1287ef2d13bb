// Written by bindings/generate.py; do not edit.

package com.hostws;

/** A version of TLS. */
public enum TlsVersion {
    /** {@code tls_min_version}: TLS 1.0. */
    TLS_1_0(10),
    /** {@code tls_min_version}: TLS 1.1. */
    TLS_1_1(11),
    /** {@code tls_min_version}: TLS 1.2, the default. */
    TLS_1_2(12),
    /** {@code tls_min_version}: TLS 1.3. */
    TLS_1_3(13);

    final int value;

    TlsVersion(int value) {
        this.value = value;
    }

    static TlsVersion of(int value) {
        for (TlsVersion it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
