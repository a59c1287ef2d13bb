// Written by bindings/generate.py; do not edit.

namespace Hostws {
    public sealed partial class HostWebSocketOptions {
        /// <summary>
        /// HOSTWS_TLS_VERIFY_FULL (0), _NO_HOSTNAME or _NONE. The latter two log a warning and cause a WARNING event.
        /// </summary>
        public TlsVerify? TlsVerify {
            get { return (TlsVerify?)this["tls_verify"]; }
            set { this["tls_verify"] = value; }
        }

        /// <summary>Subprotocols to offer, the preferred one first: "a,b" (RFC 6455 1.9).</summary>
        public string Subprotocols {
            get { return (string)this["subprotocols"]; }
            set { this["subprotocols"] = value; }
        }

        /// <summary>
        /// Certificate authorities to trust in addition to the system's, or instead of them with `tls_ca_only`. PEM
        /// text, or "@" and the path of a PEM file, which is read when the connection opens. Relative paths, here and
        /// in `tls_cert` and `tls_key`, start at the working directory during ws_new(). The system's authorities are
        /// read again once a day, after ws_shutdown(), and if they could not be read.
        /// </summary>
        public string TlsCa {
            get { return (string)this["tls_ca"]; }
            set { this["tls_ca"] = value; }
        }

        /// <summary>The name to send (SNI) and to expect in the certificate; NULL: the URL's host.</summary>
        public string TlsServerName {
            get { return (string)this["tls_server_name"]; }
            set { this["tls_server_name"] = value; }
        }

        /// <summary>
        /// The oldest TLS version to accept, also with an https:// proxy: HOSTWS_TLS_1_0 to HOSTWS_TLS_1_3; 0: 1.2.
        /// Windows: 1.3 needs Windows 11 or Windows Server 2022; before, the opening fails.
        /// </summary>
        public TlsVersion? TlsMinVersion {
            get { return (TlsVersion?)this["tls_min_version"]; }
            set { this["tls_min_version"] = value; }
        }

        /// <summary>
        /// The time limit of the whole opening, from DNS to the upgrade; 0: 30,000; -1: no limit.
        /// </summary>
        public int? OpenTimeoutMs {
            get { return (int?)this["open_timeout_ms"]; }
            set { this["open_timeout_ms"] = value; }
        }

        /// <summary>The time limit of the closing handshake; 0: 5,000.</summary>
        public int? CloseTimeoutMs {
            get { return (int?)this["close_timeout_ms"]; }
            set { this["close_timeout_ms"] = value; }
        }

        /// <summary>
        /// A ping is sent after this much silence; 0: 30,000; -1: never. A random part of the time, up to a quarter, is
        /// left out, so that clients which all received the same message do not all ping together.
        /// </summary>
        public int? PingIntervalMs {
            get { return (int?)this["ping_interval_ms"]; }
            set { this["ping_interval_ms"] = value; }
        }

        /// <summary>
        /// The connection is lost after this much silence following the ping; 0: 30,000; -1: never. The time starts
        /// when everything sent before the ping has left, or when no more of it leaves. When the machine wakes up from
        /// a sleep of 5 seconds or more, a ping is sent at once (on Linux; elsewhere when the next one is due) and the
        /// limit is at most 5,000.
        /// </summary>
        public int? PingTimeoutMs {
            get { return (int?)this["ping_timeout_ms"]; }
            set { this["ping_timeout_ms"] = value; }
        }

        /// <summary>
        /// The connection is lost (1006) if data waits to be sent and the server takes none of it for this long; 0:
        /// 30,000; -1: no limit. The clock stops while the library reads nothing because your receive queue is full.
        /// During the closing handshake, `close_timeout_ms` applies instead.
        /// </summary>
        public int? WriteTimeoutMs {
            get { return (int?)this["write_timeout_ms"]; }
            set { this["write_timeout_ms"] = value; }
        }

        /// <summary>
        /// The largest message to accept, in bytes; 0: 64 MiB; -1: no limit. A larger message fails the connection
        /// (1009).
        /// </summary>
        public long? MaxMessage {
            get { return (long?)this["max_message"]; }
            set { this["max_message"] = value; }
        }

        /// <summary>
        /// The number of bytes, as framed, that may wait to be sent; -1: no limit. 0: 16 MiB, and while nothing else
        /// waits, one message of up to `max_message` bytes, so that you can send back what you received. A message to
        /// be compressed must fit with its uncompressed length. With `reconnect_max`, it counts with its uncompressed
        /// length as long as any of it waits, because it may have to be sent again; so does a message that has partly
        /// left.
        /// </summary>
        public long? SendQueueMax {
            get { return (long?)this["send_queue_max"]; }
            set { this["send_queue_max"] = value; }
        }

        /// <summary>
        /// The number of bytes of messages that may wait for you, with at least 64 bytes of overhead for each message;
        /// 0: 16 MiB; -1: no limit. Above the limit the library stops reading from that server; nothing is dropped.
        /// </summary>
        public long? ReceiveQueueMax {
            get { return (long?)this["receive_queue_max"]; }
            set { this["receive_queue_max"] = value; }
        }

        /// <summary>
        /// 1: offers permessage-deflate (RFC 7692). Once the connection is open, messages are compressed if the server
        /// agreed. 0: off. The agreed parameters are in ws_response_header(ws, "Sec-WebSocket-Extensions"). Do not
        /// compress a secret together with text that somebody else can choose: the length of the result reveals it.
        /// </summary>
        public bool? Deflate {
            get { return (bool?)this["deflate"]; }
            set { this["deflate"] = value; }
        }

        /// <summary>
        /// Messages with fewer bytes are not compressed; 0: 64; -1: all messages are compressed.
        /// </summary>
        public int? DeflateThreshold {
            get { return (int?)this["deflate_threshold"]; }
            set { this["deflate_threshold"] = value; }
        }

        /// <summary>
        /// 1: asks the server to compress each message by itself, which compresses less and saves the server memory. A
        /// server that does not agree is refused.
        /// </summary>
        public bool? DeflateServerNoContextTakeover {
            get { return (bool?)this["deflate_server_no_context_takeover"]; }
            set { this["deflate_server_no_context_takeover"] = value; }
        }

        /// <summary>1: messages to the server are compressed each by itself.</summary>
        public bool? DeflateClientNoContextTakeover {
            get { return (bool?)this["deflate_client_no_context_takeover"]; }
            set { this["deflate_client_no_context_takeover"] = value; }
        }

        /// <summary>
        /// Asks the server for a compression window of at most 2 to the power of this, in bytes; 9 to 15; 0: the server
        /// chooses. A server that does not agree is refused.
        /// </summary>
        public int? DeflateServerMaxWindowBits {
            get { return (int?)this["deflate_server_max_window_bits"]; }
            set { this["deflate_server_max_window_bits"] = value; }
        }

        /// <summary>
        /// The same for the window of messages to the server; 0: 15, or less if the server asks for it.
        /// </summary>
        public int? DeflateClientMaxWindowBits {
            get { return (int?)this["deflate_client_max_window_bits"]; }
            set { this["deflate_client_max_window_bits"] = value; }
        }

        /// <summary>
        /// The proxy: "http://", "https://" (both use CONNECT), "socks5://" (names are resolved here), "socks5h://" or
        /// "socks://" (the proxy resolves them), with user:password@ (percent-encoded) if it needs them. The default
        /// port is 80 for http (curl takes 1080), 443 for https, 1080 for SOCKS; the default scheme is http. NULL: from
        /// the environment, see ws_new(). "": no proxy. An https:// proxy needs a certificate from an authority that is
        /// trusted for servers (`tls_ca`, `tls_ca_only`), whatever `tls_verify` says; `tls_cert`, `tls_pins` and
        /// `tls_server_name` apply to the server only.
        /// </summary>
        public string Proxy {
            get { return (string)this["proxy"]; }
            set { this["proxy"] = value; }
        }

        /// <summary>
        /// HOSTWS_IP_ANY (0), HOSTWS_IP_V4 or HOSTWS_IP_V6: which addresses to use. With a proxy this applies to the
        /// address of the proxy, and to the addresses that are sent to a socks5:// proxy.
        /// </summary>
        public IpFamily? IpFamily {
            get { return (IpFamily?)this["ip_family"]; }
            set { this["ip_family"] = value; }
        }

        /// <summary>
        /// How many redirects (301, 302, 303, 307, 308) to follow; 0: none. They share `open_timeout_ms`. A redirect
        /// from wss to ws is never followed. A cookie that a redirect sets is sent back to the same scheme, host and
        /// port until the opening is over (RFC 6265). A different scheme, host or port does not get Authorization,
        /// Cookie, Host, Proxy-Authorization, the URL's user, `subprotocols` or `tls_cert`; a different host does not
        /// get `tls_server_name` either. All other `headers` are sent, even a secret with another name, such as
        /// X-Api-Key. `tls_pins` apply to every TLS connection.
        /// </summary>
        public int? MaxRedirects {
            get { return (int?)this["max_redirects"]; }
            set { this["max_redirects"] = value; }
        }

        /// <summary>
        /// The client's certificate, for servers that ask for one, followed by the certificates between it and the
        /// authority: PEM text, or "@" and the path of a PEM file, as in `tls_ca`. Needs `tls_key`.
        /// </summary>
        public string TlsCert {
            get { return (string)this["tls_cert"]; }
            set { this["tls_cert"] = value; }
        }

        /// <summary>
        /// The private key of `tls_cert`: PEM text, or "@" and a path. PKCS#8 or the traditional formats of RSA and EC,
        /// encrypted or not. If `tls_cert` and `tls_key` are text, ws_new() reads them and refuses them if something is
        /// wrong. This takes as long as it takes to decrypt the key. Errors in a file are reported by on_error. Where
        /// TLS is not OpenSSL (Windows, macOS), the key must be unencrypted PKCS#8. Windows: it must be one of RSA.
        /// </summary>
        public string TlsKey {
            get { return (string)this["tls_key"]; }
            set { this["tls_key"] = value; }
        }

        /// <summary>
        /// The password of an encrypted `tls_key`; ignored if the key is not encrypted. HOSTWS_E_OPTION where TLS is
        /// not OpenSSL (Windows, macOS).
        /// </summary>
        public string TlsKeyPassword {
            get { return (string)this["tls_key_password"]; }
            set { this["tls_key_password"] = value; }
        }

        /// <summary>
        /// Pins of public keys: "sha256/BASE64", several separated by ";". The server's certificate must have one of
        /// these keys. Each pin is the SHA-256 of the SubjectPublicKeyInfo (RFC 7469) of the server's own certificate,
        /// not of a certificate above it. Pins are checked last, after what `tls_verify` asks for, even if that is
        /// nothing. If no pin matches, the error contains the pin of the server's key, and the close code is 1015.
        /// </summary>
        public string TlsPins {
            get { return (string)this["tls_pins"]; }
            set { this["tls_pins"] = value; }
        }

        /// <summary>
        /// 1: trusts the authorities in `tls_ca` instead of the system's; 0: in addition to them.
        /// </summary>
        public bool? TlsCaOnly {
            get { return (bool?)this["tls_ca_only"]; }
            set { this["tls_ca_only"] = value; }
        }

        /// <summary>
        /// <para>Reopens the connection when it is lost or cannot be opened. The value is the number of attempts in a
        /// row; counting starts again once the connection has been open for a minute. -1: no limit; 0: never. The id
        /// stays the same. Meanwhile the status is Connecting. RECONNECTING announces each attempt, and RECONNECTED its
        /// success (OPEN, if the first opening took several attempts). on_error and on_terminate come only at the final
        /// end.</para>
        /// <para>These ends lead to another attempt: close codes 1001, 1006 and 1011 to 1014; network failures (DNS,
        /// TCP, a lost connection, all time-outs); HTTP 408, 421, 425, 429 and 5xx except 501 and 505. Every other
        /// close code or HTTP status, an untrusted certificate and a breach of the protocol end the connection, unless
        /// `reconnect_on` or `reconnect_codes` says otherwise. ws_terminate(), ws_abort(), ws_shutdown() and the end of
        /// the thread always end it at once. A Retry-After is obeyed, up to 5 minutes. Up to half of that time is added
        /// at random, so that clients which got the same Retry-After do not come back together.</para>
        /// <para>Messages that wait to be sent stay queued, within `send_queue_max`, and leave in order after
        /// RECONNECTED. If the operating system has not taken the last byte of a message, the whole message is sent
        /// again: no server gets the message of one ws_send() call twice. Messages that the operating system had taken
        /// may be lost without notice. A message in fragments is sent again if none of its fragments had completely
        /// left. Otherwise it is lost: the next ws_send_ex() returns HOSTWS_E_LOST once; if its last fragment had
        /// already been given, a WARNING event reports the loss. Pings are dropped. If a message was being delivered in
        /// parts, the remaining parts do not come.</para>
        /// </summary>
        public int? ReconnectMax {
            get { return (int?)this["reconnect_max"]; }
            set { this["reconnect_max"] = value; }
        }

        /// <summary>
        /// <para>The minimum delay before an attempt; 0: 500. The actual delay is random: between this and twice this
        /// for the first attempt, four times this for the second and so on, up to `reconnect_max_ms`. It ends early
        /// when the machine wakes up from a sleep of 5 seconds or more, unless the server asked for the delay.</para>
        /// <para>The range is wider after an end that may hit all clients of a server at once: close codes 1000, 1001,
        /// 1005 and 1012 to 1014, HTTP 429 and 5xx, and a TCP connection that is refused, reset or ended. By default it
        /// is then 0 to 5,000 for the first attempt (RFC 6455 7.2.3), up to 10,000 for the second and so on. If you set
        /// this option, the range is from this to ten times this for the first attempt, twenty times this for the
        /// second and so on.</para>
        /// </summary>
        public int? ReconnectMinMs {
            get { return (int?)this["reconnect_min_ms"]; }
            set { this["reconnect_min_ms"] = value; }
        }

        /// <summary>The maximum delay before an attempt, unless a server asks for more; 0: 30,000.</summary>
        public int? ReconnectMaxMs {
            get { return (int?)this["reconnect_max_ms"]; }
            set { this["reconnect_max_ms"] = value; }
        }

        /// <summary>
        /// Which ends lead to another attempt. HOSTWS_RECONNECT_LOST (0): those that `reconnect_max` lists.
        /// HOSTWS_RECONNECT_ANY: every end that your program did not ask for, including a close with 1000, a 404, an
        /// untrusted certificate and a breach of the protocol.
        /// </summary>
        public ReconnectOn? ReconnectOn {
            get { return (ReconnectOn?)this["reconnect_on"]; }
            set { this["reconnect_on"] = value; }
        }

        /// <summary>
        /// Exceptions from `reconnect_on`: close codes and HTTP statuses, separated by commas. Each leads to another
        /// attempt; with a minus sign it does not: "1000,1005,4000,401,-1012". The close code is the code that
        /// on_terminate would have. If an HTTP status refused the opening, the status counts and not the close code.
        /// With 401, use RECONNECTING to set a fresh token by ws_set_header() or ws_set_url().
        /// </summary>
        public string ReconnectCodes {
            get { return (string)this["reconnect_codes"]; }
            set { this["reconnect_codes"] = value; }
        }

        /// <summary>
        /// The local addresses that connections come from: "192.0.2.7", "[2001:db8::7]:0" or, on Linux, "if!eth1" for a
        /// network interface. Several, separated by commas, are used in turn for each address of the server. An address
        /// that has no free port is skipped. Each local address allows as many connections to one server address as the
        /// system has ports, 28,232 by default on Linux. With a port other than 0, only one connection at a time can
        /// come from it. Like the `tcp_` options, this applies to all TCP sockets that the library makes for the
        /// connection, also to a proxy and after a reconnect. It does not apply to Unix sockets. NULL or "": the system
        /// chooses.
        /// </summary>
        public string LocalAddress {
            get { return (string)this["local_address"]; }
            set { this["local_address"] = value; }
        }

        /// <summary>
        /// Where to connect instead of the addresses of a host: "example.com:443=192.0.2.1,[2001:db8::1]:8443". On the
        /// left, a host without a port stands for all its ports, and * for any host. On the right are IP addresses; an
        /// address without a port has the port of the connection. Several entries are separated by ";"; the first that
        /// matches counts. The name is not looked up. Everything else stays the same: the Host header, the name that
        /// TLS sends and expects, the origin of redirects. Several addresses are tried like the addresses of a name:
        /// connections take turns in which address they try first, and if it does not answer, the next is tried as
        /// well. With a proxy, give the proxy's host and port; the server's entry then only applies to the address that
        /// is sent to a socks5:// proxy. NULL or "": nowhere.
        /// </summary>
        public string ConnectTo {
            get { return (string)this["connect_to"]; }
            set { this["connect_to"] = value; }
        }

        /// <summary>
        /// TCP keep-alive: the system probes the peer after this much silence, and repeats the probe at the same
        /// interval. Rounded up to whole seconds. 0 or -1: never. The pings of `ping_interval_ms`, which are on by
        /// default, test the whole path to the server.
        /// </summary>
        public int? TcpKeepaliveMs {
            get { return (int?)this["tcp_keepalive_ms"]; }
            set { this["tcp_keepalive_ms"] = value; }
        }

        /// <summary>
        /// The system ends the connection when data that was sent has not been acknowledged for this long, instead of
        /// the 15 minutes or so after which TCP gives up (TCP_USER_TIMEOUT). 0 or -1: the system's default. Linux only;
        /// elsewhere HOSTWS_E_OPTION. See also `write_timeout_ms`.
        /// </summary>
        public int? TcpUserTimeoutMs {
            get { return (int?)this["tcp_user_timeout_ms"]; }
            set { this["tcp_user_timeout_ms"] = value; }
        }

        /// <summary>
        /// The size of the socket's send buffer in bytes (SO_SNDBUF), set before it connects; 0: the system's default,
        /// which on most systems grows as needed. The system may round or limit it.
        /// </summary>
        public int? TcpSendBuffer {
            get { return (int?)this["tcp_send_buffer"]; }
            set { this["tcp_send_buffer"] = value; }
        }

        /// <summary>The same for the receive buffer (SO_RCVBUF).</summary>
        public int? TcpReceiveBuffer {
            get { return (int?)this["tcp_receive_buffer"]; }
            set { this["tcp_receive_buffer"] = value; }
        }

        /// <summary>
        /// 1: writes the keys of each TLS connection to a file, in the format that Wireshark reads. The environment
        /// variable SSLKEYLOGFILE names the file during ws_new(); if it is not set, nothing is written. WHOEVER HAS THE
        /// FILE CAN READ EVERYTHING that these connections carry: use it for debugging only. Each connection logs a
        /// warning. A new file is readable by its owner only; an existing file is appended to. 0: never, whatever the
        /// environment says. HOSTWS_E_OPTION where TLS is not OpenSSL (Windows, macOS).
        /// </summary>
        public bool? TlsKeyLog {
            get { return (bool?)this["tls_key_log"]; }
            set { this["tls_key_log"] = value; }
        }

        /// <summary>
        /// 0: resumes the TLS sessions of earlier connections with the same settings and the same proxy, which saves
        /// the server most of the work. The library keeps the sessions of at most 1,024 servers in memory, until
        /// ws_shutdown(). -1: each connection makes a full handshake. Where TLS is not OpenSSL (Windows, macOS), the
        /// system decides, and -1 is HOSTWS_E_OPTION.
        /// </summary>
        public int? TlsResume {
            get { return (int?)this["tls_resume"]; }
            set { this["tls_resume"] = value; }
        }

        /// <summary>
        /// Which decisions your program wants to make itself: a sum of HOSTWS_ASK_CERTIFICATE, HOSTWS_ASK_CREDENTIALS
        /// and HOSTWS_ASK_RECONNECT. Each comes as an ASK event, and the library waits for ws_answer(). 0: none. A
        /// handler with callbacks needs on_event.
        /// </summary>
        public Question? Ask {
            get { return (Question?)this["ask"]; }
            set { this["ask"] = value; }
        }

        /// <summary>
        /// A message that has not begun to leave after this time is dropped, and an EXPIRED event names it. The time
        /// begins when ws_send() or ws_send_ex() queues the message, or its last fragment. It also runs while the
        /// connection is opened or reopened. A message whose first byte has left, or is part of a TLS record that has
        /// begun to leave, is sent completely. If a reconnect interrupts it and it must be sent again, it can expire.
        /// With `deflate`, each message is then compressed by itself. 0 or -1: no limit. HOSTWS_E_AGAIN also means that
        /// 65,536 EXPIRED events are outstanding or wait for you to take them.
        /// </summary>
        public long? MessageTtlMs {
            get { return (long?)this["message_ttl_ms"]; }
            set { this["message_ttl_ms"] = value; }
        }

        /// <summary>
        /// A connected stream socket (a SOCKET on Windows) to use instead of a new one: TCP, Unix, one end of a
        /// socketpair(), or anything else that reaches the server. The URL still gives the host and the path of the
        /// request, and wss:// still means TLS. ws_new() checks that the socket is connected. If ws_new() returns an
        /// id, the socket belongs to the library, which makes it non-blocking and closes it when the connection ends:
        /// do not use or close it any more (use dup() to keep one; it shares the non-blocking mode). If ws_new()
        /// returns an error, the socket is still yours, unchanged. 0: none; if your socket is descriptor 0, use dup().
        /// The library cannot make such a socket again, so `reconnect_max`, `max_redirects`, `proxy`, `local_address`,
        /// `connect_to`, `on_socket` and the `tcp_` options are HOSTWS_E_OPTION beside it. Proxies in the environment
        /// do not count.
        /// </summary>
        public long? Fd {
            get { return (long?)this["fd"]; }
            set { this["fd"] = value; }
        }
    }
}
