// Written by bindings/generate.py; do not edit.

package com.hostws;

/** What is checked of a server's certificate. */
public enum TlsVerify {
    /** {@code tls_verify}: the certificate's chain, dates and name are checked. The default. */
    FULL(0),
    /** {@code tls_verify}: the chain and dates are checked, the name is not. */
    NO_HOSTNAME(1),
    /** {@code tls_verify}: nothing is checked. Anybody on the way can read and change the traffic. */
    NONE(-1);

    final int value;

    TlsVerify(int value) {
        this.value = value;
    }

    static TlsVerify of(int value) {
        for (TlsVerify it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
