#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets, in seeds/<target>/.

The first bytes of each choose the limits and how the stream is split, as the
target says; the rest is what a server would send.
"""

import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).resolve().parent


def frame(first, payload=b""):
    """A server's frame; `first` is its first byte."""
    size = len(payload)
    if size <= 125:
        head = bytes([first, size])
    elif size <= 0xFFFF:
        head = bytes([first, 126]) + struct.pack(">H", size)
    else:
        head = bytes([first, 127]) + struct.pack(">Q", size)
    return head + payload


CONVERSATION = (
    frame(0x81, "hello, wörld €".encode())
    + frame(0x82, bytes(range(40)))
    + frame(0x89, b"are you there")
    + frame(0x01, b"frag\xe2\x82")
    + frame(0x8A)
    + frame(0x00)
    + frame(0x80, b"\xacment")
    + frame(0x88, b"\x0f\xa0later")
    + frame(0x81, b"ignored")
)

STREAMS = {
    "conversation": CONVERSATION,
    "empty": frame(0x81) + frame(0x82) + frame(0x01) + frame(0x00) + frame(0x80),
    "length-125": frame(0x81, b"a" * 125) + frame(0x8A, b"b" * 125),
    "length-126": frame(0x82, b"a" * 126) + frame(0x81, "日本語".encode() * 20),
    "announced": b"\x82\x7f\x00\x00\x00\x00\x00\x0f\xff\xff1234",
    "huge": b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
    "top-bit": b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00",
    "padded-16": b"\x82\x7e\x00\x7d",
    "padded-64": b"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff",
    "masked": b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
    "reserved-bit": frame(0xC1, b"x"),
    "reserved-opcode": frame(0x83) + frame(0x8B),
    "continuation": frame(0x80, b"x"),
    "nested": frame(0x01, b"a") + frame(0x81, b"b"),
    "long-ping": b"\x89\x7e\x00\x7e",
    "fragmented-ping": frame(0x09),
    "close-empty": frame(0x88),
    "close-one-byte": frame(0x88, b"\x03"),
    "close-bad-code": frame(0x88, b"\x03\xed"),
    "close-bad-reason": frame(0x88, b"\x03\xe8\xff"),
    "utf8-bad": frame(0x81, b"ok \xed\xa0\x80"),
    "utf8-cut": frame(0x01, b"ok \xf0\x9f") + frame(0x80, b"\x98"),
    "utf8-overlong": frame(0x01, b"\xc0") + frame(0x80, b"\xaf"),
    "many": frame(0x81, b"tick") * 60,
}


class Deflate:
    """A server's compressor; `pack` gives the payload of one message."""

    def __init__(self, window_bits=15, level=6):
        self.stream = zlib.compressobj(level, zlib.DEFLATED, -window_bits)

    def pack(self, text):
        packed = self.stream.compress(text) + self.stream.flush(zlib.Z_SYNC_FLUSH)
        return packed.removesuffix(b"\x00\x00\xff\xff")


def quotes(count, **options):
    deflate = Deflate(**options)
    names = ["AAPL", "MSFT", "NVDA"]
    text = '{"type":"quote","symbol":"%s","bid":%.2f,"ask":%.2f}'
    return [
        deflate.pack((text % (names[n % 3], 100 + n, 100.05 + n)).encode()) for n in range(count)
    ]


def final(text):
    """RFC 7692 7.2.3.4: a final block, and a byte behind it."""
    stream = zlib.compressobj(6, zlib.DEFLATED, -15)
    return stream.compress(text) + stream.flush() + b"\x00"


HELLO = Deflate().pack(b"Hello")
# Two hundred bytes of which each is another, and again: matches reach far back.
FAR = bytes((n * n >> 3) & 0xFF for n in range(700)) * 2

COMPRESSED = {
    "hello": frame(0xC1, HELLO),
    "hello-twice": frame(0xC1, HELLO) + frame(0xC1, b"\xf2\x00\x11\x00\x00"),
    "fragments": frame(0x41, HELLO[:3]) + frame(0x8A) + frame(0x80, HELLO[3:]),
    "stored": frame(0xC1, b"\x00\x05\x00\xfa\xffHello\x00"),
    "final": frame(0xC1, final(b"Hello")) + frame(0xC1, final(b"again")),
    "empty": frame(0xC1, b"\x00") + frame(0xC2) + frame(0x42) + frame(0x80),
    "plain-between": frame(0xC1, HELLO) + frame(0x81, b"plain") + frame(0xC1, HELLO),
    "quotes": b"".join(frame(0xC1, quote) for quote in quotes(6)),
    "quotes-window-9": b"".join(frame(0xC1, quote) for quote in quotes(6, window_bits=9)),
    "far": frame(0xC2, Deflate(level=9).pack(FAR)),
    "bomb": frame(0xC2, Deflate().pack(b"\0" * 1_200_000)),
    "not-utf8": frame(0xC1, Deflate().pack(b"ok \xff")),
    "cut-character": frame(0xC1, Deflate().pack("ok €".encode()[:-1])),
    "corrupt": frame(0xC1, b"\x07\xff"),
    "too-far": frame(0xC1, b"\xf2\x00\x11\x00\x00"),
    "rsv1-on-continuation": frame(0x41, HELLO[:3]) + frame(0xC0, HELLO[3:]),
    "rsv1-on-ping": frame(0xC9),
    "cut-off": frame(0xC1, HELLO[:3]) + frame(0xC1, HELLO),
}

# Flags and the two windows, the limit, the threshold, the split.
CHOICES = {
    "": b"\0\0\0\0\0\x07",
    "-no-takeover": b"\3\0\0\0\0\x07",
    "-window-9": b"\0\2\2\0\0\x07",
    "-no-limit": b"\0\0\0\7\0\xff",
    "-parts": b"\0\0\0\6\2\x07",
}

TEXTS = {
    "texts": b"\4\0\0\0\0\x50" + b'{"bid":12.5,"ask":13}' * 20,
    "texts-window-9": b"\4\2\2\0\3\x50" + FAR,
    "texts-no-takeover": b"\7\3\3\0\3\xf0" + b'{"bid":12.5,"ask":13}' * 20,
}

EXTENSIONS = {
    "none": b"",
    "plain": b"permessage-deflate",
    "all": b"permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
    b"server_max_window_bits=12; client_max_window_bits=10",
    "quoted": b'Permessage-Deflate;server_max_window_bits="12";client_max_window_bits = "10"',
    "other": b"permessage-bzip2; x=\"a,b;c\\\"\"",
    "two": b"permessage-deflate, permessage-deflate",
    "two-headers": b"permessage-deflate\npermessage-deflate",
    "empty-elements": b", ,permessage-deflate,",
    "twice": b"permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "with-value": b"permessage-deflate; server_no_context_takeover=true",
    "without-value": b"permessage-deflate; server_max_window_bits",
    "too-small": b"permessage-deflate; client_max_window_bits=7",
    "leading-zero": b"permessage-deflate; client_max_window_bits=09",
    "unknown": b"permessage-deflate; x",
    "bad-quote": b'permessage-deflate; server_max_window_bits="10',
}

ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
)

ANSWERS = {
    "plain": b"\0" + ANSWER + b"\r\n",
    "followed": b"\0" + ANSWER + b"\r\n" + frame(0x81, b"hello"),
    "protocol": b"\2" + ANSWER + b"Sec-WebSocket-Protocol: v2.chat\r\n\r\n",
    "protocol-twice": b"\2"
    + ANSWER
    + b"Sec-WebSocket-Protocol: chat\r\nsec-websocket-protocol: chat\r\n\r\n",
    "protocol-not-offered": b"\1" + ANSWER + b"Sec-WebSocket-Protocol: other\r\n\r\n",
    "extension": b"\0" + ANSWER + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    "connection-list": b"\0"
    + ANSWER.replace(b"Connection: Upgrade", b"connection: keep-alive , upgrade")
    + b"\r\n",
    "upgrade-twice": b"\0" + ANSWER + b"Upgrade: websocket\r\n\r\n",
    "edges": b"\0HTTP/1.1 404 Not Found\r\nA: b\x0c\r\nB: \r c\r\r\n\r\n",
    "http-1.0": b"\0" + ANSWER.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n",
    "line-feeds": b"\0" + ANSWER.replace(b"\r\n", b"\n") + b"\n",
    "refused": b"\0HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nX: 1\r\nx: \xff\r\n\r\nbody",
    "early-hints": b"\0HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ANSWER + b"\r\n",
    "no-reason": b"\0HTTP/1.1 200\nA: b\n\n",
    "tls": b"\0\x15\x03\x01\x00\x02\x02\x28",
    "http2": b"\0\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "other": b"\0SSH-2.0-OpenSSH_9.7\r\n",
    "many-headers": b"\0HTTP/1.1 404 Not Found\r\n" + b"A: b\r\n" * 129 + b"\r\n",
    "partial": b"\0" + ANSWER[:70],
}


URLS = {
    "plain": "ws://example.com/chat?room=1",
    "tls": "wss://example.com:8443",
    "credentials": "wss://me:hunter2@example.com/",
    "escaped": "ws://a%40b:hunter2%2F@example.com/%20",
    "two-at": "ws://me:hunter2@x@example.com",
    "ipv4": "ws://127.0.0.1:80/",
    "ipv6": "ws://[::1]:9001/a",
    "zone": "ws://[fe80::1%25eth0]/",
    "short-ipv4": "ws://0x7f.1/",
    "umlaut": "ws://b\u00fccher.example/\u20ac",
    "unix": "ws+unix:///run/app.sock:/chat",
    "unix-tls": "wss+unix:///run/app.sock",
    "fragment": "ws://example.com/#top",
    "backslash": "ws://example.com\\@other/",
    "no-host": "ws:///path",
    "bad-port": "ws://me:hunter2@example.com:99999/",
    "bad-scheme": "hunter2:x@example.com",
    "dots": "ws://example.com/a/../b/./c/%2e%2e/d",
}

OPTIONS = {
    "empty": "{}",
    "data-type": '{"data_type":"object","max_message":1024,"deflate":true}',
    "headers": '{"headers":{"Authorization":"Bearer hunter2","Cookie":["a=1","b=2"]}}',
    "bad-header": '{"headers":{"A b":"hunter2"}}',
    "times": '{"open_timeout_ms":-1,"ping_interval_ms":0,"close_timeout_ms":5000}',
    "proxy": '{"proxy":"http://me:hunter2@proxy:3128"}',
    "bad-proxy": '{"proxy":"ftp://me:hunter2@proxy"}',
    "tls": '{"tls_verify":-1,"tls_min_version":13,"tls_server_name":"example.com"}',
    "bad-key": '{"tls_cert":"-----BEGIN CERTIFICATE-----","tls_key":"hunter2"}',
    "pins": '{"tls_pins":"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}',
    "reconnect": '{"reconnect_max":-1,"reconnect_min_ms":1,"reconnect_max_ms":2}',
    "unknown": '{"no_such_option":1}',
    "wrong-type": '{"max_message":"many"}',
    "not-whole": '{"max_message":1.5}',
    "too-large": '{"max_message":1e99,"queue":99999999999}',
    "array": "[]",
    "cut": '{"headers":{',
    "subprotocols": '{"subprotocols":"a,b","max_redirects":3,"ip_family":6}',
}

NO_PROXY = {
    "none": "ws://example.com\n",
    "all": "ws://example.com\n*",
    "domain": "ws://www.example.com\n.example.com",
    "list": "ws://c.example\na.example, b.example\tc.example",
    "port": "ws://example.com:81\nexample.com:80,example.com:81",
    "network": "ws://10.1.2.3\n10.0.0.0/8",
    "bad-network": "ws://10.1.2.3\n10.0.0.0/33,/8,10.0.0.0/",
    "ipv6": "ws://[::1]:81\n[::1]:81",
    "ipv6-network": "ws://[fe80::1%25eth0]\nfe80::/10",
    "dots": "ws://example.com.\n..,.,example.com..",
    "unix": "ws+unix:///run/app.sock\nx",
}

CHUNKED = {
    "one": b"\x00" + b"5\r\nhello\r\n0\r\n\r\n",
    "two": b"\x02" + b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n",
    "upper": b"\x01" + b"A\r\n0123456789\r\n",
    "cut": b"\x00" + b"5\r\nhel",
    "no-line-break": b"\x00" + b"5\r\nhelloX\r\n3\r\nabc\r\n",
    "line-feeds": b"\x00" + b"5\nhello\n0\n\n",
    "nonsense": b"\x03" + b"nonsense\r\nabc",
    "too-large": b"\x00" + b"fffffffffffffffff\r\nabc",
    "trailers": b"\x04" + b"1\r\nx\r\n0\r\nA: b\r\n\r\n",
    "long-line": b"\xff" + b"1" * 4100,
}

# An HTTP proxy, the same with a password, SOCKS, the same with a password; and the pieces.
TUNNELS = {
    "http": b"\0\0HTTP/1.1 200 Connection established\r\n\r\n",
    "http-chatty": b"\0\0HTTP/1.1 200 OK\r\n\r\nmore",
    "http-interim": b"\0\7HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "http-407": b"\1\5HTTP/1.1 407 Proxy Authentication Required\r\n"
    b"Proxy-Authenticate: Basic realm=\"hunter\"\r\nContent-Length: 2\r\n\r\nno",
    "http-403": b"\0\3HTTP/1.0 403\r\n\r\n",
    "http-cut": b"\0\1HTTP/1.1 200 OK\r\nVia: ",
    "http-none": b"\0\0SSH-2.0-OpenSSH_9.7\r\n",
    "socks": b"\2\0\5\0\5\0\0\1\0\0\0\0\0\0",
    "socks-ipv6": b"\2\2\5\0\5\0\0\4" + bytes(18) + b"hello",
    "socks-name": b"\2\1\5\0\5\0\0\3\4name\0\0",
    "socks-password": b"\3\0\5\2\1\0\5\0\0\1\0\0\0\0\0\0",
    "socks-bad-password": b"\3\0\5\2\1\1",
    "socks-no-method": b"\2\0\5\xff",
    "socks-other-method": b"\2\0\5\1",
    "socks-refused": b"\2\0\5\0\5\5\0\1\0\0\0\0\0\0",
    "socks-bad-address": b"\2\0\5\0\5\0\0\2\0\0\0\0\0\0",
    "socks-4": b"\2\0\0\x5a\0\0\0\0\0\0",
    "socks-http": b"\2\0HTTP/1.1 400 Bad Request\r\n\r\n",
}


def text(seeds):
    return {name: seed.encode() for name, seed in seeds.items()}


def write(target, seeds):
    folder = HERE / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, seed in seeds.items():
        (folder / name).write_bytes(seed)


write("decoder", {name: b"\0\0\x07" + stream for name, stream in STREAMS.items()})
write("response", ANSWERS)
write(
    "decoder_deflate",
    {
        name + of: choice + stream
        for of, choice in CHOICES.items()
        for name, stream in COMPRESSED.items()
        if of == "" or name in ("quotes", "far", "bomb", "fragments", "final")
    }
    | TEXTS,
)
write(
    "extensions",
    {name: b"\0\0\0" + value for name, value in EXTENSIONS.items()}
    | {name + "-asked": b"\3\x0c\x0a" + EXTENSIONS[name] for name in ("plain", "all", "quoted")},
)
write("url", text(URLS))
write("options", text(OPTIONS))
write("no_proxy", text(NO_PROXY))
write("chunked", CHUNKED)
write("proxy", TUNNELS)
