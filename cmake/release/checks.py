"""What the checks of an archive have in common."""

import subprocess
import sys

DEADLINE = 120


def check(fact, *words):
    if not fact:
        sys.exit("check.py: " + " ".join(map(str, words)))


def run(*command, **more):
    """What a program says. It ends well, or the check fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE * 5, **more)
    check(done.returncode == 0, *command, "ends with", done.returncode, "\n", done.stdout, done.stderr)
    return done.stdout
