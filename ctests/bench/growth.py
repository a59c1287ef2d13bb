#!/usr/bin/env python3
"""Builds the benchmarks and prints how cost grows with the number of connections, the size of a message, and the
number of queues:

    python3 ctests/bench/growth.py [--build BUILD_TREE] [--quick]

The last column is the cost of one (connection, message, byte), as a multiple of that in the table's first row: nothing
grows faster than what it is spent on as long as that stays near 1 or falls. Beside memory it is processor time, which a
busy machine changes less. One round, on loopback, in about a minute.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys

import rows
import run
from table import in_words

CONNECTIONS = [1, 10, 100, 1_000, 10_000]
SECONDS = 3  # of a message a second
SIZES = {  # and how many messages
    0: 1_000_000,
    64: 1_000_000,
    rows.KIB: 200_000,
    16 * rows.KIB: 20_000,
    64 * rows.KIB: 5_000,
    rows.MIB: 300,
    16 * rows.MIB: 20,
    64 * rows.MIB: 5,
}
FRAME = 64  # what a message costs beside its bytes counts as that many
QUEUES = [1, 4, 16, 64]
MESSAGES = 1_000_000  # for all queues together


class Programs:
    def __init__(self, folder, servers):
        self.folder = folder
        self.port = servers.ports["a core each"]["plain"]
        self.cores = servers.cores["a core each"][1]

    def result(self, name, mode, *numbers, flags=()):
        """The program's JSON line."""
        program, *more = name.split()
        command = [self.folder / program, *more, *flags, mode, f"ws://127.0.0.1:{self.port}", *numbers]
        spent_before = run.processor_seconds()
        done = subprocess.run(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            text=True,
            timeout=run.PATIENCE_S,
            preexec_fn=run.pin_to(self.cores),
        )
        if done.returncode:
            sys.exit(f"{name} {mode} {numbers}: exit status {done.returncode}")
        result = json.loads(done.stdout)
        result["processor_s"] = run.processor_seconds() - spent_before
        return result


# ---- the tables ----


class Table:
    def __init__(self, *heads):
        self.first = {}
        self.rows = []
        self.line(*heads, "cost of one, to the first row's")
        self.line(*["---"] * (len(heads) + 1))

    @staticmethod
    def line(*cells):
        print(f"| {' | '.join(cells)} |", flush=True)

    def row(self, *cells, costs):
        """`costs` of one unit: a row in which one is nothing is not the first."""
        for name, cost in costs.items():
            if cost:
                self.first.setdefault(name, cost)
        ratios = [f"{name} {cost / self.first.get(name, 1):.3g} x" for name, cost in costs.items()]
        self.line(*cells, ", ".join(ratios))
        self.rows.append({"row": cells[0], **costs})


def time(ns):
    return in_words("p50_us", ns / 1000)


def size(count):
    for unit, name in (rows.MIB, "MiB"), (rows.KIB, "KiB"):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count:.0f} B"


def connections(programs, options):
    table = Table("connections", "memory of one", "to open all", "idle second", "a message of one a second", "threads")
    for count in CONNECTIONS[1:2] if options.quick else CONNECTIONS:
        seconds = 1 if options.quick else SECONDS
        got = programs.result("growth", "connections", count, seconds)
        memory, message = got["bytes"] / count, got["beat_ns"] / (count * seconds)
        table.row(
            f"{count:,}",
            size(memory),
            time(got["opening_ns"]),
            f"{time(got['idle_ns'])} of processor",
            f"{time(message)} of processor",
            str(got["threads"]),
            costs={
                "memory": memory,
                "opening": got["opening_processor_ns"] / count,
                "idle": got["idle_ns"] / count,
                "message": message,
            },
        )
    return table.rows


def sizes(programs, options):
    table = Table("message", "push", "push, peak memory", "pull", "pull, peak memory")
    for length, count in SIZES.items():
        count = max(1, count // 50) if options.quick else count
        cells, costs = [], {}
        for pump, name in ("push", "client"), ("pull", "client --pull"):
            got = programs.result(name, "flood", count, length)
            each = 1e9 / got["per_second"]
            cells += [f"{time(each)}, {got['per_second'] * length / 1e6:,.0f} MB/s", size(got["peak"])]
            costs[pump] = got["processor_s"] / (count * (FRAME + length))
        table.row(size(length), *cells, costs=costs)
    return table.rows


def queues(programs, options):
    table = Table("queues", "messages a second", "processor time a message", "threads")
    for count in QUEUES[1:2] if options.quick else QUEUES:
        got = programs.result("growth", "queues", count, MESSAGES // 50 if options.quick else MESSAGES)
        each = got["processor_ns"] / got["messages"]
        rate = in_words("per_second", got["messages"] * 1e9 / got["flood_ns"])
        table.row(f"{count}", rate, time(each), str(got["threads"]), costs={"message": each})
    return table.rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_build_arguments(parser)
    parser.add_argument("--quick", action="store_true", help="short rows only: does it work?")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also writes the figures there, for docs/plots.py")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the programs inherit it
    folder = run.build(options)
    with run.Servers(folder / "server") as servers:
        programs = Programs(folder, servers)
        figures = {}
        for table in connections, sizes, queues:
            figures[table.__name__] = table(programs, options)
            print()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"Load: {run.load()}; cores: {os.cpu_count()}.")


if __name__ == "__main__":
    main()
