#!/usr/bin/env python3
"""Builds the benchmarks and checks the memory that they take, which no busy machine changes:

    python3 ctests/bench/memory.py [--build BUILD_TREE]
"""

import argparse
import resource
import sys

import growth
import rows
import run

CONNECTIONS = 10_000
COMPRESSING = 200
LARGE = 64 * rows.MIB

# What is measured of it, and the most that it may be.
LIMITS = {
    "an idle connection": 800,
    "an idle connection with reconnect_max": 840,
    "an idle connection that has compressed without takeover": 10_000,
    "the peak while messages of 64 MiB come, to one of them": 1.3,
}


def measure(programs, corpus):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the programs inherit it
    count = min(CONNECTIONS, most - 100)
    for name in "growth", "growth --reconnect":
        yield programs.result(name, "connections", count, 1)["bytes"] / count
    flags = ["--deflate", "fresh", "--corpus", corpus]
    yield programs.result("client", "idle", 1, 1, COMPRESSING, flags=flags)["bytes_each"]
    yield programs.result("client", "flood", 5, LARGE)["peak"] / LARGE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_build_arguments(parser)
    folder = run.build(parser.parse_args())
    is_good = True
    with run.Servers(folder / "server") as servers:
        for (what, limit), got in zip(LIMITS.items(), measure(growth.Programs(folder, servers), servers.corpus)):
            is_good &= got <= limit
            print(f"{what}: {got:.4g}, at most {limit:.4g}", flush=True)
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
