#!/usr/bin/env python3
"""Builds the benchmarks and prints their table:

    python3 ctests/bench/run.py [--only flood64] [--rounds 5] [--against LIBRARY_FOLDER] [--peers]

A figure is the median of all rounds, and behind it the median of its ratios to raw TCP in the same round. Raw moves
the same payloads with blocking calls, and none of the bytes of frames. All programs run in turn, on loopback.
For `rtt64` and `start` less is better, for all others (messages a second) more.
"""

import argparse
import contextlib
import fnmatch
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict, namedtuple

import rows

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATIENCE_S = 120
UNAVAILABLE = 77  # the exit status of a program that cannot do what a row asks for

# What a program is called in the table, how it is run, and what that needs in the environment.
Column = namedtuple("Column", "name command environment")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="the build tree")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", metavar="ROW", help="a row's name, * allowed; may repeat")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    parser.add_argument("--against", type=pathlib.Path, metavar="FOLDER", help="another libhostws.so to compare with")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also writes the figures there, for docs/plots.py")
    parser.add_argument("--cpu", action="store_true", help="processor time of the client, for a machine that is busy")
    parser.add_argument("--peers", action="store_true", help="other libraries too, as far as they can be built here")
    parsed = parser.parse_args()
    if parsed.quick:
        parsed.rounds = 1
    return parsed


# ---- building ----


def build(tree, with_peers):
    fresh = [] if (tree / "CMakeCache.txt").exists() else ["-DCMAKE_BUILD_TYPE=Release"]
    run_quietly("cmake", "-S", ROOT, "-B", tree, "-DBUILD_TESTING=ON", *fresh)
    for target in ["hostws_bench", "hostws_bench_peers"][: 1 + with_peers]:
        run_quietly("cmake", "--build", tree, "--target", target)
    return tree / "ctests/bench"


def run_quietly(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def columns(programs, options):
    found = [Column("raw", [programs / "raw"], {})]
    pumps = {"push": [], "pull": ["--pull"], "batch": ["--batch"]}
    for pump, flags in pumps.items():
        found.append(Column(pump, [programs / "client", *flags], {}))
        if options.against:
            other = {"LD_LIBRARY_PATH": str(options.against.resolve())}
            found.append(Column(f"{pump} before", [programs / "client", *flags], other))
    if options.peers:
        found += [Column(peer.name, [peer], {}) for peer in sorted((programs / "peers").iterdir())]
    return found


# ---- running ----


class Servers:
    """One for each core on which a row may want it."""

    def __init__(self, program):
        every = sorted(os.sched_getaffinity(0))
        first, last = {every[0]}, {every[-1]}
        # placement: the core of the server, the core of the client
        self.cores = {"one core": (first, first), "a core each": (last, first)}
        self.processes = {}
        self.ports = {}
        for placement, (cores, _) in self.cores.items():
            server = subprocess.Popen(
                [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pin_to(cores)
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


def measure(row, column, servers, launcher):
    """The program's own JSON line, or None if it cannot do this."""
    numbers = [row.n, row.size, row.connections, row.in_flight]
    command = [*column.command, *row.flags, row.mode, servers.url(row), *numbers]
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
        return None
    if done.returncode:
        sys.exit(f"{row.name}, {column.name}: exit status {done.returncode}")
    result = json.loads(done.stdout)
    result["cpu_us"] = (processor_seconds() - spent_before) * 1e6 / row.n
    return result


def processor_seconds():
    """Of the programs that have ended: the servers have not."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


# ---- the table ----


FIGURES = {"rtt": "p50_us", "start": "p50_us", "idle": "bytes_each"}


def figure_name(row, options):
    """The number that counts: in a program's JSON line, or the one that measure() adds."""
    if options.cpu and row.mode != "idle":
        return "cpu_us"
    return FIGURES.get(row.mode, "per_second")


def in_words(name, value):
    if name == "bytes_each":
        return f"{value:,.0f} B"
    if name == "per_second":
        return f"{value / 1e6:,.2f} M/s" if value >= 1e6 else f"{value / 1e3:,.1f} k/s"
    return f"{value:,.3g} µs" if value < 1000 else f"{value / 1000:,.2f} ms"


def cell(name, results, raw_results):
    if not results:
        return "-"
    words = in_words(name, statistics.median(result[name] for result in results))
    if name == "bytes_each":
        return f"{words}, {results[0]['threads']} threads"
    if results is raw_results:
        return words
    return f"{words}  **{ratio(name, results, raw_results):.3g} x**"


def ratio(name, results, raw_results):
    """To raw in the same round."""
    return statistics.median(result[name] / raw[name] for result, raw in zip(results, raw_results))


def target(row, name):
    if row.target is None or name == "cpu_us":
        return ""
    if row.mode == "idle":
        return f"at most {row.target:,} B"
    return f"at {'most' if row.mode == 'rtt' else 'least'} {row.target:.2f} x"


def print_table(chosen, shown, results, options):
    print(f"| | {' | '.join(column.name for column in shown)} | to reach |")
    print(f"|---|{'---|' * len(shown)}---|")
    for row in chosen:
        name = figure_name(row, options)
        cells = [cell(name, results[row.name, column.name], results[row.name, "raw"]) for column in shown]
        print(f"| {row.name} | {' | '.join(cells)} | {target(row, name)} |")


def write_json(chosen, shown, results, options):
    figures = {}
    for row in chosen:
        name = figure_name(row, options)
        for column in shown:
            got = results[row.name, column.name]
            if got:
                raw = results[row.name, "raw"]
                figures.setdefault(row.name, {})[column.name] = {
                    name: statistics.median(result[name] for result in got),
                    "ratio": ratio(name, got, raw) if name != "bytes_each" else None,
                }
    options.json.write_text(json.dumps({"rounds": options.rounds, "rows": figures}, indent=1) + "\n")


def stripped_size(library):
    with tempfile.NamedTemporaryFile() as stripped:
        run_quietly("strip", "-o", stripped.name, library)
        return os.path.getsize(stripped.name)


def progress(words):
    if sys.stderr.isatty():
        print(f"\r{words:40}\r", end="", file=sys.stderr, flush=True)


def load():
    return f"{os.getloadavg()[0]:.2f}"


def main():
    options = arguments()
    chosen = [row for row in rows.ROWS if any(fnmatch.fnmatch(row.name, only) for only in options.only or ["*"])]
    if not chosen:
        sys.exit(f"no such row; there are {' '.join(row.name for row in rows.ROWS)}")
    if options.quick:
        chosen = [rows.quick(row) for row in chosen]
    programs = build(options.build, options.peers)
    shown = columns(programs, options)
    results = defaultdict(list)
    load_before = load()
    with Servers(programs / "server") as servers, contextlib.suppress(KeyboardInterrupt):  # the table of what there is
        for number in range(options.rounds):
            for row in chosen:
                progress(f"round {number + 1}: {row.name}")
                for column in shown:
                    result = measure(row, column, servers, programs / "launch")
                    if result:
                        results[row.name, column.name].append(result)
    progress("")
    print_table(chosen, shown, results, options)
    if options.json:
        write_json(chosen, shown, results, options)
    size = stripped_size(options.build / "lib/libhostws.so")
    print(f"\nlibhostws.so, stripped: {size / 1e6:.2f} MB. Rounds: {options.rounds}.", end=" ")
    print(f"Load before and after: {load_before}, {load()}; cores: {os.cpu_count()}.")


if __name__ == "__main__":
    main()
