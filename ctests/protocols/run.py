"""Runs an example of examples/protocols beside the server that people use for that protocol.

    run.py NAME PROGRAM NODE-FOLDER
"""

import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

name, program, packages = sys.argv[1:]

# NAME: (arguments, lines that it must print, in any order); {port} is the server's.
EXAMPLES = {
    "order_book": (["ws://127.0.0.1:{port}/", "28"],
                   ["sequence 40, best bid 98.90, best ask 101.00, gaps 1, resumes 1"]),
    "json_rpc": (["ws://127.0.0.1:{port}/"],
                 ["3 + 4: 7", "an unknown method: error: Method not found", "a slow method: error: timeout"]),
    "graphql": (["ws://127.0.0.1:{port}/", "subscription {{ countdown(from: 3) }}"],
                ['{"countdown":3}', '{"countdown":2}', '{"countdown":1}', "complete"]),
    "socket_io": (["127.0.0.1:{port}", "hello"], ["answer: HELLO"]),
    "stomp": (["ws://127.0.0.1:{port}/", "/topic/news", "hello"], ["hello"]),
    "mqtt": (["ws://127.0.0.1:{port}/", "news/today", "hello"], ["news/today: hello"]),
}


def skip(what: str) -> None:
    print(f"skipped: {what} is not installed")
    sys.exit(77)


def start_node() -> tuple[subprocess.Popen, int]:
    if shutil.which("node") is None or not (Path(packages) / "installed").exists():
        skip("node or its packages")
    server = subprocess.Popen(["node", "servers.mjs", name], cwd=packages, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline().split()
    return server, int(line[1])


def free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [free.getsockname()[1] for free in sockets]
    for free in sockets:
        free.close()
    return ports


def start_mosquitto(folder: str) -> tuple[subprocess.Popen, int]:
    broker = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if broker is None:
        skip("mosquitto")
    port, other = free_ports()
    config = Path(folder) / "mosquitto.conf"
    # Version 2.0.11 ends when it has no listener but the first.
    config.write_text(f"listener {port} 127.0.0.1\nprotocol websockets\nallow_anonymous true\nlog_dest stderr\n"
                      f"listener {other} 127.0.0.1\n")
    server = subprocess.Popen([broker, "-c", config], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if "running" in line:
            break
    return server, port


arguments, expected = EXAMPLES[name]
with tempfile.TemporaryDirectory() as folder:
    server, port = start_mosquitto(folder) if name == "mqtt" else start_node()
    try:
        command = [program, *(argument.format(port=port) for argument in arguments)]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60)
    finally:
        server.kill()
        server.wait()
print(result.stdout)
if result.returncode != 0 or sorted(result.stdout.splitlines()) != sorted(expected):
    sys.exit(f"{name} ended with {result.returncode}; this was expected:\n" + "\n".join(expected))
