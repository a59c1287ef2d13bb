#!/usr/bin/env python3
"""Measures the bindings beside the favourites of their languages, in one run, against one server:

    python3 bindings/bench.py --python WHEEL [--work FOLDER] [--rounds 3] [--only COLUMN,...] [--cpu] [--quick]

WHEEL is the package for Python. FOLDER (build/bindings-bench) gets the server of ctests/bench and what PyPI and npm have. Another
binding takes part by a bench.json in its folder: {"C#": ["mono", "bench.exe"]}, columns and commands, run in FOLDER. In a
command {root} is the repository, and {tests} where the tests have built and installed the packages (--tests,
build/release/ctests/bindings). It is given MODE URL N SIZE:

    flood, flood-text   sends "go" to URL/flood/SIZE/N or /flood-text/SIZE/N, and takes N messages of SIZE bytes
    rtt                 N round trips of SIZE bytes at URL/echo, one after the other
    flight              the same with 128 in flight

and prints one line: seconds from the first to the last, with BENCH_CPU=1 in the environment those of its processor, or it ends
with 77 for what it cannot do. A figure is the median of the rounds. Round trips share one core with the server; else each has its
own. "x" compares with the favourite of the language in the same round, and "raw" with a program in C that moves the same bytes over
TCP with blocking calls: of a round trip less is better.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PATIENCE_S = 120
UNAVAILABLE = 77
PACKAGES = ["aiohttp==3.14.5", "picows==2.3.1", "uvloop==0.23.0", "websocket-client==1.9.2", "websockets==17.4"]
WS = "ws@8.23.0"
# What a row is called: mode, messages, bytes.
ROWS = {
    "receive 64 B": ("flood", 1_000_000, 64),
    "receive 64 B text": ("flood-text", 1_000_000, 64),
    "receive 64 KiB": ("flood", 10_000, 65536),
    "receive 64 KiB text": ("flood-text", 10_000, 65536),
    "128 in flight": ("flight", 200_000, 64),
    "round trip": ("rtt", 10_000, 64),
}
# With which of its own language each is compared.
FAVOURITES = {"Python asyncio": "picows", "Python uvloop": "picows uvloop", "Python blocking": "websocket-client", "Node": "ws"}
# What all round trips are compared with.
RAW = "raw TCP"


def quietly(*command: object, folder: Optional[Path] = None) -> None:
    done = subprocess.run([str(word) for word in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def program(work: Path, name: str) -> Path:
    """One of ctests/bench, made of the sources that are named there."""
    folder = ROOT / "ctests/bench"
    rule = re.search(rf"hostws_bench_program\({name} (.*?) LIBS", (folder / "CMakeLists.txt").read_text(encoding="utf-8"), re.S)
    if rule is None:
        sys.exit(f"ctests/bench/CMakeLists.txt does not say what {name} is made of")
    sources = [folder / source for source in rule[1].split()]
    quietly("cc", "-O2", "-o", work / name, *sources, "-lssl", "-lcrypto", "-lz", "-lpthread")
    return work / name


def columns(work: Path, wheel: Path, tests: Path) -> Dict[str, List[str]]:
    """The command of each client."""
    python = work / "venv/bin/python"
    if not python.exists():
        quietly(sys.executable, "-m", "venv", work / "venv")
        quietly(python, "-m", "pip", "install", *PACKAGES)
    quietly(python, "-m", "pip", "install", "--no-index", "--force-reinstall", wheel)
    client = str(HERE / "bench/clients.py")
    names = ["Python asyncio", "picows", "Python uvloop", "picows uvloop", "Python blocking", "websocket-client", "aiohttp", "websockets"]
    found = {RAW: [str(program(work, "raw"))], **{name: [str(python), client, name] for name in names}}
    if shutil.which("npm"):
        quietly("npm", "install", "--prefix", work, "--no-audit", "--no-fund", WS)
        shutil.copy(HERE / "bench/ws.mjs", work)
        found["ws"] = ["node", str(work / "ws.mjs")]
    for path in sorted(HERE.glob("*/bench.json")):
        for name, command in json.loads(path.read_text(encoding="utf-8")).items():
            found[name] = [word.format(root=ROOT, tests=tests) for word in command]
    return found


def pinned(core: int) -> Callable[[], None]:
    return lambda: os.sched_setaffinity(0, {core})


class Servers:
    """One on the first core, and one on the last."""

    def __init__(self, program: Path):
        cores = sorted(os.sched_getaffinity(0))
        self.client = cores[0]
        self._processes, self.urls = [], {}
        for name, core in {"same": cores[0], "other": cores[-1]}.items():
            process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(core))
            self._processes.append(process)
            self.urls[name] = f'ws://127.0.0.1:{json.loads(process.stdout.readline())["plain"]}'

    def end(self) -> None:
        for process in self._processes:
            process.stdin.close()
            process.wait(10)


def measure(servers: Servers, work: Path, command: List[str], mode: str, count: int, size: int, cpu: bool) -> Optional[float]:
    """Seconds for each message."""
    is_raw = Path(command[0]).name == "raw"
    if is_raw and (cpu or mode != "rtt"):
        return None
    url = servers.urls["same" if mode == "rtt" else "other"]
    if shutil.which(command[0], path=f"{work}{os.pathsep}{os.environ['PATH']}") is None:
        return None
    done = subprocess.run([*command, mode, url, str(count), str(size)], cwd=work, stdout=subprocess.PIPE, text=True,
                          timeout=PATIENCE_S, preexec_fn=pinned(servers.client), env=dict(os.environ, no_proxy="*", BENCH_CPU=str(int(cpu))))
    if done.returncode == UNAVAILABLE:
        return None
    if done.returncode:
        sys.exit(f"{command} {mode}: exit status {done.returncode}")
    return json.loads(done.stdout)["mean_us"] / 1e6 if is_raw else float(done.stdout) / count


def in_words(mode: str, seconds: float) -> str:
    if mode == "rtt":
        return f"{seconds * 1e6:.1f} µs"
    rate = 1 / seconds
    return f"{rate / 1e6:.2f} M/s" if rate >= 1e6 else f"{rate / 1e3:.1f} k/s"


def cell(name: str, mode: str, taken: Dict[str, List[float]]) -> str:
    if not taken.get(name):
        return "–"
    words = in_words(mode, statistics.median(taken[name]))
    if taken.get(RAW) and name != RAW:
        words += f", {statistics.median(ours / raw for ours, raw in zip(taken[name], taken[RAW])):.2f} raw"
    other = taken.get(FAVOURITES.get(name, ""))
    if other:
        ratio = statistics.median(theirs / ours for theirs, ours in zip(other, taken[name]))
        words += f" **{ratio:.3g} x**"
    return words


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--python", type=Path, required=True, metavar="WHEEL")
    options.add_argument("--work", type=Path, default=ROOT / "build/bindings-bench", metavar="FOLDER")
    options.add_argument("--tests", type=Path, default=ROOT / "build/release/ctests/bindings", metavar="FOLDER")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", type=lambda names: names.split(","), metavar="COLUMN,...")
    options.add_argument("--cpu", action="store_true", help="processor time of the client, for a machine that is busy")
    options.add_argument("--quick", action="store_true", help="one short round: does it work?")
    given = options.parse_args()
    work = given.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    clients = {name: command for name, command in columns(work, given.python.absolute(), given.tests.absolute()).items()
               if not given.only or name in (*given.only, RAW)}
    servers = Servers(program(work, "server"))
    print(f"| | {' | '.join(clients)} |\n|---|{'---|' * len(clients)}")
    for row, (mode, count, size) in ROWS.items():
        taken: Dict[str, List[float]] = {name: [] for name in clients}
        for _ in range(1 if given.quick else given.rounds):
            for name, command in clients.items():
                seconds = measure(servers, work, command, mode, count // 100 if given.quick else count, size, given.cpu)
                if seconds is not None:
                    taken[name].append(seconds)
        print(f"| {row} | {' | '.join(cell(name, mode, taken) for name in clients)} |", flush=True)
    servers.end()


if __name__ == "__main__":
    main()
