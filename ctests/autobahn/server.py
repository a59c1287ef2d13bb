"""The fuzzing server of Autobahn|Testsuite, for Python 2.7: server.py FOLDER PORT CASES [EXCLUDE]

What `wstest -m fuzzingserver` does, with the cases untouched, but it listens on 127.0.0.1 alone (wstest takes every
interface), may be asked for any free port (0), reports in JSON alone, and ends when its stdin closes. It waits longer
for what comes at once from every client that does not sleep (PATIENCE_S instead of one second). CASES and EXCLUDE
are patterns as the suite has them, divided by commas or blanks: regular expressions in which a dot is a dot and * is
anything, and which match from the start: "12.*.1$" is 12.1.1 and 12.2.1, without the $ also 12.1.10.

Prints "port N"; FOLDER gets the reports when a client asks for them.
"""

import re
import socket
import sys
import time

import autobahntestsuite.choosereactor  # before any other import of Twisted  # noqa: F401
from autobahntestsuite import fuzzing
from twisted.internet import reactor, stdio
from twisted.internet.protocol import Protocol


PATIENCE_S = 20


class EndWithStdin(Protocol):
    def connectionLost(self, reason):
        reactor.stop()


def main():
    folder, port, cases, exclude = (sys.argv[1:] + [""])[:4]
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", int(port)))
    listening.listen(100)
    listening.setblocking(False)
    port = listening.getsockname()[1]

    def listen_tcp(_, factory, *args, **more):
        return reactor.adoptStreamPort(listening.fileno(), socket.AF_INET, factory)

    reactor.listenTCP = listen_tcp

    create = fuzzing.FuzzingFactory.createReports
    fuzzing.FuzzingFactory.createReports = lambda factory: create(factory, produceHtml=False)

    protocol = fuzzing.FuzzingProtocol
    kill_after, continue_later = protocol.killAfter, protocol.continueLater
    protocol.killAfter = lambda self, delay: kill_after(self, max(delay, PATIENCE_S))
    # After its second wait, "B", a case sends more to a client that should have gone.
    protocol.continueLater = lambda self, delay, then, tag=None: continue_later(
        self, PATIENCE_S if tag == "B" else delay, then, tag)

    close_after = protocol.executeCloseAfter

    def close_when_done(self):
        # Some cases only look at what has come until then; most of them want an answer.
        case = self.runCase
        is_done = any(case.compare(case.received, expected) for expected in case.expected.values())
        if is_done or self.state == self.STATE_CLOSED or time.time() - self.caseStart > PATIENCE_S:
            close_after(self)
        else:
            reactor.callLater(1, self.executeCloseAfter)

    protocol.executeCloseAfter = close_when_done

    fuzzing.startServer({
        "url": "ws://127.0.0.1:%d" % port,
        "outdir": folder,
        "cases": re.split(r"[,\s]+", cases.strip()),
        "exclude-cases": [pattern for pattern in re.split(r"[,\s]+", exclude) if pattern],
        "exclude-agent-cases": {},
        "options": {"closeHandshakeTimeout": PATIENCE_S},
    }, 0)
    print("port %d" % port)
    sys.stdout.flush()
    stdio.StandardIO(EndWithStdin())
    reactor.run()


main()
