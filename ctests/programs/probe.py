"""Runs examples/probe against a server that is in order, and against each way to fail: python3 probe.py PROGRAM..."""

import os
import subprocess
import sys

from peer import Peer


def probe(*arguments):
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    run = subprocess.run([*sys.argv[1:], *arguments], capture_output=True, text=True, timeout=60, env=environment)
    print("$ probe", *arguments, run.stdout, run.stderr, sep="\n", flush=True)
    return run.returncode, run.stdout + run.stderr


def check(got, status, *words):
    assert got[0] == status, got
    for word in words:
        assert word in got[1], (word, got[1])
    assert "hunter2" not in got[1]


with Peer() as peer:
    check(probe(peer.url("ws", "/echo?token=hunter2")), 0, "open", "10 pings:", "It is open, from 127.0.0.1:")
    check(probe(peer.url("wss", "/echo", "wss"), "--ca", peer.files["wss"]), 0, "TLS: TLS 1.", "certificate 0", "10 pings:")
    check(probe(peer.url("wss", "/echo", "wss")), 1, 'the phase "tls"', "--ca FILE", "[tls ")
    check(probe(peer.url("wss-expired", "/echo", "wss"), "--ca", peer.files["wss"]), 1, 'the phase "tls"', "expired")
    check(probe(peer.url("closed")), 1, 'the phase "tcp"', "refused", "nobody listens there")
    check(probe(peer.url("raw", "/status/401")), 1, 'the phase "upgrade"', "[http 401]", "Authorization")
    check(probe("ws://no..such-host.invalid/", "--timeout", "20"), 1, 'the phase "dns"', "The name is unknown")
    check(probe(peer.url("ws"), "--proxy", f"http://me:hunter2@127.0.0.1:{peer.ports['closed']}"), 1, "The proxy")
    check(probe("http://h/"), 2, "scheme")
    check(probe(), 2, "usage")
