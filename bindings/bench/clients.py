"""The clients of Python for bench.py: clients.py CLIENT MODE URL N SIZE. Each does what its documentation shows as the usual way.

One that ends in "uvloop" runs in that loop.
"""

import asyncio
import os
import sys
import time

CLIENT, MODE, URL = sys.argv[1:4]
COUNT, SIZE = int(sys.argv[4]), int(sys.argv[5])
IS_FLOOD = MODE.startswith("flood")
PATH = f"{URL}/{MODE}/{SIZE}/{COUNT}" if IS_FLOOD else f"{URL}/echo"
MESSAGE = b"x" * SIZE
# How many are sent before the first answer.
AHEAD = 128 if MODE == "flight" else 1
now = time.process_time if os.environ.get("BENCH_CPU") == "1" else time.perf_counter


def report(start):
    print(now() - start)


def blocking(ws, send, recv):
    start = now()
    if IS_FLOOD:
        send(b"go")
        for _ in range(COUNT):
            recv()
    else:
        for _ in range(AHEAD):
            send(MESSAGE)
        for _ in range(COUNT - AHEAD):
            recv()
            send(MESSAGE)
        for _ in range(AHEAD):
            recv()
    report(start)
    ws.close()


async def awaited(ws, send, recv):
    start = now()
    if IS_FLOOD:
        await send(b"go")
        for _ in range(COUNT):
            await recv()
    else:
        for _ in range(AHEAD):
            await send(MESSAGE)
        for _ in range(COUNT - AHEAD):
            await recv()
            await send(MESSAGE)
        for _ in range(AHEAD):
            await recv()
    report(start)


async def iterated(messages, send):
    """A flood by `async for`, which is how these clients are used."""
    start = now()
    await send(b"go")
    got = 0
    async for _ in messages:
        got += 1
        if got == COUNT:
            break
    report(start)


async def hostws_asyncio():
    import hostws.aio

    async with hostws.aio.connect(PATH, send_queue_max=-1) as ws:
        await (iterated(ws, ws.send) if IS_FLOOD else awaited(ws, ws.send, ws.recv))


def hostws_blocking():
    import hostws

    ws = hostws.connect(PATH, send_queue_max=-1)
    blocking(ws, ws.send, iter(ws).__next__ if IS_FLOOD else ws.recv)


async def aiohttp_client():
    import aiohttp

    async with aiohttp.ClientSession() as session, session.ws_connect(PATH, max_msg_size=0) as ws:
        await (iterated(ws, ws.send_bytes) if IS_FLOOD else awaited(ws, ws.send_bytes, ws.receive))


async def websockets_client():
    from websockets.asyncio.client import connect

    async with connect(PATH, max_size=None, compression=None, proxy=None) as ws:
        await (iterated(ws, ws.send) if IS_FLOOD else awaited(ws, ws.send, ws.recv))


def websocket_client():
    import websocket

    ws = websocket.create_connection(PATH)
    blocking(ws, ws.send_binary, ws.recv)


async def picows_client():
    """Its listener is called with each frame; the payload is made what a program would use."""
    import picows

    done = asyncio.get_running_loop().create_future()

    class Listener(picows.WSListener):
        def __init__(self):
            self.got, self.sent = 0, 0

        def on_ws_connected(self, transport):
            self.start = now()
            for _ in range(1 if IS_FLOOD else AHEAD):
                self.sent += 1
                transport.send(picows.WSMsgType.BINARY, b"go" if IS_FLOOD else MESSAGE)

        def on_ws_frame(self, transport, frame):
            frame.get_payload_as_utf8_text() if MODE == "flood-text" else frame.get_payload_as_bytes()
            self.got += 1
            if self.got == COUNT:
                report(self.start)
                transport.disconnect()
                done.set_result(None)
            elif not IS_FLOOD and self.sent < COUNT:
                self.sent += 1
                transport.send(picows.WSMsgType.BINARY, MESSAGE)

    await picows.ws_connect(Listener, PATH)
    await done


def run(main):
    if CLIENT.endswith("uvloop"):
        import uvloop

        uvloop.run(main)
    else:
        asyncio.run(main)


clients = {
    "Python asyncio": hostws_asyncio, "Python uvloop": hostws_asyncio, "Python blocking": hostws_blocking, "picows": picows_client,
    "picows uvloop": picows_client, "aiohttp": aiohttp_client, "websockets": websockets_client, "websocket-client": websocket_client,
}
client = clients[CLIENT]
run(client()) if asyncio.iscoroutinefunction(client) else client()
