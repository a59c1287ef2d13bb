"""What is measured: a row of the table each."""

from collections import namedtuple

# placement: "one core": server and client share it; "a core each": the client's threads, all on one, and the server's.
# target: what push and pull are to reach, as a ratio to raw, or in bytes.
Row = namedtuple("Row", "name mode n size connections in_flight flags tls placement target")


def row(name, mode, n, size, target, *, connections=1, in_flight=1, flags=(), tls=False, placement="a core each"):
    return Row(name, mode, n, size, connections, in_flight, tuple(flags), tls, placement, target)


KIB = 1024
MIB = 1024 * KIB

ROWS = [
    row("rtt64-one-core", "rtt", 10_000, 64, 1.10, placement="one core"),
    row("rtt64-core-each", "rtt", 5_000, 64, 1.05),
    row("rtt64-own-loop", "rtt", 10_000, 64, 1.40, flags=["--loop"], placement="one core"),
    row("rtt64-busy-poll", "rtt", 5_000, 64, 0.45, flags=["--busy", "20"]),
    row("rtt64-tls", "rtt", 10_000, 64, 1.10, tls=True, placement="one core"),
    row("pipe64", "pipeline", 200_000, 64, 0.70, in_flight=128),
    row("pipe16k", "pipeline", 10_000, 16 * KIB, 0.65, in_flight=16),
    row("flood64", "flood", 3_000_000, 64, 0.45),
    row("flood64-text", "flood", 3_000_000, 64, 0.40, flags=["--text"]),
    row("flood64k", "flood", 10_000, 64 * KIB, 1.0),
    row("flood64k-text", "flood", 10_000, 64 * KIB, 1.0, flags=["--text"]),
    row("flood1m", "flood", 600, MIB, 1.0),
    row("flood16k-tls", "flood", 10_000, 16 * KIB, 1.0, tls=True),
    row("sink64", "sink", 3_000_000, 64, 0.14),
    row("sink64k", "sink", 10_000, 64 * KIB, 1.0),
    row("idle1k", "idle", 1, 1, 800, connections=1_000),
    row("idle10k", "idle", 1, 1, 800, connections=10_000),
    row("idle1k-tls", "idle", 1, 1, 34_000, connections=1_000, tls=True),
    row("start", "start", 40, 1, None),
    row("start-tls", "start", 40, 1, None, tls=True),
]


def quick(full):
    """The same row in a moment: it shows that it works, and no more."""
    return full._replace(n=max(1, full.n // 50), connections=min(full.connections, 100))
