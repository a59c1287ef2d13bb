// Written by bindings/generate.py; do not edit.

/** The options of ws_options in hostws.h. */
export interface LibraryOptions {
  /**
   * HOSTWS_TLS_VERIFY_FULL (0), _NO_HOSTNAME or _NONE. The latter two log a warning and cause a WARNING
   * event.
   */
  tls_verify?: number
  /**
   * Subprotocols to offer, the preferred one first: "a,b" (RFC 6455 1.9).
   */
  subprotocols?: string
  /**
   * Certificate authorities to trust in addition to the system's, or instead of them with `tls_ca_only`. PEM
   * text, or "@" and the path of a PEM file, which is read when the connection opens. Relative paths, here
   * and in `tls_cert` and `tls_key`, start at the working directory during ws_new(). The system's authorities
   * are read again once a day, after ws_shutdown(), and if they could not be read.
   */
  tls_ca?: string
  /**
   * The name to send (SNI) and to expect in the certificate; NULL: the URL's host.
   */
  tls_server_name?: string
  /**
   * The oldest TLS version to accept, also with an https:// proxy: HOSTWS_TLS_1_0 to HOSTWS_TLS_1_3; 0: 1.2.
   * Windows: 1.3 needs Windows 11 or Windows Server 2022; before, the opening fails.
   */
  tls_min_version?: number
  /**
   * The time limit of the whole opening, from DNS to the upgrade; 0: 30,000; -1: no limit.
   */
  open_timeout_ms?: number
  /**
   * The time limit of the closing handshake; 0: 5,000.
   */
  close_timeout_ms?: number
  /**
   * A ping is sent after this much silence; 0: 30,000; -1: never. A random part of the time, up to a quarter,
   * is left out, so that clients which all received the same message do not all ping together.
   */
  ping_interval_ms?: number
  /**
   * The connection is lost after this much silence following the ping; 0: 30,000; -1: never. The time starts
   * when everything sent before the ping has left, or when no more of it leaves. When the machine wakes up
   * from a sleep of 5 seconds or more, a ping is sent at once (on Linux; elsewhere when the next one is due)
   * and the limit is at most 5,000.
   */
  ping_timeout_ms?: number
  /**
   * The connection is lost (1006) if data waits to be sent and the server takes none of it for this long; 0:
   * 30,000; -1: no limit. The clock stops while the library reads nothing because your receive queue is full.
   * During the closing handshake, `close_timeout_ms` applies instead.
   */
  write_timeout_ms?: number
  /**
   * The largest message to accept, in bytes; 0: 64 MiB; -1: no limit. A larger message fails the connection
   * (1009).
   */
  max_message?: number
  /**
   * The number of bytes, as framed, that may wait to be sent; -1: no limit. 0: 16 MiB, and while nothing else
   * waits, one message of up to `max_message` bytes, so that you can send back what you received. A message
   * to be compressed must fit with its uncompressed length. With `reconnect_max`, it counts with its
   * uncompressed length as long as any of it waits, because it may have to be sent again; so does a message
   * that has partly left.
   */
  send_queue_max?: number
  /**
   * The number of bytes of messages that may wait for you, with at least 64 bytes of overhead for each
   * message; 0: 16 MiB; -1: no limit. Above the limit the library stops reading from that server; nothing is
   * dropped.
   */
  receive_queue_max?: number
  /**
   * 1: offers permessage-deflate (RFC 7692). Once the connection is open, messages are compressed if the
   * server agreed. 0: off. The agreed parameters are in ws_response_header(ws, "Sec-WebSocket-Extensions").
   * Do not compress a secret together with text that somebody else can choose: the length of the result
   * reveals it.
   */
  deflate?: boolean | 0 | 1
  /**
   * Messages with fewer bytes are not compressed; 0: 64; -1: all messages are compressed.
   */
  deflate_threshold?: number
  /**
   * 1: asks the server to compress each message by itself, which compresses less and saves the server memory.
   * A server that does not agree is refused.
   */
  deflate_server_no_context_takeover?: boolean | 0 | 1
  /**
   * 1: messages to the server are compressed each by itself.
   */
  deflate_client_no_context_takeover?: boolean | 0 | 1
  /**
   * Asks the server for a compression window of at most 2 to the power of this, in bytes; 9 to 15; 0: the
   * server chooses. A server that does not agree is refused.
   */
  deflate_server_max_window_bits?: number
  /**
   * The same for the window of messages to the server; 0: 15, or less if the server asks for it.
   */
  deflate_client_max_window_bits?: number
  /**
   * The proxy: "http://", "https://" (both use CONNECT), "socks5://" (names are resolved here), "socks5h://"
   * or "socks://" (the proxy resolves them), with user:password@ (percent-encoded) if it needs them. The
   * default port is 80 for http (curl takes 1080), 443 for https, 1080 for SOCKS; the default scheme is http.
   * NULL: from the environment, see ws_new(). "": no proxy. An https:// proxy needs a certificate from an
   * authority that is trusted for servers (`tls_ca`, `tls_ca_only`), whatever `tls_verify` says; `tls_cert`,
   * `tls_pins` and `tls_server_name` apply to the server only.
   */
  proxy?: string
  /**
   * HOSTWS_IP_ANY (0), HOSTWS_IP_V4 or HOSTWS_IP_V6: which addresses to use. With a proxy this applies to the
   * address of the proxy, and to the addresses that are sent to a socks5:// proxy.
   */
  ip_family?: number
  /**
   * How many redirects (301, 302, 303, 307, 308) to follow; 0: none. They share `open_timeout_ms`. A redirect
   * from wss to ws is never followed. A cookie that a redirect sets is sent back to the same scheme, host and
   * port until the opening is over (RFC 6265). A different scheme, host or port does not get Authorization,
   * Cookie, Host, Proxy-Authorization, the URL's user, `subprotocols` or `tls_cert`; a different host does
   * not get `tls_server_name` either. All other `headers` are sent, even a secret with another name, such as
   * X-Api-Key. `tls_pins` apply to every TLS connection.
   */
  max_redirects?: number
  /**
   * The client's certificate, for servers that ask for one, followed by the certificates between it and the
   * authority: PEM text, or "@" and the path of a PEM file, as in `tls_ca`. Needs `tls_key`.
   */
  tls_cert?: string
  /**
   * The private key of `tls_cert`: PEM text, or "@" and a path. PKCS#8 or the traditional formats of RSA and
   * EC, encrypted or not. If `tls_cert` and `tls_key` are text, ws_new() reads them and refuses them if
   * something is wrong. This takes as long as it takes to decrypt the key. Errors in a file are reported by
   * on_error. Where TLS is not OpenSSL (Windows, macOS), the key must be unencrypted PKCS#8. Windows: it must
   * be one of RSA.
   */
  tls_key?: string
  /**
   * The password of an encrypted `tls_key`; ignored if the key is not encrypted. HOSTWS_E_OPTION where TLS is
   * not OpenSSL (Windows, macOS).
   */
  tls_key_password?: string
  /**
   * Pins of public keys: "sha256/BASE64", several separated by ";". The server's certificate must have one of
   * these keys. Each pin is the SHA-256 of the SubjectPublicKeyInfo (RFC 7469) of the server's own
   * certificate, not of a certificate above it. Pins are checked last, after what `tls_verify` asks for, even
   * if that is nothing. If no pin matches, the error contains the pin of the server's key, and the close code
   * is 1015.
   */
  tls_pins?: string
  /**
   * 1: trusts the authorities in `tls_ca` instead of the system's; 0: in addition to them.
   */
  tls_ca_only?: boolean | 0 | 1
  /**
   * Reopens the connection when it is lost or cannot be opened. The value is the number of attempts in a row;
   * counting starts again once the connection has been open for a minute. -1: no limit; 0: never. The id
   * stays the same. Meanwhile the status is Connecting. RECONNECTING announces each attempt, and RECONNECTED
   * its success (OPEN, if the first opening took several attempts). on_error and on_terminate come only at
   * the final end.
   */
  reconnect_max?: number
  /**
   * The minimum delay before an attempt; 0: 500. The actual delay is random: between this and twice this for
   * the first attempt, four times this for the second and so on, up to `reconnect_max_ms`. It ends early when
   * the machine wakes up from a sleep of 5 seconds or more, unless the server asked for the delay.
   */
  reconnect_min_ms?: number
  /**
   * The maximum delay before an attempt, unless a server asks for more; 0: 30,000.
   */
  reconnect_max_ms?: number
  /**
   * Which ends lead to another attempt. HOSTWS_RECONNECT_LOST (0): those that `reconnect_max` lists.
   * HOSTWS_RECONNECT_ANY: every end that your program did not ask for, including a close with 1000, a 404, an
   * untrusted certificate and a breach of the protocol.
   */
  reconnect_on?: number
  /**
   * Exceptions from `reconnect_on`: close codes and HTTP statuses, separated by commas. Each leads to another
   * attempt; with a minus sign it does not: "1000,1005,4000,401,-1012". The close code is the code that
   * on_terminate would have. If an HTTP status refused the opening, the status counts and not the close code.
   * With 401, use RECONNECTING to set a fresh token by ws_set_header() or ws_set_url().
   */
  reconnect_codes?: string
  /**
   * The local addresses that connections come from: "192.0.2.7", "[2001:db8::7]:0" or, on Linux, "if!eth1"
   * for a network interface. Several, separated by commas, are used in turn for each address of the server.
   * An address that has no free port is skipped. Each local address allows as many connections to one server
   * address as the system has ports, 28,232 by default on Linux. With a port other than 0, only one
   * connection at a time can come from it. Like the `tcp_` options, this applies to all TCP sockets that the
   * library makes for the connection, also to a proxy and after a reconnect. It does not apply to Unix
   * sockets. NULL or "": the system chooses.
   */
  local_address?: string
  /**
   * Where to connect instead of the addresses of a host: "example.com:443=192.0.2.1,[2001:db8::1]:8443". On
   * the left, a host without a port stands for all its ports, and * for any host. On the right are IP
   * addresses; an address without a port has the port of the connection. Several entries are separated by
   * ";"; the first that matches counts. The name is not looked up. Everything else stays the same: the Host
   * header, the name that TLS sends and expects, the origin of redirects. Several addresses are tried like
   * the addresses of a name: connections take turns in which address they try first, and if it does not
   * answer, the next is tried as well. With a proxy, give the proxy's host and port; the server's entry then
   * only applies to the address that is sent to a socks5:// proxy. NULL or "": nowhere.
   */
  connect_to?: string
  /**
   * TCP keep-alive: the system probes the peer after this much silence, and repeats the probe at the same
   * interval. Rounded up to whole seconds. 0 or -1: never. The pings of `ping_interval_ms`, which are on by
   * default, test the whole path to the server.
   */
  tcp_keepalive_ms?: number
  /**
   * The system ends the connection when data that was sent has not been acknowledged for this long, instead
   * of the 15 minutes or so after which TCP gives up (TCP_USER_TIMEOUT). 0 or -1: the system's default. Linux
   * only; elsewhere HOSTWS_E_OPTION. See also `write_timeout_ms`.
   */
  tcp_user_timeout_ms?: number
  /**
   * The size of the socket's send buffer in bytes (SO_SNDBUF), set before it connects; 0: the system's
   * default, which on most systems grows as needed. The system may round or limit it.
   */
  tcp_send_buffer?: number
  /**
   * The same for the receive buffer (SO_RCVBUF).
   */
  tcp_receive_buffer?: number
  /**
   * 1: writes the keys of each TLS connection to a file, in the format that Wireshark reads. The environment
   * variable SSLKEYLOGFILE names the file during ws_new(); if it is not set, nothing is written. WHOEVER HAS
   * THE FILE CAN READ EVERYTHING that these connections carry: use it for debugging only. Each connection
   * logs a warning. A new file is readable by its owner only; an existing file is appended to. 0: never,
   * whatever the environment says. HOSTWS_E_OPTION where TLS is not OpenSSL (Windows, macOS).
   */
  tls_key_log?: boolean | 0 | 1
  /**
   * 0: resumes the TLS sessions of earlier connections with the same settings and the same proxy, which saves
   * the server most of the work. The library keeps the sessions of at most 1,024 servers in memory, until
   * ws_shutdown(). -1: each connection makes a full handshake. Where TLS is not OpenSSL (Windows, macOS), the
   * system decides, and -1 is HOSTWS_E_OPTION.
   */
  tls_resume?: number
  /**
   * Which decisions your program wants to make itself: a sum of HOSTWS_ASK_CERTIFICATE,
   * HOSTWS_ASK_CREDENTIALS and HOSTWS_ASK_RECONNECT. Each comes as an ASK event, and the library waits for
   * ws_answer(). 0: none. A handler with callbacks needs on_event.
   */
  ask?: number
  /**
   * A message that has not begun to leave after this time is dropped, and an EXPIRED event names it. The time
   * begins when ws_send() or ws_send_ex() queues the message, or its last fragment. It also runs while the
   * connection is opened or reopened. A message whose first byte has left, or is part of a TLS record that
   * has begun to leave, is sent completely. If a reconnect interrupts it and it must be sent again, it can
   * expire. With `deflate`, each message is then compressed by itself. 0 or -1: no limit. HOSTWS_E_AGAIN also
   * means that 65,536 EXPIRED events are outstanding or wait for you to take them.
   */
  message_ttl_ms?: number
  /**
   * A connected stream socket (a SOCKET on Windows) to use instead of a new one: TCP, Unix, one end of a
   * socketpair(), or anything else that reaches the server. The URL still gives the host and the path of the
   * request, and wss:// still means TLS. ws_new() checks that the socket is connected. If ws_new() returns an
   * id, the socket belongs to the library, which makes it non-blocking and closes it when the connection
   * ends: do not use or close it any more (use dup() to keep one; it shares the non-blocking mode). If
   * ws_new() returns an error, the socket is still yours, unchanged. 0: none; if your socket is descriptor 0,
   * use dup(). The library cannot make such a socket again, so `reconnect_max`, `max_redirects`, `proxy`,
   * `local_address`, `connect_to`, `on_socket` and the `tcp_` options are HOSTWS_E_OPTION beside it. Proxies
   * in the environment do not count.
   */
  fd?: number
}
