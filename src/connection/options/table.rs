//! The table of options: adding one is a row here, at the end, and its use.

/// Hands the table to a macro. A row is what the header says of the option, its name, its type
/// in C, and its `Kind`, which knows default and range. build.rs reads this file, too: a row is
/// one line.
macro_rules! options_table {
    ($use:ident) => {
        $use! {
            /// HOSTWS_TLS_VERIFY_FULL (0), _NO_HOSTNAME or _NONE; the latter two log a
            /// warning and bring a WARNING event.
            tls_verify: i32 = OneOf<Verify>,
            /// Subprotocols to offer, the preferred one first: "a,b" (RFC 6455 1.9).
            subprotocols: *const c_char = Text,
            /// Certificate authorities trusted besides the system's, or with `tls_ca_only` instead of
            /// them: PEM text, or "@" and the path of a PEM file, which is read when the connection opens.
            /// A relative path is that of the working directory in ws_new(), also for tls_cert and tls_key.
            /// The system's are read once a day, after ws_shutdown(), and again if they could not be read.
            tls_ca: *const c_char = Text,
            /// The name to ask for (SNI) and to expect in the certificate, if it is
            /// not the URL's host.
            tls_server_name: *const c_char = Text,
            /// The oldest TLS version to speak, also with a proxy of https://: HOSTWS_TLS_1_0 to
            /// HOSTWS_TLS_1_3; 0 is 1.2.
            tls_min_version: i32 = OneOf<TlsVersion>,
            /// For the whole way from DNS to the upgrade; 0: 30,000; -1: no limit.
            open_timeout_ms: i32 = TimeOrOff<30_000>,
            /// For the closing handshake; 0: 5,000.
            close_timeout_ms: i32 = Time<5_000>,
            /// Silence after which a ping is sent; 0: 30,000; -1: never.
            /// Up to a quarter of it is left out at random, so that clients which all heard the same
            /// message do not all ping together.
            ping_interval_ms: i32 = TimeOrOff<30_000>,
            /// After that ping, silence which ends the connection; 0: 30,000; -1: never. It begins
            /// when what was sent before the ping has left, or leaves no more. When the machine
            /// wakes up from a sleep of 5 seconds or more, a ping is sent at once (on Linux; elsewhere when
            /// the next one is due), and the silence is at most 5,000.
            ping_timeout_ms: i32 = TimeOrOff<30_000>,
            /// While something waits to be sent, how long the server may take nothing of it; then the
            /// connection is lost (1006). 0: 30,000; -1: no limit. The clock stands still while reading
            /// is paused because the host has too much to read; in the closing handshake
            /// `close_timeout_ms` counts instead.
            write_timeout_ms: i32 = TimeOrOff<30_000>,
            /// The largest message to accept, in bytes; 0: 64 MiB; -1: no limit. A larger
            /// one fails the connection (1009).
            max_message: i64 = Bytes<{ 64 * MIB }>,
            /// Bytes, as framed, that may wait to be sent; -1: no limit. 0: 16 MiB, and while nothing
            /// else waits one message of up to `max_message` bytes, so that what was received can be
            /// sent back. A message that is going to be compressed must fit with the length that it has
            /// before. With `reconnect_max` it counts with that length for as long as any of it waits,
            /// because it may have to be sent again, and so does a message that has left in part.
            send_queue_max: i64 = BytesIfGiven,
            /// Bytes of messages that may wait for the host, each counted with at least 64
            /// bytes for itself; 0: 16 MiB; -1: no limit. Beyond it the library stops reading
            /// from that server; nothing is dropped.
            receive_queue_max: i64 = Bytes<{ 16 * MIB }>,
            /// A message with more bytes than this is delivered in parts of this size, as they
            /// arrive: a MESSAGE event each, the first with HOSTWS_FIRST in its `flags`, the last with
            /// HOSTWS_LAST. Text is cut between characters. At least 1,024; 0 or -1: messages come
            /// whole. `max_message` still limits the sum; a message that breaks a limit or the protocol
            /// after its first part has no last one, and on_error follows. Not with HOSTWS_OBJECT.
            stream_threshold: i64 = PartSize<1024>,
            /// 1: offers permessage-deflate (RFC 7692); messages are compressed if the server
            /// agrees, once the connection is open. 0: off. What was agreed stands in
            /// ws_response_header(ws, "Sec-WebSocket-Extensions"). Do not compress a secret together
            /// with what somebody else can choose: its length would tell of it.
            deflate: i32 = Switch,
            /// Messages of fewer bytes are not compressed; 0: 64; -1: all are.
            deflate_threshold: i32 = Threshold<64>,
            /// 1: the server is to compress each message by itself, which compresses less and
            /// saves it memory; one that does not agree is refused.
            deflate_server_no_context_takeover: i32 = Switch,
            /// 1: each message to the server is compressed by itself.
            deflate_client_no_context_takeover: i32 = Switch,
            /// The server's window is to be at most 2 to the power of this, 9 to 15, in bytes; 0: as
            /// it likes. One that does not agree is refused.
            deflate_server_max_window_bits: i32 = WindowBits,
            /// The same for what is sent to the server; 0: 15, or less if the server asks for it.
            deflate_client_max_window_bits: i32 = WindowBits,
            /// "http://", "https://" (both CONNECT), "socks5://" (names are resolved here), "socks5h://"
            /// or "socks://" (by the proxy), with user:password@ (percent-encoded) where it wants them.
            /// With no port it is 80 for http (where curl takes 1080), 443 for https, 1080 for SOCKS; with
            /// no scheme it is http. NULL: from the environment, see ws_new(). "": none.
            /// A proxy of https:// needs a certificate of an authority that is trusted for servers
            /// (`tls_ca`, `tls_ca_only`), whatever `tls_verify` says; `tls_cert`, `tls_pins` and
            /// `tls_server_name` are for the server alone.
            proxy: *const c_char = Text,
            /// HOSTWS_IP_ANY (0), HOSTWS_IP_V4 or HOSTWS_IP_V6: the addresses that may be connected to,
            /// the proxy's where there is one, and those that a proxy of socks5:// is told.
            ip_family: i32 = OneOf<Family>,
            /// How many redirects (301, 302, 303, 307, 308) may be followed; 0: none. They share
            /// `open_timeout_ms`. Never from wss to ws. A cookie that a redirect sets goes back to the
            /// same scheme, host and port until the opening is over (RFC 6265). To another one none of
            /// Authorization, Cookie, Host, Proxy-Authorization, the URL's user, `subprotocols` and `tls_cert` goes along,
            /// nor to another host `tls_server_name`. All other `headers` do, also one that is a secret by
            /// another name, such as X-Api-Key. `tls_pins` hold wherever TLS is spoken.
            max_redirects: i32 = Count,
            /// The client's certificate, for servers that ask for one, and behind it those between it
            /// and the authority: PEM text, or "@" and the path of a PEM file, as with `tls_ca`. Needs
            /// `tls_key`.
            tls_cert: *const c_char = Text,
            /// Its private key: PEM text, or "@" and a path; PKCS#8, or the traditional formats of RSA
            /// and EC; encrypted or not. Given as text, both are read by ws_new(), which refuses what is
            /// wrong with them. For this alone it calls OpenSSL, which reads its own configuration file
            /// when a process first calls it, and takes as long to decrypt a key as the key wants. What
            /// is wrong with a file is told by on_error. Where TLS is not OpenSSL (Windows, macOS), only
            /// an unencrypted key as PKCS#8 is taken.
            tls_key: *const c_char = SecretText,
            /// The password of an encrypted `tls_key`; not used if that is not encrypted.
            tls_key_password: *const c_char = SecretText,
            /// Public keys, one of which the server's certificate must have: "sha256/BASE64", several
            /// separated by ";". Each is the SHA-256 of the SubjectPublicKeyInfo (RFC 7469) of the
            /// server's own certificate, not of one above it. Checked after all else that `tls_verify`
            /// asks for, also if that is nothing. The error for a server with another key tells that
            /// key's pin; close code 1015.
            tls_pins: *const c_char = Text,
            /// 1: the authorities in `tls_ca` are trusted instead of the system's; 0: besides them.
            tls_ca_only: i32 = Switch,
            /// Opens the connection again when it is lost or cannot be opened: so many attempts in a
            /// row, which are counted anew once it was open for a minute; -1: for ever; 0: never. The
            /// id stays; ws_status() says Connecting meanwhile, RECONNECTING tells of each attempt, and
            /// RECONNECTED of its success (OPEN, if it is the first opening that took several). on_error
            /// and on_terminate come at the real end alone.
            ///
            /// Worth another attempt are the close codes 1001, 1006 and 1011 to 1014, failures of the
            /// network (DNS, TCP, a lost connection, all time-outs), and HTTP 408, 421, 425, 429 and
            /// 5xx except 501 and 505. Every other close code or HTTP status, a certificate that is not
            /// trusted and a breach of the protocol end the connection, unless `reconnect_on` or
            /// `reconnect_codes` says otherwise; ws_terminate(), ws_abort(), ws_shutdown() and the end
            /// of the thread always do, at once. A Retry-After is obeyed, up to 5 minutes. Up to half of
            /// that time is added at random, so that clients which were told the same time do not come
            /// back together.
            ///
            /// What waits to be sent stays, within `send_queue_max`, and leaves after RECONNECTED in its
            /// order. A message of which the operating system has not taken the last byte is sent
            /// again in whole: no server gets a message of one ws_send() twice. What the operating system
            /// had taken may be lost, and nobody is told. A message in fragments is sent again if none of
            /// them had left in whole; else it is lost: the next ws_send_ex() answers HOSTWS_E_LOST once, or
            /// a WARNING tells so if its last fragment had been given. Pings are dropped. Of a message that
            /// came in parts the rest does not come.
            reconnect_max: i32 = Attempts,
            /// The least time to wait before an attempt; 0: 500. The actual time is random: between
            /// this and twice this for the first attempt, four times for the second and so on, up to
            /// `reconnect_max_ms`. The wait ends early when the machine wakes up from a sleep of 5
            /// seconds or more, unless the server asked for the time.
            ///
            /// The range is wider after an end that may hit all clients of a server at once: close
            /// codes 1000, 1001, 1005 and 1012 to 1014, HTTP 429 and 5xx, and a TCP connection that is
            /// refused, reset or ended. By default it then goes from 0 to 5,000 for the first attempt
            /// (RFC 6455 7.2.3), up to 10,000 for the second and so on. If this option is set, it goes
            /// from this to ten times this for the first attempt, twenty times for the second and so on.
            reconnect_min_ms: i32 = TimeIfSet,
            /// The most time to wait before an attempt, unless a server asks for more; 0: 30,000.
            reconnect_max_ms: i32 = Time<30_000>,
            /// Which ends lead to another attempt: HOSTWS_RECONNECT_LOST (0), those that
            /// `reconnect_max` lists; HOSTWS_RECONNECT_ANY, every end that this program did not ask
            /// for, also a close with 1000, a 404, a certificate that is not trusted or a breach of the
            /// protocol.
            reconnect_on: i32 = OneOf<Scope>,
            /// Exceptions from `reconnect_on`, separated by commas: close codes and HTTP statuses
            /// that lead to another attempt, or with a minus do not: "1000,1005,4000,401,-1012". The
            /// code is what on_terminate would tell; where an HTTP status refused the opening, the
            /// status counts and not the code. With 401, RECONNECTING is the time for a fresh token
            /// by ws_set_header() or ws_set_url().
            reconnect_codes: *const c_char = Text,
        }
    };
}

pub(crate) use options_table;
