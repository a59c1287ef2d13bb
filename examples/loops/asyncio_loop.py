"""hostws in asyncio: the queue's descriptor is one more reader of the loop.

    python3 asyncio_loop.py URL             HOSTWS_LIBRARY may name the library's file
    python3 asyncio_loop.py URL --uvloop    the same on uvloop
"""

import asyncio
import ctypes
import json
import os
import sys

ws = ctypes.CDLL(os.environ.get("HOSTWS_LIBRARY", "libhostws.so.0"))
ws.ws_last_error_message.restype = ctypes.c_char_p
ws.ws_queue_loop_fd.restype = ctypes.c_ssize_t
ws.ws_send.argtypes = [ctypes.c_int32, ctypes.c_char_p, ctypes.c_int64, ctypes.c_int32]
ws.ws_next_json.argtypes = [ctypes.c_int32, ctypes.c_int32, ctypes.c_char_p, ctypes.c_int64]
ws.ws_next_json.restype = ctypes.c_int64

buffer = ctypes.create_string_buffer(65536)


def next_event():
    """The next event that waits, or None."""
    global buffer
    length = ws.ws_next_json(0, 0, buffer, len(buffer))
    if length >= len(buffer):  # it has no room and stays for the next call
        buffer = ctypes.create_string_buffer(length + 1)
        length = ws.ws_next_json(0, 0, buffer, len(buffer))
    return json.loads(buffer.value) if length > 0 else None


async def main(url):
    events = asyncio.Queue()

    def on_readable():
        # A few at a time, so that other tasks have their turn; the descriptor stays readable for the rest.
        for _ in range(64):
            event = next_event()
            if event is None:
                break
            events.put_nowait(event)

    connection = ws.ws_open(url.encode(), b"{}", None)
    if connection < 0:
        sys.exit(ws.ws_last_error_message().decode())
    loop = asyncio.get_running_loop()
    loop.add_reader(ws.ws_queue_loop_fd(0), on_readable)
    while True:
        event = await events.get()
        if event["type"] == "open":
            ws.ws_send(connection, b"hello", -1, 1)
        elif event["type"] == "message":
            print(event["data"])
            ws.ws_terminate(connection, 1000, None)
        elif event["type"] == "error":
            print(event["errors"][-1]["message"], file=sys.stderr)
        elif event["type"] == "terminate":
            print("closed:", event["code"], event["reason"])
            break
    loop.remove_reader(ws.ws_queue_loop_fd(0))


if __name__ == "__main__":
    if "--uvloop" in sys.argv:
        import uvloop

        uvloop.run(main(sys.argv[1]))
    else:
        asyncio.run(main(sys.argv[1]))
