"""A network that is not well, in a namespace of its own: run.py SUBJECT CLIENT...

    SUBJECT  a part_ below
    CLIENT   hostws_network_client, perhaps behind an emulator

It needs root or user namespaces, the program ip, and (but for the names) the tun device. Exit status 77: they are not
to be had. The namespace ends with this script.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from link import FAR, FAR_V6, NAME, NEAR, Link, ip
from names import Names

SUBJECT, CLIENT = sys.argv[1], sys.argv[2:]
INSIDE = "HOSTWS_TEST_NAMESPACE"
PATIENCE = 40
# More than this is late, on whatever machine.
SLACK = 15
clients = []


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def enter_namespace():
    """Runs this script anew in a network and a mount namespace."""
    for program in "unshare", "ip":
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            skip(f"{program} is not installed")
    os.environ[INSIDE] = "1"
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for user in [], ["--user", "--map-root-user"]:
        unshare = ["unshare", "--net", "--mount", *user]
        probe = subprocess.run([*unshare, "true"], capture_output=True, text=True)
        if probe.returncode == 0:
            os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])
    skip(f"no namespace can be made: {probe.stderr.strip()}")


def link(**manner):
    try:
        return Link(**manner)
    except OSError as error:
        skip(f"there is no tun device: {error}")


def use_names(scratch, entries):
    """A name server of ours for this namespace alone, past all that the system has instead."""
    for path, text in {
        "/etc/resolv.conf": f"nameserver 127.0.0.1\noptions timeout:{2 * SLACK} attempts:1\n",
        "/etc/nsswitch.conf": "hosts: files dns\n",
    }.items():
        if Path(path).exists():
            replacement = scratch / Path(path).name
            replacement.write_text(text)
            subprocess.run(["mount", "--bind", replacement, os.path.realpath(path)], check=True)
    if Path("/run/nscd").exists():
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run/nscd"], check=True)
    return Names(entries)


def answer(connection):
    """Echoes; or sends a message that never ends; or tells how long each message is."""
    def endless():
        while True:
            yield bytes(16 << 10)

    try:
        if connection.request.path == "/endless":
            connection.send(endless())
        for message in connection:
            connection.send(str(len(message)) if connection.request.path == "/length" else message)
    except ConnectionClosed:
        pass


def server(*hosts):
    """Python's websockets, on threads that end with this script: one port, on each of these addresses."""
    port = 0
    for host in hosts:
        made = serve(answer, host, port, compression=None, max_size=None, ping_interval=None)
        port = made.socket.getsockname()[1]
        threading.Thread(target=made.serve_forever, daemon=True).start()
    return port


class Client:
    """The client, and what it tells as it runs."""

    def __init__(self, command, url, environment=None, **options):
        options = {"open_timeout_ms": 20000, "close_timeout_ms": 20000, **options}
        self.lines, self.changed = [], threading.Condition()
        self.process = subprocess.Popen(["timeout", "-k", "1", "100", *CLIENT, command, url, json.dumps(options)],
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        clients.append(self)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def await_line(self, start, exact=False):
        """Waits for the first line that begins so, or is so; gives its other words."""
        def found():
            return [line for line in self.lines if line.startswith(start + " ") or exact and line == start]

        with self.changed:
            self.changed.wait_for(found, PATIENCE)
            assert found(), f"no {start!r} in {self.lines}"
            return found()[0].split()[1:]

    def end(self):
        """All that it told."""
        assert self.process.wait(PATIENCE) == 0, self.lines
        self.await_line("end")
        return self.lines

    def check_fails(self, *words, code=1006):
        told = self.end()
        assert told[-1] == f"end {code}" and told[-2].startswith("error "), told
        for wanted in words:
            assert any(wanted in line for line in told), f"no {wanted!r} in {told}"
        return [line for line in told if line.startswith("error ")]


def part_black_hole(scratch):
    """The IPv6 of a name leads nowhere: IPv4 is tried a quarter of a second later (RFC 8305)."""
    if not Path("/proc/net/if_inet6").exists():
        skip("there is no IPv6")
    link(has_v6=True)
    use_names(scratch, {"both.test": [FAR_V6, FAR]})
    port = server(NEAR)
    times = []
    for _ in range(5):
        client = Client("open", f"ws://both.test:{port}/")
        times.append(int(client.await_line("open")[1]) / 1e6)
        assert client.end()[-1] == "end 1000", client.lines
        if times[-1] < 0.4:
            break
    # The next reason for which it could be tried comes after a second: IPv6 is asked again.
    assert 0.2 < min(times) < 0.9, times


def part_loss(scratch):
    link(delay=0.025, loss=0.05)
    told = Client("echo", f"ws://{FAR}:{server(NEAR)}/").end()
    assert told[-1] == "end 1000", told


def part_slow(scratch):
    """An upload that takes longer than a ping may: while it goes on, the server need not say anything."""
    link(delay=0.01, rate=5e5)
    told = Client("upload", f"ws://{FAR}:{server(NEAR)}/length", ping_interval_ms=400, ping_timeout_ms=4500).end()
    assert told[1:] == [f"message {4 << 20}", "end 1000"], told


def part_cable(scratch, pull=Link.cut):
    """Whatever a connection is doing when the cable is pulled, it finds out when a ping stays unanswered."""
    wire = link(delay=0.01, rate=1e6)
    base = f"ws://{FAR}:{server(NEAR)}"
    # The second is longer than this script may sleep before the cable is pulled.
    options = {"ping_interval_ms": 500, "ping_timeout_ms": 4000}
    idle = Client("stay", f"{base}/", **options)
    receiving = Client("stay", f"{base}/endless", stream_threshold=65536, **options)
    receiving.await_line("part")
    sending = Client("upload", f"{base}/length", **options)
    for client in idle, sending:
        client.await_line("open")
    before = wire.carried
    while wire.carried < before + (1 << 19):
        time.sleep(0.01)
    pull(wire)
    pulled = time.monotonic()
    for client in idle, receiving, sending:
        assert not any(line.startswith("end") for line in client.lines), client.lines
    for client in idle, receiving, sending:
        client.check_fails("error -27 ws ")
        taken = time.monotonic() - pulled
        assert taken < (500 + 4000) / 1000 + SLACK, taken


def part_link_down(scratch):
    """The same when the machine notices."""
    part_cable(scratch, Link.down)


def part_watch(scratch):
    """A change of the network is noticed by the library itself: it pings, and a waiting attempt begins. What is no
    change is not, and neither is any where it is switched off."""
    link()
    url = f"ws://{NEAR}:{server(NEAR)}/"
    retry = {"reconnect_max": -1, "reconnect_min_ms": 60000, "reconnect_max_ms": 600000}

    def pair(environment):
        return (Client("watch", url, environment, ping_interval_ms=300000),
                Client("watch", f"ws://{NEAR}:1/", environment, **retry))

    stable, waiting = aware = pair({})
    unaware = pair({"HOSTWS_NETWORK_WATCH": "0"})
    heir = Client("heir", url)
    for opened in stable, unaware[0], heir:
        opened.await_line("open")
    for refused in waiting, unaware[1]:
        refused.await_line("waits 1", exact=True)
    heir.await_line("alone")

    ip("addr", "add", "127.0.0.9/32", "dev", "lo")
    ip("link", "set", "lo", "mtu", "60000")
    ip("link", "set", NAME, "mtu", "1400")
    ip("route", "add", "192.0.2.0/24", "dev", NAME)
    ip("route", "del", "192.0.2.0/24", "dev", NAME)
    time.sleep(1)  # if it was too short, nothing fails
    for client in *aware, *unaware, heir:
        assert not any(line.startswith("pinged") or line == "waits 2" for line in client.lines), client.lines

    changes = [
        ("addr", "add", "10.9.0.77/32", "dev", NAME),
        ("addr", "del", "10.9.0.77/32", "dev", NAME),
        ("route", "add", "default", "dev", NAME),
        ("link", "set", NAME, "down"),
    ]
    for count, change in enumerate(changes, 1):
        ip(*change)
        stable.await_line(f"pinged {count}", exact=True)
        heir.await_line(f"pinged {count}", exact=True)
        waiting.await_line(f"waits {count + 1}", exact=True)
    for client in unaware:
        assert not any(line.startswith("pinged") or line == "waits 2" for line in client.lines), client.lines


def part_names(scratch):
    """A name server that is slow, silent, generous or knows nothing of it. All at once: most of it is waiting."""
    # The resolver sorts by likeness to 127.0.0.1: this one is the last.
    dead, alive = [f"127.0.0.{n}" for n in range(10, 59)], "127.0.0.200"
    names = use_names(scratch, {
        "slow.test": (1.0, [alive]),
        "silent.test": None,
        "generous.test": [*dead, alive],
        "dead.test": dead,
        "shared.test": (0.5, [alive]),
    })
    port = server(alive)

    def client(command, name, **options):
        return Client(command, f"ws://{name}.test:{port}/", **options)

    slow = client("open", "slow")
    silent = client("open", "silent", open_timeout_ms=1000)
    terminated = client("terminate", "silent")
    shut_down = client("shutdown", "silent")
    generous, dead_all = client("open", "generous"), client("open", "dead")
    unknown = client("open", "no-such")
    shared = client("many", "shared", open_timeout_ms=20000)

    dns_us = int(slow.await_line("open")[0])
    assert 900_000 < dns_us < (1 + SLACK) * 1_000_000, dns_us
    silent.check_fails("error -11 dns ", "silent.test")
    for gone in terminated, shut_down:
        assert int(gone.await_line("after")[0]) < SLACK * 1000, gone.lines
    for gone in terminated, shut_down:
        told = gone.end()
        assert "end 1006" in told and not any(line.startswith("error") for line in told), told
    for opened in slow, generous:
        assert opened.end()[-1] == "end 1000", opened.lines
    stack = dead_all.check_fails("error -22 tcp none of the 49 addresses", "127.0.0.10:", "Connection refused")
    assert len(stack) <= 12 and max(map(len, stack)) < 200, stack
    unknown.check_fails("error -21 dns could not resolve no-such.test: ")
    ends = [line for line in shared.end() if line.startswith("end")]
    assert sorted(ends) == ["end 1000"] * 99 + ["end 1006"], shared.lines
    # Of each look-up one for A and one for AAAA; a connection may come when the first look-up is over.
    asked = names.asked.count("shared.test")
    assert 1 <= asked <= 10, f"{asked} queries for 100 connections"


if INSIDE not in os.environ:
    enter_namespace()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
status = 1
try:
    with tempfile.TemporaryDirectory(prefix="hostws-") as folder:
        globals()[f"part_{SUBJECT}"](Path(folder))
    print("ok")
    status = 0
except SystemExit as end:
    status = end.code
except Exception:
    traceback.print_exc()
for client in clients:
    client.process.terminate()
sys.stdout.flush()
sys.stderr.flush()
# The servers' threads may still wait for a connection to close.
os._exit(status)
