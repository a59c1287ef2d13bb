"""What is measured: a row of the table each."""

from collections import namedtuple

# placement: "one core": server and client share it; "a core each": the client's threads, all on one, and the server's.
# target: what push and pull are to reach, in words.
# is_once: in the first round only, because it takes long or is the same each time.
Row = namedtuple("Row", "name mode n size connections in_flight flags tls placement target is_once")

CORPUS = "CORPUS"  # stands in `flags` for the file
KIB = 1024
MIB = 1024 * KIB


def row(name, mode, n, size, target="", *, connections=1, in_flight=1, flags=(), tls=False, placement="a core each"):
    is_once = mode in ("idle", "rest")
    return Row(name, mode, n, size, connections, in_flight, tuple(flags), tls, placement, target, is_once)


def most(ratio):
    return f"at most {ratio:.2f} x"


def least(ratio):
    return f"at least {ratio:.2f} x"


def latency(name, n, rate, connections, *flags):
    target = "p99: at most raw's and 10 µs" if name == "latency-10k-50" else ""
    return row(name, "latency", n, 64, target, connections=connections, flags=["--rate", rate, *flags])


def compressed(name, mode, kind, n, connections=1):
    flags = ["--deflate", kind, "--corpus", CORPUS]
    return row(f"{name}-{kind}", mode, n, 1, connections=connections, flags=flags)


ROWS = [
    row("rtt64-one-core", "rtt", 10_000, 64, most(1.05), placement="one core"),
    row("rtt64-core-each", "rtt", 5_000, 64, most(0.85)),
    row("rtt64-own-loop", "rtt", 10_000, 64, most(1.40), flags=["--loop"], placement="one core"),
    row("rtt64-busy-poll", "rtt", 5_000, 64, most(0.28), flags=["--busy", 100]),
    row("rtt64-tls", "rtt", 10_000, 64, most(0.95), tls=True, placement="one core"),
    row("rtt16k", "rtt", 5_000, 16 * KIB, most(0.96)),
    row("pipe64", "pipeline", 200_000, 64, least(1.15), in_flight=128),
    row("pipe16k", "pipeline", 10_000, 16 * KIB, least(1.70), in_flight=16),
    row("flood64", "flood", 3_000_000, 64, least(1.00)),
    row("flood64-text", "flood", 3_000_000, 64, least(0.85), flags=["--text"]),
    row("flood1k", "flood", 300_000, KIB, least(1.21)),
    row("flood64k", "flood", 10_000, 64 * KIB, least(1.43)),
    row("flood64k-text", "flood", 10_000, 64 * KIB, least(1.25), flags=["--text"]),
    row("flood1m", "flood", 600, MIB, least(1.36)),
    row("flood16k-tls", "flood", 10_000, 16 * KIB, least(1.06), tls=True),
    row("sink64", "sink", 3_000_000, 64, least(0.35)),
    row("sink64k", "sink", 10_000, 64 * KIB, least(1.22)),
    row("sink16k-tls", "sink", 10_000, 16 * KIB, least(1.27), tls=True),
    row("idle1k", "idle", 1, 1, "at most 1,500 B", connections=1_000),
    row("idle10k", "idle", 1, 1, "at most 780 B", connections=10_000),
    row("idle10k-reconnect", "idle", 1, 1, "at most 820 B", connections=10_000, flags=["--reconnect"]),
    row("idle1k-tls", "idle", 1, 1, "at most 18,000 B", connections=1_000, tls=True),
    row("start", "start", 40, 1, most(1.00)),
    row("start-tls", "start", 40, 1, most(0.90), tls=True),
    # How late messages reach the host that the server sends at a rate: so many a second, on so many connections.
    latency("latency-1k-1", 1_000, 1_000, 1),
    latency("latency-10k-10", 10_000, 10_000, 10),
    latency("latency-10k-50", 10_000, 10_000, 50),
    latency("latency-100k-100", 100_000, 100_000, 100),
    latency("latency-beside-slow", 10_000, 10_000, 50, "--slow"),
    latency("latency-60-hertz", 10_000, 10_000, 50, "--hertz", 60),
    # Messages like those of real servers, against zlib alone, in memory.
    compressed("deflate", "deflate", "takeover", 20_000),
    compressed("deflate", "deflate", "fresh", 20_000),
    compressed("inflate", "inflate", "takeover", 20_000),
    compressed("inflate", "inflate", "fresh", 20_000),
    compressed("idle-deflate", "idle", "takeover", 1, connections=200),
    compressed("idle-deflate", "idle", "fresh", 1, connections=200),
    # Single calls; send alone beside send(2) of the system.
    # On one core, the scheduler may run the server within the call.
    row("call-send64", "call-send", 5_000, 64),
    row("call-send64-gathered", "call-gather", 200, 64),
    row("call-poll-nothing", "call-poll", 500, 1),
    row("call-status", "call-status", 500, 1),
    # Default options, and nothing to do but pings.
    row("rest1k", "rest", 33, 1, "at most 1 wake-up a ping", connections=1_000),
]


def quick(full):
    """The same row in a moment: it shows that it works, and no more."""
    seconds = {"rest": 1}
    n = seconds.get(full.mode, full.n // 50)
    if full.mode in ("deflate", "inflate"):
        n = 1_000  # the corpus, once
    connections = min(full.connections, 100)
    return full._replace(n=max(connections if full.mode == "latency" else 1, n), connections=connections)
