// Written by bindings/generate.py; do not edit.

package com.hostws;

/** What the library may ask. */
public enum Question {
    /**
     * {@code ask}, and an ASK event's {@code flags}: whether to accept the server's certificate. Asked in each TLS
     * handshake with a server, but not with a proxy, before anything else is sent. Asked even if the certificate is in
     * order, but never if {@code tls_verify} is HOSTWS_TLS_VERIFY_NONE. Facts: {@code origin}, as "wss://host:port";
     * {@code name}, which the certificate should have; {@code faults}, an array, empty if the certificate is in order:
     * each has OpenSSL's {@code code} and {@code message}, and the {@code depth} of the certificate in the chain (0 is
     * the server's own); {@code chain}, the certificates as they were sent, the server's own first, each with {@code
     * subject}, {@code issuer}, {@code names} (an array), {@code not_before} and {@code not_after} (seconds since
     * 1970), {@code sha256} of the certificate in hexadecimal, {@code pin} of its key as in {@code tls_pins}, and
     * {@code der} in Base64. The event's {@code errors} describe the first fault. Only where TLS is OpenSSL; elsewhere
     * (Windows, macOS) ws_new() returns HOSTWS_E_OPTION.
     */
    CERTIFICATE(1),
    /**
     * {@code ask}, and an ASK event's {@code flags}: how to authenticate. Asked when the server (401) or the proxy
     * (407) requires it, and the user and password of the URL or of {@code proxy} are missing or not accepted. Facts:
     * {@code origin}, the server or proxy without credentials, as "ws://host:port"; {@code proxy}, true for the proxy;
     * {@code status}; {@code challenges}, an array of the WWW-Authenticate or Proxy-Authenticate headers as they were
     * sent; {@code method} and {@code target} of the request that will carry your answer; {@code round}, the number of
     * the challenge in this opening, from 1.
     */
    CREDENTIALS(2),
    /**
     * {@code ask}, and an ASK event's {@code flags}: whether to try again. Asked when the connection was lost or could
     * not be opened, and {@code reconnect_max} allows another attempt. Facts: {@code attempt}, its number in a row;
     * {@code delay_ms}, the delay before it. The event's {@code errors} say why, and {@code delay_ms} repeats the
     * delay. RECONNECTING follows if there is another attempt.
     */
    RECONNECT(4);

    final int value;

    Question(int value) {
        this.value = value;
    }

    static Question of(int value) {
        for (Question it : values()) {
            if (it.value == value) return it;
        }
        return null;
    }
}
