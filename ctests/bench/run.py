#!/usr/bin/env python3
"""Builds the benchmarks and prints their table:

    python3 ctests/bench/run.py [--only flood64] [--rounds 5] [--against LIBRARY_FOLDER]
    python3 ctests/bench/run.py --peers --minutes 12     # beside other clients, as far as they can be built here
    python3 ctests/bench/run.py --peers yawc ws          # beside these two

A figure is the median of all rounds, and behind it the median of its ratios to raw TCP in the same round. Raw moves
the same payloads with blocking calls, and none of the bytes of frames; for compression it is zlib alone, in memory. All
programs run in turn, on loopback. Less is better for times and bytes; more for messages and megabytes a second. What was
not measured, and why, is told at the end.
"""

import argparse
import contextlib
import fnmatch
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict

import corpus
import machine
import peers
import rows
import table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATIENCE_S = 120
UNAVAILABLE = 77  # the exit status of a program that cannot do what a row asks for
Column = peers.Peer
OURS = {"raw", "push", "pull", "batch"}  # the others are told of, and the run goes on


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_build_arguments(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, metavar="M", help="no round begins that would end after so long")
    parser.add_argument("--only", action="append", metavar="ROW", help="a row's name, * allowed; may repeat")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    parser.add_argument("--against", type=pathlib.Path, metavar="FOLDER", help="another libhostws.so to compare with")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also writes the figures there, for docs/plots.py")
    parser.add_argument("--cpu", action="store_true", help="processor time of the client, for a machine that is busy")
    parser.add_argument("--peers", nargs="*", choices=peers.NAMES, metavar="NAME", help="other clients too: these, or all")
    parsed = parser.parse_args()
    if parsed.quick:
        parsed.rounds = 1
    return parsed


# ---- building ----


def add_build_arguments(parser):
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="the build tree")
    parser.add_argument("--built", action="store_true", help="all is built already: nothing looks whether it is")


def build(options):
    """The folder of the programs."""
    tree = options.build
    if options.built:
        return tree / "ctests/bench"
    fresh = [] if (tree / "CMakeCache.txt").exists() else ["-DCMAKE_BUILD_TYPE=Release"]
    run_quietly("cmake", "-S", ROOT, "-B", tree, "-DBUILD_TESTING=ON", *fresh)
    run_quietly("cmake", "--build", tree, "--target", "hostws_bench")
    return tree / "ctests/bench"


def run_quietly(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def columns(programs, options, gaps):
    found = [Column("raw", [programs / "raw"], {})]
    pumps = {"push": [], "pull": ["--pull"], "batch": ["--batch"]}
    for pump, flags in pumps.items():
        found.append(Column(pump, [programs / "client", *flags], {}))
        if options.against:
            other = {"LD_LIBRARY_PATH": str(options.against.resolve())}
            found.append(Column(f"{pump} before", [programs / "client", *flags], other))
    if options.peers is not None:
        found += peers.build(options.peers or peers.NAMES, programs / "peers", gaps)
    return found


# ---- running ----


class Servers:
    """One for each core on which a row may want it."""

    def __init__(self, program):
        self.corpus = program.parent / "corpus"
        corpus.write(self.corpus)
        every = sorted(os.sched_getaffinity(0))
        first, last = {every[0]}, {every[-1]}
        # placement: the core of the server, the core of the client
        self.cores = {"one core": (first, first), "a core each": (last, first)}
        self.processes = {}
        self.ports = {}
        for placement, (cores, _) in self.cores.items():
            server = subprocess.Popen(
                [program, self.corpus], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pin_to(cores)
            )
            self.processes[placement] = server
            self.ports[placement] = json.loads(server.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.processes.values():
            server.stdin.close()
            server.wait(10)

    def url(self, row):
        port = self.ports[row.placement]["tls" if row.tls else "plain"]
        return f"{'wss' if row.tls else 'ws'}://127.0.0.1:{port}"


def pin_to(cores):
    return lambda: os.sched_setaffinity(0, cores)


class NotMeasured(Exception):
    pass


def measure(row, column, servers, launcher):
    """The program's own JSON line."""
    numbers = [row.n, row.size, row.connections, row.in_flight]
    flags = [servers.corpus if flag == rows.CORPUS else flag for flag in row.flags]
    command = [*column.command, *flags, row.mode, servers.url(row), *numbers]
    if row.mode == "start":
        command = [launcher, row.n, *command]
    spent_before = processor_seconds()
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, **column.environment},
        preexec_fn=pin_to(servers.cores[row.placement][1]),
    )
    if done.returncode == UNAVAILABLE:
        raise NotMeasured("has no")
    if done.returncode:
        if column.name.partition(" ")[0] in OURS:
            sys.exit(f"{row.name}, {column.name}: exit status {done.returncode}")
        raise NotMeasured(f"ended with {done.returncode} in")
    result = json.loads(done.stdout)
    result["cpu_us"] = (processor_seconds() - spent_before) * 1e6 / row.n
    return result


def processor_seconds():
    """Of the programs that have ended: the servers have not."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


# ---- the whole ----


def stripped_size(library):
    with tempfile.NamedTemporaryFile() as stripped:
        run_quietly("strip", "-o", stripped.name, library)
        return os.path.getsize(stripped.name)


def progress(words):
    if sys.stderr.isatty():
        print(f"\r{words:40}\r", end="", file=sys.stderr, flush=True)


def load():
    return f"{os.getloadavg()[0]:.2f}"


def run_rounds(chosen, shown, servers, launcher, options, gaps):
    """The results of each row and column by the number of their round, and how many rounds there were."""
    results = defaultdict(dict)
    started = time.monotonic()
    longest = 0
    with contextlib.suppress(KeyboardInterrupt):  # the table of what there is
        for number in range(options.rounds):
            begun = time.monotonic()
            if number and options.minutes and begun - started + longest > options.minutes * 60:
                return results, number
            for row in chosen:
                progress(f"round {number + 1}: {row.name}")
                for column in shown if not (row.is_once and number) else []:
                    try:
                        results[row.name, column.name][number] = measure(row, column, servers, launcher)
                    except NotMeasured as reason:
                        gaps[column.name, str(reason)][row.name] = None
            longest = max(longest, time.monotonic() - begun)
    return results, options.rounds


def tell_gaps(gaps):
    for (name, reason), missing in sorted(gaps.items()):
        print(f"Not measured: {name} {' '.join([reason, *missing])}")


def main():
    options = arguments()
    chosen = [row for row in rows.ROWS if any(fnmatch.fnmatch(row.name, only) for only in options.only or ["*"])]
    if not chosen:
        sys.exit(f"no such row; there are {' '.join(row.name for row in rows.ROWS)}")
    if options.quick:
        chosen = [rows.quick(row) for row in chosen]
    programs = build(options)
    gaps = defaultdict(dict)  # a column and a reason, and the rows, in order
    shown = columns(programs, options, gaps)
    load_before = load()
    with Servers(programs / "server") as servers:
        results, rounds = run_rounds(chosen, shown, servers, programs / "launch", options, gaps)
    progress("")
    undone = [row.name for row in chosen if options.quick and not results[row.name, "push"]]
    if undone:
        sys.exit(f"hostws did not do {' '.join(undone)}")
    figures = table.figures(chosen, [column.name for column in shown], results, options.cpu)
    table.show(chosen, figures)
    facts = machine.facts()
    facts["library"] = f"libhostws.so, stripped: {stripped_size(options.build / 'lib/libhostws.so') / 1e6:.2f} MB"
    facts["rounds"] = rounds
    facts["load"] = f"{load_before} before, {load()} after"
    print("\n" + "\n".join(f"{name}: {fact}" for name, fact in facts.items()))
    if options.json:
        options.json.write_text(json.dumps({"machine": facts, "rows": figures}, indent=1) + "\n")
    tell_gaps(gaps)


if __name__ == "__main__":
    main()
