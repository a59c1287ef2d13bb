"""Runs hostws-cat in pipes and on a terminal: python3 cat.py PROGRAM..."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

from peer import Peer

PATIENCE = 40
environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and name != "NO_COLOR"}


def cat(*arguments, text=""):
    run = subprocess.run([*sys.argv[1:], *arguments], input=text, capture_output=True, text=True, timeout=PATIENCE,
                         env=environment)
    print("$ hostws-cat", *arguments, run.stdout[:2000], run.stderr[:2000], sep="\n", flush=True)
    return run


def in_pipes(peer):
    echo = peer.url("ws", "/echo")
    run = cat(echo, text="hello\nworld")
    assert (run.returncode, run.stdout, run.stderr) == (0, "hello\nworld\n", ""), run
    many = "".join(f"line {number}\n" for number in range(5000))
    assert cat(echo, text=many).stdout == many
    assert cat("-b", echo, text="a\nb\n").stdout == "ab"
    run = cat(peer.url("wss", "/echo", "wss"), "--ca", peer.files["wss"], text="secret\n")
    assert (run.returncode, run.stdout) == (0, "secret\n"), run
    assert '"b"' in cat("-H", "X-Two: a", "-H", "X-Two: b", peer.url("ws", "/headers")).stdout
    run = cat("--json", echo, text="hello\n")
    events = [json.loads(line) for line in run.stdout.splitlines()]
    assert [event["type"] for event in events] == ["open", "message", "terminate"], run
    assert events[1]["data"] == "hello" and run.returncode == 0
    run = cat("--explain", "-l", peer.url("ws", "/close"))
    assert json.loads(run.stderr.splitlines()[-1])["status"] == "Closed", run
    assert cat("--ping", "2", echo).stdout.count("pong ") == 2
    assert "200 messages of 64 bytes and back" in cat("--bench", "200", echo).stdout


def what_fails(peer):
    run = cat("-l", peer.url("closed"))
    assert run.returncode == 1 and "refused" in run.stderr and run.stdout == "", run
    run = cat("-l", peer.url("wss", "/echo", "wss"))
    assert run.returncode == 1 and "certificate" in run.stderr, run
    for arguments in [], ["--no-such"], ["--ca"], ["http://h/"], ["-H", "bad", "ws://h"], ["ws://a", "ws://b"]:
        run = cat(*arguments)
        assert run.returncode == 2 and run.stderr and not run.stdout, run
    assert cat("--help").stdout.startswith("usage: hostws-cat")
    assert cat("--version").stdout.startswith("hostws-cat 0.")


def on_a_terminal(peer):
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*sys.argv[1:], peer.url("ws", "/echo")], stdin=theirs, stdout=theirs, stderr=theirs,
                               env=environment)
    os.close(theirs)
    shown = b""

    def until(words):
        nonlocal shown
        deadline = time.monotonic() + PATIENCE
        while words not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([ours], [], [], 1)[0]:
                try:
                    shown += os.read(ours, 4096)
                except OSError:  # the end
                    assert words in shown, shown
        print(shown, flush=True)

    until(b"connected after")
    os.write(ours, b"hi \x1b[2J\n")
    until(b"\x1b[36mhi ?[2J")  # in colour, and without what would steer the terminal
    process.send_signal(signal.SIGINT)
    until(b"closed with 1000")
    assert process.wait(PATIENCE) == 0
    os.close(ours)


with Peer() as peer:
    in_pipes(peer)
    what_fails(peer)
    on_a_terminal(peer)
