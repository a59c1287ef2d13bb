#!/usr/bin/env python3
"""Draws the pictures of the README and the guide from measured figures:

    python3 ctests/bench/run.py --json docs/measured/performance.json
    python3 ctests/bench/growth.py --json docs/measured/growth.json
    python3 docs/plots.py

Needs matplotlib. The figures are committed, so that the pictures can be drawn again without measuring again.
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

DOCS = Path(__file__).resolve().parent
LESS_IS_BETTER = ("rtt", "start")
COLOURS = {"push": "#4a78a8", "batch": "#8fb4d9"}
NAMES = {"push": "ws_poll", "batch": "ws_next_batch"}
# The same picture from the same figures, byte for byte.
plt.rcParams.update({"svg.hashsalt": "hostws", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False})


def save(figure, name):
    figure.tight_layout()
    figure.savefig(DOCS / "images" / name, metadata={"Date": None})


def performance():
    """Speed beside raw TCP: above 1 is faster, for every row."""
    rows = json.loads((DOCS / "measured/performance.json").read_text())["rows"]
    shown = [name for name in rows if rows[name]["push"]["ratio"] is not None]
    figure, axes = plt.subplots(figsize=(7.6, 0.34 * len(shown) + 1))
    for index, name in enumerate(reversed(shown)):
        for place, pump in enumerate(COLOURS):
            ratio = rows[name][pump]["ratio"]
            speed = 1 / ratio if name.startswith(LESS_IS_BETTER) else ratio
            axes.barh(index + 0.2 - 0.4 * place, speed, 0.38, color=COLOURS[pump], label=NAMES[pump] if index == 0 else None)
    axes.axvline(1, color="#555", linewidth=1)
    axes.set_yticks(range(len(shown)), list(reversed(shown)))
    axes.set_xlabel("speed, raw TCP = 1 (for round trips: the time of raw TCP / the time of hostws)")
    axes.legend(frameon=False, loc="lower right")
    save(figure, "performance.svg")


def growth():
    """What one connection takes, as their number grows."""
    rows = json.loads((DOCS / "measured/growth.json").read_text())["connections"]
    counts = [int(row["row"].replace(",", "")) for row in rows]
    figure, (memory, time) = plt.subplots(1, 2, figsize=(7.6, 2.8))
    memory.loglog(counts, [row["memory"] for row in rows], "o-", color="#4a78a8")
    memory.set_ylabel("bytes a connection")
    time.loglog(counts, [row["message"] / 1000 for row in rows], "o-", color="#4a78a8")
    time.set_ylabel("µs of processor a message")
    for axes in memory, time:
        axes.set_xlabel("connections")
        axes.grid(alpha=0.3)
    save(figure, "growth.svg")


if __name__ == "__main__":
    performance()
    growth()
