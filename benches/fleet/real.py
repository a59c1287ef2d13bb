#!/usr/bin/env python3
"""Opens many connections in one process, kills their server, and tells when all are back.

python3 benches/fleet/real.py [LIBRARY] [CONNECTIONS]; each connection takes a descriptor here and in the server.
"""

import base64
import ctypes
import hashlib
import json
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ctests" / "support"))
from servers import free_port  # noqa: E402

LIBRARY = sys.argv[1] if len(sys.argv) > 1 else "target/release/libhostws.so"
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 19_000
OPEN, RECONNECTED = 1, 9
AWAY_S = 3
PATIENCE_S = 300


def serve(address):
    """Accepts connections one after the other, and keeps them."""
    listener = socket.create_server(address, backlog=4096)
    kept = []
    while True:
        client, _ = listener.accept()
        try:
            head = client.recv(4096)
            key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
            digest = hashlib.sha1(key.split(b":")[1].strip() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
            client.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
            )
            kept.append(client)
        except (OSError, StopIteration):
            client.close()


def start(address):
    child = os.fork()
    if child == 0:
        try:
            serve(address)
        finally:
            os._exit(1)
    return child


def wait_for(library, wanted, start_s):
    """Takes events until there were COUNT of that type. Prints when half and 99 % were there."""
    counts, told = {}, {COUNT // 2: "half", COUNT * 99 // 100: "99 %", COUNT: "all"}
    while counts.get(wanted, 0) < COUNT:
        event = library.ws_next(0, 1000)
        elapsed = time.monotonic() - start_s
        if elapsed > PATIENCE_S:
            sys.exit(f"only {counts.get(wanted, 0)} of {COUNT} after {elapsed:.0f} s")
        if not event:
            continue
        kind = ctypes.c_int32.from_address(event + 4).value
        counts[kind] = counts.get(kind, 0) + 1
        if kind == wanted and counts[kind] in told:
            print(f"  {told[counts[kind]]} after {elapsed:.1f} s")


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    address = "127.0.0.1", free_port()
    server = start(address)
    library = ctypes.CDLL(os.path.abspath(LIBRARY))
    library.ws_open.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
    library.ws_next.restype = ctypes.c_void_p
    try:
        options = {"reconnect_max": -1, "proxy": "", "open_timeout_ms": 120_000}
        print(f"{COUNT} connections open:")
        began = time.monotonic()
        for _ in range(COUNT):
            url = f"ws://127.0.0.1:{address[1]}/".encode()
            if library.ws_open(url, json.dumps(options).encode(), None) < 0:
                sys.exit("ws_open() failed")
        wait_for(library, OPEN, began)
        spent = sum(os.times()[:2])
        print(f"the server is killed, and back after {AWAY_S} s:")
        began = time.monotonic()
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
        time.sleep(AWAY_S)
        server = start(address)
        wait_for(library, RECONNECTED, began)
        print(f"  {sum(os.times()[:2]) - spent:.1f} s of processor time")
    finally:
        os.kill(server, signal.SIGKILL)


if __name__ == "__main__":
    main()
