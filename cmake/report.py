"""Prints what cmake/report.sh has collected: report.py FOLDER

    FOLDER/times        a line for each stage: seconds, a tabulator, its name
    FOLDER/not-checked  a line for each thing that a script left out
    FOLDER/NAME.xml     what CTest says of each test
    FOLDER/NAME.log     what CTest printed

A test says what it leaves out, and why, in a line that begins with "skipped:"; unittest says it in one of its own.
CTest's results come last, in its own words.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

FOLDER = Path(sys.argv[1])
SAID = re.compile(r"^(?:skipped: ?(.*)|(.*) \.\.\. skipped (.*))$", re.MULTILINE)
RESULT = re.compile(r"^\d+% tests passed.*$|^Total Test time.*$", re.MULTILINE)


def lines(name):
    file = FOLDER / name
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def minutes(seconds):
    return f"{seconds // 60:3} min {seconds % 60:2} s"


def reasons(test):
    said = [": ".join(filter(None, words)) for words in SAID.findall(test.findtext("system-out") or "")]
    if said or test.get("status") == "run":
        return said
    if test.get("status") == "disabled":
        return ["it is disabled"]
    return ["it did not say why"] if test.get("status") == "notrun" else []


def left_out():
    yield from lines("not-checked")
    for results in sorted(FOLDER.glob("*.xml")):
        whole = {}
        for test in ElementTree.parse(results).iter("testcase"):
            for reason in reasons(test):
                whole.setdefault(reason, []).append(test.get("name"))
        for reason, tests in whole.items():
            yield f"{results.stem}: {', '.join(tests)}: {reason}"


print("\n== How long it took")
times = [(int(seconds), name) for seconds, name in (line.split("\t") for line in lines("times"))]
for seconds, name in [*times, (sum(seconds for seconds, _ in times), "together")]:
    print(minutes(seconds), name)

print("\n== What was not checked")
print("\n".join(left_out()) or "Nothing was left out.")

for log in sorted(FOLDER.glob("*.log"), key=lambda log: log.stat().st_mtime):
    print(f"\n== {log.stem}")
    print("\n".join(RESULT.findall(log.read_text(encoding="utf-8", errors="replace"))))
