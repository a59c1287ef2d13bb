"""An echo server with Python's websockets: echo_server.py [--deflate PARAMETERS]... [CERTIFICATE KEY]

Prints "port N", one for each --deflate, in their order; ends when its stdin closes, or after half an hour. PARAMETERS
are what the server insists on in permessage-deflate, written as in its header ("server_max_window_bits=9; ..."), or
"off". With --deflate it also prints, for each connection, what was negotiated.
"""

import argparse
import asyncio
import os
import ssl
import sys
import threading

import websockets
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory

options = argparse.ArgumentParser()
options.add_argument("--deflate", action="append")
options.add_argument("certificate", nargs="*")
options = options.parse_args()


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


def print_negotiated(connection):
    line = "deflate off"
    for it in connection.protocol.extensions:
        if isinstance(it, PerMessageDeflate):
            line = (
                f"deflate server_no_context_takeover={int(it.local_no_context_takeover)}"
                f" client_no_context_takeover={int(it.remote_no_context_takeover)}"
                f" server_max_window_bits={it.local_max_window_bits}"
                f" client_max_window_bits={it.remote_max_window_bits}"
            )
    print(line, flush=True)


async def echo(connection):
    if options.deflate:
        print_negotiated(connection)
    async for message in connection:
        await connection.send(message)


def extensions(parameters):
    if parameters == "off":
        return {"compression": None}
    settings = {}
    for parameter in filter(None, parameters.replace(" ", "").split(";")):
        name, _, value = parameter.partition("=")
        settings[name] = int(value) if value else True
    return {"compression": None, "extensions": [ServerPerMessageDeflateFactory(**settings)]}


async def main():
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.certificate)
    for more in map(extensions, options.deflate) if options.deflate else [{}]:
        server = await websockets.serve(echo, "127.0.0.1", 0, max_size=None, ssl=context, **more)
        print("port", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(1800)


threading.Thread(target=end_with_stdin, daemon=True).start()
asyncio.run(main())
