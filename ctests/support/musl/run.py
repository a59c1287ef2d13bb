#!/usr/bin/env python3
"""Runs a program in a folder that has the libraries of another Linux: run.py FOLDER PROGRAM ARGUMENT...

The program sees the folder's own files, this project, and /dev, /etc, /proc and /tmp. It sees no other library and no
other program. So the test server runs outside: what it says of its ports is in HOSTWS_TEST_PORTS, line by line.
It needs root or user namespaces. Exit status 77: they are not to be had.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

DEADLINE = 110  # seconds: before CTest's
SKIPPED = 77
PROJECT = Path(__file__).resolve().parents[3]
SEEN = ["/dev", "/etc", "/proc", "/tmp", str(PROJECT)]
# $1 is the folder, $2 what it sees, one a line.
ENTER = 'echo "$2" | while read -r path; do mount --rbind "$path" "$1$path" || exit; done && folder=$1 && shift 2 && ' \
    'exec chroot "$folder" "$@"'


def namespace():
    """The command that enters a mount namespace."""
    for user in [], ["--user", "--map-root-user"]:
        command = ["unshare", "--mount", *user]
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    print("There is no mount namespace to be had here", file=sys.stderr)
    sys.exit(SKIPPED)


def ports(peer):
    """What the server says, with the last line."""
    said = []
    for line in peer.stdout:
        said.append(line.strip())
        if said[-1] == "ready":
            break
    return "|".join(said)


def main():
    folder, *program = sys.argv[1:]
    for path in SEEN:
        os.makedirs(folder + path, exist_ok=True)
    command = [*namespace(), "sh", "-c", ENTER, "enter", folder, "\n".join(SEEN), *program]
    server = os.environ.pop("HOSTWS_TEST_PEER", None)
    if not server:
        return subprocess.run(command, timeout=DEADLINE).returncode
    with subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        try:
            os.environ["HOSTWS_TEST_PORTS"] = ports(peer)
            return subprocess.run(command, timeout=DEADLINE).returncode
        finally:
            peer.stdin.close()


if __name__ == "__main__":
    try:
        status = main()
    except subprocess.TimeoutExpired as late:
        print(late, file=sys.stderr)
        status = 1
    # A signal, as a shell has it.
    sys.exit(status if status >= 0 else 128 - status)
