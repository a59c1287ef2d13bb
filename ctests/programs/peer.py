"""The test server for tests in Python, as a context: its ports by kind, and the file that goes with a kind."""

import os
import subprocess


class Peer:
    def __enter__(self):
        command = os.environ["HOSTWS_TEST_PEER"]
        self.process = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports, self.files = {}, {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                return self
            kind, port, *file = line.split(maxsplit=2)
            self.ports[kind] = int(port)
            self.files[kind] = file[0].strip() if file else None
        raise RuntimeError(f"the test server does not start: {command}")

    def __exit__(self, *_):
        self.process.stdin.close()  # it ends with it
        self.process.stdout.close()
        self.process.wait(20)

    def url(self, kind, path="/", scheme="ws", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.ports[kind]}{path}"
