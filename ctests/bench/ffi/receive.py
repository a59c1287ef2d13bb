"""Messages a second from Python's ctypes, with ws_next and with ws_next_batch.

python3 receive.py SERVER LIBRARY [N]: SERVER is the bench's server program, LIBRARY libhostws.so.
"""

import json
import os
import subprocess
import sys
import time
from ctypes import sizeof
from pathlib import Path

server, os.environ["HOSTWS_SHARED_LIBRARY"], *rest = sys.argv[1:]
count = int(rest[0]) if rest else 300_000
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ffi"))

from hostws_ctypes import BLOB, OPEN, Event, hostws  # noqa: E402

SIZE = 64


def fail():
    sys.exit(hostws.ws_last_error_message().decode())


def one_by_one():
    got = 0
    while got < count:
        event = hostws.ws_next(0, -1) or fail()
        got += event.contents.length == SIZE


def several(events):
    got = 0
    while got < count:
        fetched = hostws.ws_next_batch(0, events, len(events), -1)
        if fetched < 0:
            fail()
        for event in events[:fetched]:
            got += event.length == SIZE


def measure(name, port, receive):
    ws = hostws.ws_open(f"ws://127.0.0.1:{port}/flood/{SIZE}/{count}".encode(), None, None)
    opened = hostws.ws_next(0, 10_000)
    if not opened or opened.contents.type != OPEN:
        fail()
    hostws.ws_send(ws, b"go", 2, BLOB)
    start = time.perf_counter()
    receive()
    print(json.dumps({"way": name, "messages_per_second": round(count / (time.perf_counter() - start))}), flush=True)
    hostws.ws_terminate(ws, 0, None)
    while hostws.ws_next(0, 10_000):
        pass


events = (Event * 256)()
events[0].struct_size = sizeof(Event)
process = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
try:
    port = json.loads(process.stdout.readline())["plain"]
    for _ in range(3):
        measure("ws_next", port, one_by_one)
        measure("ws_next_batch", port, lambda: several(events))
finally:
    process.stdin.close()
    process.wait(10)
