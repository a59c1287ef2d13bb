// Written by bindings/generate.py; do not edit.

using System;
using System.Runtime.InteropServices;

namespace Hostws {
    /// <summary>What went wrong.</summary>
    public enum ErrorCode {
        /// <summary>Success.</summary>
        Ok = 0,
        /// <summary>An argument is NULL, negative or out of range.</summary>
        Argument = -1,
        /// <summary>The URL is not a valid WebSocket URL.</summary>
        Url = -2,
        /// <summary>An option is unknown, of the wrong type or out of range.</summary>
        Option = -3,
        /// <summary>
        /// A struct's `struct_size` is wrong, or the struct asks for something unknown to this library.
        /// </summary>
        Struct = -4,
        /// <summary>There is no such queue, or no connection ever had this id.</summary>
        NoSuchId = -5,
        /// <summary>The connection is Closing or Closed.</summary>
        Closed = -6,
        /// <summary>
        /// The send queue is full. Nothing was queued; a DRAIN event follows when there is room.
        /// </summary>
        Again = -7,
        /// <summary>The message is larger than the send queue can ever hold.</summary>
        TooBig = -8,
        /// <summary>The bytes are not UTF-8.</summary>
        Utf8 = -9,
        /// <summary>The bytes are not a JSON object or array.</summary>
        Json = -10,
        /// <summary>The time is up, or ws_wake() or a signal handler ended the wait.</summary>
        Timeout = -11,
        /// <summary>No connection is left that could get an event.</summary>
        Idle = -12,
        /// <summary>
        /// Another thread is polling this queue, or a message sent in fragments is not complete.
        /// </summary>
        Busy = -13,
        /// <summary>
        /// This thread may not make this call: see "Threads" in the function's documentation.
        /// </summary>
        WrongThread = -14,
        /// <summary>The call is not allowed inside this callback.</summary>
        Reentrant = -15,
        /// <summary>This process is a forked child and has not called ws_shutdown() yet.</summary>
        Forked = -16,
        /// <summary>Another thread is inside ws_shutdown().</summary>
        Shutdown = -17,
        /// <summary>
        /// Memory, threads or file descriptors ran out. A connection fails with this code (1009) if there is no memory
        /// for its messages.
        /// </summary>
        Resources = -18,
        /// <summary>A bug in this library. Please report it with ws_last_error_message().</summary>
        Internal = -19,
        /// <summary>There is nothing with that name.</summary>
        NotFound = -20,
        /// <summary>In events: the name could not be resolved.</summary>
        Dns = -21,
        /// <summary>In events: no TCP connection could be made.</summary>
        Tcp = -22,
        /// <summary>In events: the TLS handshake failed or the certificate is not trusted.</summary>
        Tls = -23,
        /// <summary>
        /// In events: the server's answer to the upgrade request is not what RFC 6455 requires.
        /// </summary>
        Http = -24,
        /// <summary>In events: the server broke the WebSocket protocol.</summary>
        Protocol = -25,
        /// <summary>In events: the connection could not be opened; the cause follows.</summary>
        Open = -26,
        /// <summary>
        /// In events: the connection was lost; if an error of TCP or TLS is the cause, it follows. From ws_send_ex():
        /// the fragments sent so far of this message were lost with the connection.
        /// </summary>
        Lost = -27,
        /// <summary>In causes: the proxy could not be reached, refused, or broke its protocol.</summary>
        Proxy = -28,
    }

    /// <summary>How far a connection is.</summary>
    public enum ConnectionStatus {
        /// <summary>
        /// Status: opening. The name is being resolved, the connection made, or the upgrade awaited.
        /// </summary>
        Connecting = 0,
        /// <summary>Status: open. Messages can be sent and received.</summary>
        Connected = 1,
        /// <summary>Status: the closing handshake has begun.</summary>
        Closing = 2,
        /// <summary>Status: closed. The id is never reused.</summary>
        Closed = 3,
    }

    /// <summary>What a message is.</summary>
    public enum DataType {
        /// <summary>Data type: UTF-8 text. The default (0) of a new connection.</summary>
        Text = 1,
        /// <summary>Data type: bytes.</summary>
        Blob = 2,
        /// <summary>Data type: the text of a JSON object or array.</summary>
        Object = 3,
    }

    /// <summary>What happened.</summary>
    public enum EventType {
        /// <summary>Event: the connection is open. Once, before any MESSAGE.</summary>
        Open = 1,
        /// <summary>Event: a message arrived; `data`, `length`, `data_type`.</summary>
        Message = 2,
        /// <summary>Event: an error ended the connection; `errors`, `error_count`. At most once.</summary>
        Error = 3,
        /// <summary>
        /// Event: the connection has ended; `code`, `reason`, `was_clean`. Always, last, once.
        /// </summary>
        Terminate = 4,
        /// <summary>
        /// Event: after HOSTWS_E_AGAIN, the send queue is at most half full and has room for the message that was
        /// refused. If an older DRAIN waits to be delivered and no message came after it, the new one replaces it.
        /// </summary>
        Drain = 5,
        /// <summary>
        /// Event: the answer to ws_ping(); `data`, `length`, `round_trip_us`. At most 64 wait to be delivered;
        /// ws_ping() returns HOSTWS_E_AGAIN until you have taken some.
        /// </summary>
        Pong = 6,
        /// <summary>
        /// Event: a problem that does not end the connection; `errors`, `error_count`. May come before OPEN. At most 16
        /// wait for each connection; any more go to the log only.
        /// </summary>
        Warning = 7,
        /// <summary>
        /// Event: the connection was lost or could not be opened, and will be tried again, as `reconnect_max` allows.
        /// `errors` and `error_count` say why, `code` is the number of the attempt in a row, `delay_ms` is the time
        /// until the attempt. May come before OPEN. If an older RECONNECTING still waits to be delivered and no message
        /// came after it, the new one replaces it and the RECONNECTED that followed it.
        /// </summary>
        Reconnecting = 8,
        /// <summary>Event: the connection is open again; `code` is the number of the attempt.</summary>
        Reconnected = 9,
        /// <summary>
        /// Event: the library asks you to decide something, and waits for ws_answer(), which describes the answers.
        /// Only with the option `ask`. `code` is the number of the question, `flags` is what it is about, a HOSTWS_ASK_
        /// constant. `data` is a JSON object with the facts, which the constant describes; its `ask` and `question`
        /// repeat `flags` as a name ("certificate", "credentials" or "reconnect") and `code`. May come before OPEN. A
        /// connection asks one question at a time; if an older ASK still waits to be delivered, the new ASK replaces
        /// it.
        /// </summary>
        Ask = 10,
        /// <summary>
        /// Event: the operating system has taken the last byte of a message that was sent with HOSTWS_NOTIFY; `code` is
        /// the number of the message.
        /// </summary>
        Sent = 11,
        /// <summary>
        /// Event: a message was dropped, because it had not begun to leave after `message_ttl_ms`; `code` is the number
        /// of the message.
        /// </summary>
        Expired = 12,
    }

    /// <summary>What the library may ask; a sum in the option Ask.</summary>
    [Flags]
    public enum Question {
        /// <summary>
        /// `ask`, and an ASK event's `flags`: whether to accept the server's certificate. Asked in each TLS handshake
        /// with a server, but not with a proxy, before anything else is sent. Asked even if the certificate is in
        /// order, but never if `tls_verify` is HOSTWS_TLS_VERIFY_NONE. Facts: `origin`, as "wss://host:port"; `name`,
        /// which the certificate should have; `faults`, an array, empty if the certificate is in order: each has
        /// OpenSSL's `code` and `message`, and the `depth` of the certificate in the chain (0 is the server's own);
        /// `chain`, the certificates as they were sent, the server's own first, each with `subject`, `issuer`, `names`
        /// (an array), `not_before` and `not_after` (seconds since 1970), `sha256` of the certificate in hexadecimal,
        /// `pin` of its key as in `tls_pins`, and `der` in Base64. The event's `errors` describe the first fault. Only
        /// where TLS is OpenSSL; elsewhere (Windows, macOS) ws_new() returns HOSTWS_E_OPTION.
        /// </summary>
        Certificate = 1,
        /// <summary>
        /// `ask`, and an ASK event's `flags`: how to authenticate. Asked when the server (401) or the proxy (407)
        /// requires it, and the user and password of the URL or of `proxy` are missing or not accepted. Facts:
        /// `origin`, the server or proxy without credentials, as "ws://host:port"; `proxy`, true for the proxy;
        /// `status`; `challenges`, an array of the WWW-Authenticate or Proxy-Authenticate headers as they were sent;
        /// `method` and `target` of the request that will carry your answer; `round`, the number of the challenge in
        /// this opening, from 1.
        /// </summary>
        Credentials = 2,
        /// <summary>
        /// `ask`, and an ASK event's `flags`: whether to try again. Asked when the connection was lost or could not be
        /// opened, and `reconnect_max` allows another attempt. Facts: `attempt`, its number in a row; `delay_ms`, the
        /// delay before it. The event's `errors` say why, and `delay_ms` repeats the delay. RECONNECTING follows if
        /// there is another attempt.
        /// </summary>
        Reconnect = 4,
    }

    /// <summary>What is checked of a server's certificate.</summary>
    public enum TlsVerify {
        /// <summary>`tls_verify`: the certificate's chain, dates and name are checked. The default.</summary>
        Full = 0,
        /// <summary>`tls_verify`: the chain and dates are checked, the name is not.</summary>
        NoHostname = 1,
        /// <summary>
        /// `tls_verify`: nothing is checked. Anybody on the way can read and change the traffic.
        /// </summary>
        None = -1,
    }

    /// <summary>A version of TLS.</summary>
    public enum TlsVersion {
        /// <summary>`tls_min_version`: TLS 1.0.</summary>
        Tls10 = 10,
        /// <summary>`tls_min_version`: TLS 1.1.</summary>
        Tls11 = 11,
        /// <summary>`tls_min_version`: TLS 1.2, the default.</summary>
        Tls12 = 12,
        /// <summary>`tls_min_version`: TLS 1.3.</summary>
        Tls13 = 13,
    }

    /// <summary>Which addresses to use.</summary>
    public enum IpFamily {
        /// <summary>`ip_family`: IPv4 and IPv6. The default.</summary>
        Any = 0,
        /// <summary>`ip_family`: IPv4 only.</summary>
        V4 = 4,
        /// <summary>`ip_family`: IPv6 only.</summary>
        V6 = 6,
    }

    /// <summary>Which ends lead to another attempt.</summary>
    public enum ReconnectOn {
        /// <summary>
        /// `reconnect_on`: failures that may pass by themselves; `reconnect_max` lists them. The default.
        /// </summary>
        Lost = 0,
        /// <summary>`reconnect_on`: every end that your program did not ask for.</summary>
        Any = 1,
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeError {
        public int Code;
        public byte* Message;
        public byte* Component;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeEvent {
        public uint StructSize;
        public int Type;
        public int Ws;
        public int DataType;
        public byte* Data;
        public long Length;
        public NativeError* Errors;
        public int ErrorCount;
        public int Code;
        public byte* Reason;
        public int WasClean;
        public uint Flags;
        public ulong TimeUs;
        public void* UserData;
        public ulong RoundTripUs;
        public long DelayMs;
    }
}
