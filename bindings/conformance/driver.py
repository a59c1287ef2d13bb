"""The driver of a binding, as a process: says commands and takes answers."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import List, Optional

# The longest that a driver may take to end: the library two seconds, the rest is for a slow machine.
END = 60
TRACE = os.environ.get("HOSTWS_CONFORMANCE_TRACE") == "1"


class Lost(Exception):
    """The driver does not answer any more."""


class Driver:
    def __init__(self, command: List[str], patience: float):
        """`patience` is the longest that a command may take."""
        self._patience = patience
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                         encoding="utf-8", errors="replace", bufsize=1)
        self._lines: "queue.Queue[Optional[str]]" = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\r\n"))
        self._lines.put(None)

    def say(self, fields: List[str]) -> None:
        if TRACE:
            print("->", *[field[:100] for field in fields], file=sys.stderr)
        try:
            self._process.stdin.write("\t".join(fields) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise Lost(f"the driver ended {self.ended()}") from None

    def hear(self) -> List[str]:
        try:
            line = self._lines.get(timeout=self._patience)
        except queue.Empty:
            raise Lost(f"no answer within {self._patience} s") from None
        if TRACE:
            print("<-", (line or "the end")[:200], file=sys.stderr)
        if line is None:
            raise Lost(f"the driver ended {self.ended()}")
        return line.split("\t")

    def ask(self, fields: List[str]) -> List[str]:
        self.say(fields)
        return self.hear()

    def memory(self) -> float:
        """What the process has in memory, in MiB."""
        status = Path(f"/proc/{self._process.pid}/status")
        match = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(match[1]) / 1024 if match else 0.0

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def ended(self) -> str:
        """How it ended, in words; kills it if it does not."""
        try:
            code = self._process.wait(END)
        except subprocess.TimeoutExpired:
            self.kill()
            return f"not within {END} s"
        return f"with {code}" if code >= 0 else f"by {signal.Signals(-code).name}"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> str:
        """The end of its stdin is the end of its work."""
        try:
            self._process.stdin.close()
        except OSError:
            pass
        return self.ended()
