"""What the reports of Autobahn|Testsuite say, for any Python: summary.py CASES DEFLATE FOLDER...

CASES is how many there were to run, over all folders; DEFLATE is "on", or "off": then what needs it may be
unimplemented. Prints the counts, and each case that is not as it should be with what the suite found, and whether
anything is: the exit status is 1 if a case failed, was not strict, closed wrongly or was not run.
"""

from __future__ import print_function

import collections
import json
import os
import sys

# "INFORMATIONAL" is a case in which the suite only looks.
FINE = {"OK", "INFORMATIONAL"}


def number(case):
    return [int(part) for part in case.split(".")]


def words(folder, case):
    with open(os.path.join(folder, case["reportfile"])) as file:
        report = json.load(file)
    close = report["resultClose"] or ""
    return "%s | %s | close code %s" % (report["result"], close, report["remoteCloseCode"])


def main():
    expected, deflate, folders = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    cases, where = {}, {}
    for folder in folders:
        index = os.path.join(folder, "index.json")
        if not os.path.exists(index):
            print("there is no report in %s" % folder)
            continue
        with open(index) as file:
            for agent in json.load(file).values():
                cases.update(agent)
                where.update((name, folder) for name in agent)

    wrong = []
    for name in sorted(cases, key=number):
        case = cases[name]
        fine = FINE | ({"UNIMPLEMENTED"} if deflate == "off" and number(name)[0] in (12, 13) else set())
        if case["behavior"] not in fine or case["behaviorClose"] not in fine:
            wrong.append(name)

    for kind in "behavior", "behaviorClose":
        counts = collections.Counter(case[kind] for case in cases.values())
        print("%-14s %s" % (kind + ":", ", ".join("%d %s" % (n, kind) for kind, n in counts.most_common())))
    looked_at = [name for name in cases if cases[name]["behavior"] == "INFORMATIONAL"]
    print("%-14s %s" % ("informational:", ", ".join(sorted(looked_at, key=number)) or "none"))
    slow = sorted(cases, key=lambda name: -cases[name]["duration"])[:5]
    print("%-14s %s" % ("slowest:", ", ".join("%s %.1f s" % (name, cases[name]["duration"] / 1e3) for name in slow)))
    for name in wrong:
        case = cases[name]
        print("%s: %s, close %s: %s" % (name, case["behavior"], case["behaviorClose"], words(where[name], case)))
    if len(cases) != expected:
        print("%d of %d cases have a report" % (len(cases), expected))
    return len(wrong) > 0 or len(cases) != expected


sys.exit(main())
