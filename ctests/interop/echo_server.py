"""An echo server with Python's websockets: echo_server.py [CERTIFICATE KEY]

Prints "port N"; ends when its stdin closes, or after two minutes.
"""

import asyncio
import os
import ssl
import sys
import threading

import websockets


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main():
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    async with websockets.serve(echo, "127.0.0.1", 0, max_size=None, ssl=context) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.sleep(120)


threading.Thread(target=end_with_stdin, daemon=True).start()
asyncio.run(main())
