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

    def __init__(self, program, *arguments):
        self.command = program, *arguments

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            kind, _, rest = line.strip().partition(" ")
            self.said.setdefault(kind, []).append(rest)
        return self.said

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(DEADLINE)


def talk(peer, emulator, programs):
    """Each program, which is that of consumer/, talks to the test server with and without TLS."""
    with Peer(peer) as said:
        talk_to(said, emulator, programs)


def talk_by_wine(peer, emulator, programs, fetch_list):
    """The same for Windows. What fetch_list fetches, wine needs for TLS, and keeps."""
    with Peer(peer, "--wine") as said:
        lists = [f"http://127.0.0.1:{port}{path}" for port, path in map(str.split, said["list"])]
        run(*emulator, str(fetch_list), *lists, env=alone())
        talk_to(said, emulator, programs, drive="Z:")


def talk_to(said, emulator, programs, drive=""):
    port, (tls_port, authority) = said["ws"][0].split()[0], said["wss"][0].split()
    for program in programs:
        for arguments in [f"ws://127.0.0.1:{port}/echo"], [f"wss://localhost:{tls_port}/echo", f"@{drive}{authority}"]:
            words = run(*emulator, str(program), *arguments, env=alone())
            check("echoed" in words, program, words)


def alone():
    """No proxy is between, and nobody starts a second server."""
    return {name: value for name, value in os.environ.items() if name != "HOSTWS_TEST_PEER"} | {"no_proxy": "*"}
