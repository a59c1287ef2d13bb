"""Runs an example of examples/protocols beside the server that people use for that protocol.

    run.py NAME PROGRAM NODE-FOLDER
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import servers  # noqa: E402

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


def start_node() -> int:
    if shutil.which("node") is None or not (Path(packages) / "installed").exists():
        skip("node or its packages")
    # It ends with its stdin.
    server = subprocess.Popen(["node", "servers.mjs", name], cwd=packages, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    servers.started.append(server)
    return int(server.stdout.readline().split()[1])


def start_mosquitto(folder: str) -> int:
    broker = servers.find("mosquitto")
    if broker is None:
        skip("mosquitto")
    return servers.mosquitto(broker, folder)


arguments, expected = EXAMPLES[name]
with tempfile.TemporaryDirectory() as folder:
    try:
        port = start_mosquitto(folder) if name == "mqtt" else start_node()
        command = [program, *(argument.format(port=port) for argument in arguments)]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60)
    finally:
        servers.end()
print(result.stdout)
if result.returncode != 0 or sorted(result.stdout.splitlines()) != sorted(expected):
    sys.exit(f"{name} ended with {result.returncode}; this was expected:\n" + "\n".join(expected))
