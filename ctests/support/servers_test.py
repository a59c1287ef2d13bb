"""What servers.py promises, beside a server that behaves as nginx does: it listens on its first port while it still
tries to get its second, serves once it has both, and ends if it never does."""

import socket
import sys
from unittest import mock

import servers

SERVER = """
import socket, sys, time
listening = [socket.create_server(("127.0.0.1", int(sys.argv[1])))]
for _ in range(5):
    try:
        listening.append(socket.create_server(("127.0.0.1", int(sys.argv[2]))))
        break
    except OSError as error:
        print(error, flush=True)
        time.sleep(0.1)
else:
    sys.exit(1)
while True:
    for listener in listening:
        listener.settimeout(0.01)
        try:
            connection = listener.accept()[0]
        except TimeoutError:
            continue
        connection.sendall(b"here")
        connection.close()
"""


def here(port):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.settimeout(10)
        return connection.recv(10) == b"here"


def ports_are_given_once_and_not_by_the_system():
    ports = [servers.free_port() for _ in range(500)]
    assert len(set(ports)) == 500
    first, last = map(int, servers.EPHEMERAL.read_text().split()) if servers.EPHEMERAL.exists() else (49152, 65535)
    assert not any(first <= port <= last for port in ports) or first <= 21000, ports
    # What somebody has is not free; neither is what was given.
    with socket.create_server(("127.0.0.1", 0)) as other:
        unused = servers.free_port()
        servers.given.remove(unused)
        with mock.patch.object(servers.random, "sample", lambda *_: [other.getsockname()[1], ports[0], unused]):
            assert servers.free_port() == unused


def nobody_listens_on_a_closed_port():
    port = servers.closed_port()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    try:
        socket.create_server(("127.0.0.1", port))
    except OSError:
        return
    raise AssertionError("somebody else could have it")


def one_whose_second_port_is_taken_is_started_again():
    asked, taken = [], []

    def with_second_taken(*ports):
        if not asked:
            taken.append(socket.create_server(("127.0.0.1", ports[1])))
        asked.append(ports)
        return sys.executable, "-c", SERVER, *ports

    ports = servers.start(with_second_taken, here, here)
    assert len(asked) == 2 and tuple(ports) == asked[1] and not set(asked[0]) & set(asked[1]), asked
    assert here(ports[0]) and here(ports[1])


def one_that_never_starts_is_named_with_its_log():
    asked = []

    def fails(port):
        asked.append(port)
        return sys.executable, "-c", "print('no such directive'); raise SystemExit(1)"

    try:
        servers.start(fails, here)
    except SystemExit as error:
        assert "does not start" in error.code and "no such directive" in error.code, error.code
        assert len(set(asked)) == servers.TRIES, asked
        return
    raise AssertionError("it is said to run")


try:
    for test in (ports_are_given_once_and_not_by_the_system, nobody_listens_on_a_closed_port,
                 one_whose_second_port_is_taken_is_started_again, one_that_never_starts_is_named_with_its_log):
        test()
        print("ok", test.__name__)
finally:
    servers.end()
