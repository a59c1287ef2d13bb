"""Python's websockets on asyncio, with the command line and the JSON lines of the client."""

import argparse
import asyncio
import json
import pathlib
import re
import ssl
import sys
import time

from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

UNAVAILABLE = 77
FLAGS = {"--text", "--deflate", "--corpus"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--deflate")
    parser.add_argument("--corpus", type=lambda file: pathlib.Path(file).read_text().splitlines(), default=[])
    parser.add_argument("mode")
    parser.add_argument("url")
    parser.add_argument("numbers", nargs="+", type=int)
    if any(word.startswith("--") and word not in FLAGS for word in sys.argv):
        sys.exit(UNAVAILABLE)
    parsed = parser.parse_args()
    parsed.n, parsed.size, parsed.connections, parsed.in_flight = (parsed.numbers + [1, 1, 1, 1])[:4]
    return parsed


def path(bench):
    n, size = bench.n, bench.size
    paths = {
        "flood": f"/flood{'-text' if bench.text else ''}/{size}/{n}",
        "sink": f"/sink/{size}/{n}",
        "deflate": f"/weigh/{n}",
        "inflate": f"/json/{n}",
    }
    return paths.get(bench.mode, "/echo")


def opening(bench):
    is_fresh = bench.deflate == "fresh"
    deflate = ClientPerMessageDeflateFactory(server_no_context_takeover=is_fresh, client_no_context_takeover=is_fresh)
    tls = {}
    if bench.url.startswith("wss:"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        tls["ssl"] = context
    extensions = [deflate] if bench.deflate else None
    return connect(bench.url + path(bench), compression=None, extensions=extensions, max_size=64 << 20, proxy=None, **tls)


# ---- results ----


def report(bench, **result):
    print(json.dumps({"mode": bench.mode, "n": bench.n, "size": bench.size, **result}))


def report_rate(bench, started, wire_bytes=0):
    seconds = time.perf_counter() - started
    result = {"per_second": bench.n / seconds}
    if bench.corpus:
        size = sum(len(line(bench, at).encode()) for at in range(bench.n))
        result["mb_per_second"] = size / seconds / 1e6
        if wire_bytes:
            result["ratio"] = size / wire_bytes
    report(bench, **result)


def number_in(file, name):
    return int(re.search(rf"^{name}\s*(\d+)", pathlib.Path(file).read_text(), re.MULTILINE)[1])


async def resident_bytes():
    await asyncio.sleep(0.3)
    return number_in("/proc/self/smaps_rollup", "Rss:") * 1024


# ---- modes ----


def line(bench, at):
    return bench.corpus[at % len(bench.corpus)]


def check(data, expected):
    if len(data) != expected:
        sys.exit("a message of another length")


async def rtt(bench):
    payload = b"a" * bench.size
    samples = []
    async with opening(bench) as ws:
        for _ in range(bench.n):
            sent = time.perf_counter()
            await ws.send(payload)
            check(await ws.recv(), bench.size)
            samples.append((time.perf_counter() - sent) * 1e6)
    samples.sort()
    at = lambda permille: samples[len(samples) * permille // 1000]
    report(bench, p50_us=at(500), p99_us=at(990), p999_us=at(999))


async def flood(bench):
    async with opening(bench) as ws:
        started = time.perf_counter()
        await ws.send(b"g")
        for at in range(bench.n):
            check(await ws.recv(), len(line(bench, at)) if bench.corpus else bench.size)
        report_rate(bench, started)


async def deflate(bench):
    async with opening(bench) as ws:
        started = time.perf_counter()
        for at in range(bench.n):
            await ws.send(line(bench, at))
        report_rate(bench, started, int(await ws.recv()))


async def idle(bench):
    kept = []
    for at in range(bench.connections):
        ws = await opening(bench)
        kept.append(ws)
        if bench.deflate:
            await ws.send(line(bench, 0))
            await ws.recv()
        if at == 0:
            first = await resident_bytes()
    everything = await resident_bytes()
    threads = number_in("/proc/self/status", "Threads:")
    report(bench, resident=everything, bytes_each=(everything - first) / (bench.connections - 1), threads=threads)


async def start(bench):
    async with opening(bench):
        pass
    report(bench)


MODES = {"rtt": rtt, "flood": flood, "inflate": flood, "deflate": deflate, "idle": idle, "start": start}


def main():
    bench = arguments()
    if bench.mode not in MODES:
        sys.exit(UNAVAILABLE)
    asyncio.run(MODES[bench.mode](bench))


if __name__ == "__main__":
    main()
