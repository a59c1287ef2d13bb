#!/usr/bin/env python3
"""Runs a test for Windows on Linux, by wine: run.py PROGRAM ARGUMENT...

HOSTWS_WINE_FOLDERS are the folders of its DLLs, separated by colons.

The test server runs beside it, on Linux. What it says of its ports is in HOSTWS_TEST_PORTS, line by line, with the names
of files as wine has them. run.py --prefix makes the folder that wine needs, which takes some seconds. It is the user's, not
the build's: it has links to all of the file system, which cargo would follow.
"""

import fcntl
import os
import shutil
import subprocess
import sys

DEADLINE = 110  # seconds: before CTest's
SKIPPED = 77
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
PREFIX = os.path.join(CACHE, "hostws", "wine")


def wine():
    """The program: Debian has it in no folder of the PATH."""
    for name in ("wine64", "wine", "/usr/lib/wine/wine64"):
        if path := shutil.which(name):
            return path
    print("There is no wine here", file=sys.stderr)
    sys.exit(SKIPPED)


def windows_path(path):
    return "Z:" + path


def environment():
    mine = dict(os.environ)
    mine["WINEPREFIX"] = PREFIX
    mine["WINEDEBUG"] = "-all"
    # Neither menu entries nor the offers to download Mono and Gecko.
    mine["WINEDLLOVERRIDES"] = "winemenubuilder.exe,mscoree,mshtml="
    folders = os.environ.get("HOSTWS_WINE_FOLDERS", ".").split(":")
    mine["WINEPATH"] = ";".join(windows_path(os.path.abspath(folder)) for folder in folders)
    mine.pop("DISPLAY", None)
    return mine


def ports(peer):
    """What the server says, with the last line."""
    said = []
    for line in peer.stdout:
        words = line.split()
        if len(words) > 2 and os.path.exists(words[2]):
            words[2] = windows_path(words[2])
        said.append(" ".join(words))
        if words == ["ready"]:
            break
    return "|".join(said)


def make_prefix():
    made = os.path.join(PREFIX, "made-by-hostws")
    os.makedirs(PREFIX, exist_ok=True)
    with open(PREFIX + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(made):
            return 0
        status = subprocess.run([wine(), "wineboot", "--init"], env=environment(), timeout=DEADLINE).returncode
        if status == 0:
            open(made, "w").close()
        return status


def main():
    if sys.argv[1] == "--prefix":
        return make_prefix()
    command = [wine(), *sys.argv[1:]]
    server = os.environ.get("HOSTWS_TEST_PEER")
    if not server:
        return subprocess.run(command, env=environment(), timeout=DEADLINE).returncode
    with subprocess.Popen([server, "--wine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        try:
            mine = environment()
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
