#!/usr/bin/env python3
"""Draws the pictures of the README and the guide from measured figures, and writes the guide's table:

    python3 ctests/bench/run.py --peers --json docs/measured/performance.json
    python3 ctests/bench/growth.py --json docs/measured/growth.json
    python3 docs/plots.py

Needs matplotlib. The figures are committed, so that all of it can be made again without measuring again.
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "ctests/bench"))
import table  # noqa: E402

COLOURS = {"push": "#4a78a8", "batch": "#8fb4d9"}
NAMES = {"push": "ws_poll", "pull": "ws_next", "batch": "ws_next_batch"}
BEGIN, END = "<!-- figures: written by docs/plots.py -->\n", "<!-- end of the figures -->\n"
# The same picture from the same figures, byte for byte.
plt.rcParams.update({"svg.hashsalt": "hostws", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False})


def save(figure, name):
    figure.tight_layout()
    figure.savefig(DOCS / "images" / name, metadata={"Date": None})


def measured():
    return json.loads((DOCS / "measured/performance.json").read_text())


def speed(row, column):
    """Beside raw TCP: above 1 is faster."""
    numbers = row["columns"].get(column)
    if not numbers or not numbers["ratio"]:
        return None
    return numbers["ratio"] if row["figure"] in table.MORE_IS_BETTER else 1 / numbers["ratio"]


def performance():
    rows = measured()["rows"]
    shown = [name for name in rows if speed(rows[name], "push")]
    figure, axes = plt.subplots(figsize=(7.6, 0.34 * len(shown) + 1))
    for index, name in enumerate(reversed(shown)):
        for place, pump in enumerate(COLOURS):
            height = index + 0.2 - 0.4 * place
            axes.barh(height, speed(rows[name], pump) or 0, 0.38, color=COLOURS[pump], label=NAMES[pump] if index == 0 else None)
    others = {
        index: speed(rows[name], rows[name]["place"]["other"])
        for index, name in enumerate(reversed(shown))
        if rows[name]["place"]
    }
    if others:
        axes.plot(list(others.values()), list(others), "D", color="#b5482f", markersize=4, label="the best other client")
    axes.axvline(1, color="#555", linewidth=1)
    axes.set_yticks(range(len(shown)), list(reversed(shown)))
    axes.set_xlabel("speed, raw TCP = 1 (for times: that of raw TCP / that of the client)")
    axes.legend(frameon=False, loc="lower right")
    save(figure, "performance.svg")


def guide():
    """The table of the guide's page, between two comments there."""
    figures = measured()
    heads = ["row", "raw", *(f"`{name}`" for name in NAMES.values())]
    is_ranked = any(row["place"] for row in figures["rows"].values())
    heads += ["place of hostws"] if is_ranked else []
    lines = ["; ".join(f"{name}: {fact}" for name, fact in figures["machine"].items()) + ".", ""]
    lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, row in figures["rows"].items():
        cells = [table.cell_in_words(row["figure"], row["columns"].get(column), column == "raw") for column in ("raw", *NAMES)]
        cells += [table.place_in_words(row)] if is_ranked else []
        lines.append(f"| {name} | {' | '.join(cells)} |")
    page = DOCS / "guide/performance.md"
    before, rest = page.read_text().split(BEGIN)
    page.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n\n" + END + rest.split(END)[1])


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
    guide()
