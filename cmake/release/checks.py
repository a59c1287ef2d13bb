"""What the checks of an archive have in common."""

import os
import subprocess
import sys

DEADLINE = 120


def check(fact, *words):
    if not fact:
        sys.exit("check.py: " + " ".join(map(str, words)))


def run(*command, **more):
    """What a program says. It ends well, or the check fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE * 5, **more)
    check(done.returncode == 0, *command, "ends with", done.returncode, "\n", done.stdout, done.stderr)
    return done.stdout


class Peer:
    """The test server, and where it listens."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            kind, _, rest = line.strip().partition(" ")
            self.said[kind] = rest
        return self.said

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(DEADLINE)


def talk(peer, emulator, programs):
    """Each program, which is that of consumer/, talks to the test server with and without TLS."""
    with Peer(peer) as said:
        port, (tls_port, authority) = said["ws"].split()[0], said["wss"].split()
        for program in programs:
            for arguments in [f"ws://127.0.0.1:{port}/echo"], [f"wss://localhost:{tls_port}/echo", "@" + authority]:
                words = run(*emulator, str(program), *arguments, env=dict(os.environ, no_proxy="*"))
                check("echoed" in words, program, words)
