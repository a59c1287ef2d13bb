#!/usr/bin/env python3
"""Runs a test for Windows on Linux, by wine: run.py LIBRARY_FOLDER PROGRAM ARGUMENT...

The test server runs beside it, on Linux. What it says of its ports is in HOSTWS_TEST_PORTS, line by line, with the names
of files as wine has them. run.py --prefix makes the folder that wine needs, which takes some seconds.
"""

import os
import shutil
import subprocess
import sys

DEADLINE = 110  # seconds: before CTest's
SKIPPED = 77


def wine():
    """The program: Debian has it in no folder of the PATH."""
    for name in ("wine64", "wine", "/usr/lib/wine/wine64"):
        if path := shutil.which(name):
            return path
    print("There is no wine here", file=sys.stderr)
    sys.exit(SKIPPED)


def windows_path(path):
    return "Z:" + path


def environment(library):
    mine = dict(os.environ)
    mine["WINEDEBUG"] = "-all"
    # Neither menu entries nor the offers to download Mono and Gecko.
    mine["WINEDLLOVERRIDES"] = "winemenubuilder.exe,mscoree,mshtml="
    mine["WINEPATH"] = windows_path(os.path.abspath(library))
    mine.pop("DISPLAY", None)
    return mine


def ports(peer):
    """What the server says, with the last line."""
    said = []
    for line in peer.stdout:
        words = line.split()
        if len(words) > 2:
            words[2] = windows_path(words[2])
        said.append(" ".join(words))
        if words == ["ready"]:
            break
    return "|".join(said)


def main():
    if sys.argv[1] == "--prefix":
        prefix = os.environ["WINEPREFIX"]
        if os.path.exists(os.path.join(prefix, "system.reg")):
            return 0
        os.makedirs(prefix, exist_ok=True)
        return subprocess.run([wine(), "wineboot", "--init"], env=environment("."), timeout=DEADLINE).returncode
    library, program, *arguments = sys.argv[1:]
    command = [wine(), program, *arguments]
    server = os.environ.get("HOSTWS_TEST_PEER")
    if not server:
        return subprocess.run(command, env=environment(library), timeout=DEADLINE).returncode
    with subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        try:
            mine = environment(library)
            mine["HOSTWS_TEST_PORTS"] = ports(peer)
            return subprocess.run(command, env=mine, timeout=DEADLINE).returncode
        finally:
            peer.stdin.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.TimeoutExpired as late:
        print(late, file=sys.stderr)
        sys.exit(1)
