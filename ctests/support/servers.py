"""Servers of others, which want to be told the ports that they listen on: free ports, and a start that is sure.

For scripts of the shell:

    servers.py                   prints a free port
    servers.py QUESTION PORT     succeeds if the server there answers to it: http, tls, socks or mqtt
"""

import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRIES = 3
PATIENCE_S = 20
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
given = set()
held = []
started = []


# ---- ports ----

def range_of_ports():
    """Ports that the system gives to nobody by itself: no connection and no server on port 0 gets one meanwhile."""
    first = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 49152
    return range(20000, min(first, 32000)) if first > 21000 else range(10000, 32000)


def bound():
    """A socket that is bound to a free port, which was not given before."""
    for port in random.sample(range_of_ports(), 1000):
        if port in given:
            continue
        made = socket.socket()
        try:
            made.bind(("127.0.0.1", port))
        except OSError:
            made.close()
            continue
        given.add(port)
        return made
    sys.exit("there is no free port")


def free_port():
    """For a server to listen on."""
    with bound() as free:
        return free.getsockname()[1]


def closed_port():
    """A port on which nobody listens, as long as this program runs."""
    held.append(bound())
    return held[-1].getsockname()[1]


# ---- what a server answers that runs ----

def asked(port, question):
    with socket.create_connection(("127.0.0.1", port), 2) as connection:
        connection.sendall(question)
        return connection.recv(100)


def http(port):
    # Mosquitto answers no other request.
    request = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
               b"Sec-WebSocket-Protocol: mqtt\r\n\r\n")
    return asked(port, request).startswith(b"HTTP/")


def tls(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 2) as connection, context.wrap_socket(connection):
        return True


def socks(port):
    return asked(port, b"\x05\x01\x00").startswith(b"\x05")


def mqtt(port):
    return asked(port, b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05ready").startswith(b"\x20")


# ---- starting and ending ----

def find(*programs):
    """Where one of them is, also where only root usually looks, or None."""
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    return next(filter(None, (shutil.which(program, path=path) for program in programs)), None)


def answers(question, port):
    try:
        return question(port)
    except OSError:
        return False


def start(command, *questions):
    """Starts a server that listens on a port for each question (http, tls, socks, mqtt); returns its ports.

    `command(port, ...)` says how. It is ready once it answers on each port: one that cannot have its second may listen
    on its first for seconds. A server that ends instead is started again, with other ports: somebody may have been faster.
    """
    for _ in range(TRIES):
        ports = [free_port() for _ in questions]
        log = tempfile.TemporaryFile()
        words = [str(word) for word in command(*ports)]
        # `timeout` ends it should this program be killed.
        process = subprocess.Popen(["timeout", "-k", "1", "100", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        started.append(process)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and process.poll() is None:
            if all(answers(question, port) for question, port in zip(questions, ports)) and process.poll() is None:
                return ports
            time.sleep(0.05)
        if process.poll() is None:
            break
    log.seek(0)
    sys.exit(f"{words[0]} does not start:\n{log.read().decode(errors='replace')}")


def mosquitto(program, folder):
    """The port on which a broker speaks MQTT over WebSocket."""
    config = Path(folder) / "mosquitto.conf"

    def command(port, other):
        # Version 2.0.11 ends when it has no listener but the first.
        config.write_text(f"listener {port} 127.0.0.1\nprotocol websockets\nallow_anonymous true\nlog_dest stderr\n"
                          f"listener {other} 127.0.0.1\n")
        return program, "-c", config

    return start(command, http, mqtt)[0]


def end():
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


QUESTIONS = {question.__name__: question for question in (http, tls, socks, mqtt)}

if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(free_port())
    else:
        sys.exit(not answers(QUESTIONS[sys.argv[1]], int(sys.argv[2])))
