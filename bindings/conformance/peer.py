"""The test server, as a process beside the one under test."""

import os
import subprocess
from typing import Dict


class Peer:
    """Starts the program that HOSTWS_TEST_PEER names; `places` has what stands for its addresses and files."""

    def __init__(self) -> None:
        program = os.environ.get("HOSTWS_TEST_PEER")
        if not program:
            raise SystemExit("HOSTWS_TEST_PEER does not name the test server")
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.places: Dict[str, str] = {}
        for line in self._process.stdout:
            if line == "ready\n":
                return
            kind, port, *file = line.split(maxsplit=2)
            scheme = "wss" if kind.startswith("wss") else "ws"
            self.places[kind] = f"{scheme}://127.0.0.1:{port}"
            if file:
                self.places["ca" if kind == "wss" else kind + "-file"] = "@" + file[0].rstrip("\n")
        raise SystemExit(f"the test server does not start: {program}")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        # It ends with its stdin.
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
