"""Checks a release archive: check.py ARCHIVE PEER [OPTION...] [-- EMULATOR...]

    ARCHIVE      hostws-VERSION-TARGET.tar.gz
    PEER         the test server, for this machine
    OPTION       of CMake, for a program in a fresh folder that uses the archive
    EMULATOR     runs a program of the target; false if nothing here can

What the library exports is what its header declares, and it needs nothing but the C library: a file for each format of
libraries looks at that. A program is built with find_package, shared and static, and talks to a server with and without
TLS.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import elf
from checks import DEADLINE, check, run

ARCHIVE, PEER, *REST = sys.argv[1:]
OPTIONS, EMULATOR = (REST[:REST.index("--")], REST[REST.index("--") + 1:]) if "--" in REST else (REST, [])
VERSION, TARGET = re.fullmatch(r"hostws-([^-]+)-(.+?)\.tar\.gz", Path(ARCHIVE).name).groups()
CONSUMER = Path(__file__).with_name("consumer")
DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-LICENSES.txt", "hostws.cdx.json",
             "PLATFORM.md", "include/hostws.h", "include/hostws.hpp", "include/hostws.cdef.h", "lib/libhostws.a",
             "lib/pkgconfig/hostws.pc", "lib/cmake/hostws/hostws-config.cmake"]


def declared(root):
    text = (root / "include/hostws.cdef.h").read_text()
    return set(re.findall(r"\b(ws_\w+)\s*\(", text))


# ---- a program that uses it ----

class Peer:
    def __enter__(self):
        self.process = subprocess.Popen([PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            kind, _, rest = line.strip().partition(" ")
            self.said[kind] = rest
        return self.said

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(DEADLINE)


def use(root, folder):
    run("cmake", "-S", str(CONSUMER), "-B", str(folder), f"-DCMAKE_PREFIX_PATH={root}", "-DCMAKE_BUILD_TYPE=Release", *OPTIONS)
    run("cmake", "--build", str(folder))
    if EMULATOR == ["false"]:
        print("a program was built with find_package, shared and static; it was not run")
        return
    with Peer() as peer:
        port, (tls_port, authority) = peer["ws"].split()[0], peer["wss"].split()
        for library in "hostws", "static":
            program = [*EMULATOR, str(folder / f"consumer_{library}")]
            for arguments in [f"ws://127.0.0.1:{port}/echo"], [f"wss://localhost:{tls_port}/echo", "@" + authority]:
                said = run(*program, *arguments, env=dict(os.environ, no_proxy="*"))
                check("echoed" in said, *program, said)
    print("a program was built with find_package, shared and static, and talked to a server, with and without TLS")


with tempfile.TemporaryDirectory() as scratch:
    run("tar", "-xzf", str(Path(ARCHIVE).resolve()), "-C", scratch)
    root = Path(scratch) / f"hostws-{VERSION}-{TARGET}"
    for document in DOCUMENTS:
        check((root / document).is_file() and (root / document).stat().st_size, document, "is missing")
    elf.look_into(root, VERSION, TARGET, declared(root))
    use(root, Path(scratch) / "build")
