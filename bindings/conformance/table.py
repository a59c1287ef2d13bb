#!/usr/bin/env python3
"""Writes the tables of bindings/README.md: what things are called, and what was tested.

    table.py [--check] RESULTS

RESULTS is the folder with what run.py --result has written. A language without a result there keeps its column. With --check
nothing is written: it fails if a table is not what names.json and the results say.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, List

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
CELLS = {"ok": "yes", "unsupported": "–"}
Table = Dict[str, Dict[str, str]]  # the cells of each row by their columns


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def block(name: str) -> "re.Pattern[str]":
    return re.compile(rf"(<!-- {name}: .*? -->\n)(.*?)(<!-- end -->)", re.S)


def parsed(text: str) -> Table:
    """A table of Markdown, without its first column's name."""
    lines = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return {line[0]: dict(zip(lines[0][1:], line[1:])) for line in lines[2:]}


def written(first: str, table: Table) -> str:
    columns = sorted({column for cells in table.values() for column in cells})
    lines = [[first, *columns], ["---"] * (len(columns) + 1)]
    lines += [[row, *(cells.get(column, "") for column in columns)] for row, cells in table.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def names() -> Table:
    table: Table = {}
    for path in sorted(HERE.parent.glob("*/names.json")):
        given = read(path)
        language = given.pop("language")
        for noun, text in given.items():
            table.setdefault(noun, {})[language] = "`" + text.replace("|", "\\|") + "`"
    return table


def results(before: Table, folder: Path) -> Table:
    ran = [read(path) for path in sorted(folder.glob("*.json"))]
    table: Table = {}
    for scenario in read(HERE / "scenarios.json"):
        cells = table[scenario["about"]] = dict(before.get(scenario["about"], {}))
        for result in ran:
            outcome = result["scenarios"].get(scenario["name"], "not run")
            cells[result["language"]] = CELLS.get(outcome, "no")
    return table


def main(arguments: List[str]) -> None:
    check = arguments[:1] == ["--check"]
    if len(arguments) != 1 + check:
        sys.exit(__doc__)
    text = before = README.read_text(encoding="utf-8")
    now = results(parsed(block("results").search(text)[2]), Path(arguments[-1]))
    for name, table in {"names": written("Noun", names()), "results": written("Scenario", now)}.items():
        text = block(name).sub(lambda match: match[1] + table + match[3], text)
    if not check:
        README.write_text(text, encoding="utf-8")
    elif text != before:
        wrong = [line for line in text.splitlines() if line not in before.splitlines()]
        sys.exit("\n".join([f"{README} should say (run {__file__}):", *wrong]))


if __name__ == "__main__":
    main(sys.argv[1:])
