"""Checks a release archive: check.py ARCHIVE PEER [OPTION...] [-- EMULATOR...]

    ARCHIVE      hostws-VERSION-TARGET.tar.gz
    PEER         the test server, for this machine
    OPTION       of CMake, for a program in a fresh folder that uses the archive
    EMULATOR     runs a program of the target

What the library exports is what its header declares. It needs nothing but the C library, of an old version. A program
is built with find_package, shared and static, and talks to a server with and without TLS.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ARCHIVE, PEER, *REST = sys.argv[1:]
OPTIONS, EMULATOR = (REST[:REST.index("--")], REST[REST.index("--") + 1:]) if "--" in REST else (REST, [])
VERSION, TARGET = re.fullmatch(r"hostws-([^-]+)-(.+?)\.tar\.gz", Path(ARCHIVE).name).groups()
CONSUMER = Path(__file__).with_name("consumer")
DEADLINE = 120
GLIBC = (2, 17)
# libgcc_s is the unwinder that C++ hosts use, too.
NEEDED = r"lib(c|m|pthread|dl|rt|gcc_s)\.so\.\d|ld-linux[-\w]*\.so\.\d"
DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-LICENSES.txt", "hostws.cdx.json",
             "PLATFORM.md", "include/hostws.h", "include/hostws.hpp", "include/hostws.cdef.h", "lib/libhostws.a",
             "lib/pkgconfig/hostws.pc", "lib/cmake/hostws/hostws-config.cmake"]


def check(fact, *words):
    if not fact:
        sys.exit(f"{Path(ARCHIVE).name}: " + " ".join(map(str, words)))


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE * 5, **more)
    check(done.returncode == 0, *command, "ends with", done.returncode, "\n", done.stdout, done.stderr)
    return done.stdout


def declared(root):
    text = (root / "include/hostws.cdef.h").read_text()
    return set(re.findall(r"\b(ws_\w+)\s*\(", text))


# ---- what a library says of itself ----

def elf(library):
    symbols = run("readelf", "--wide", "--dyn-syms", library).splitlines()
    fields = [line.split() for line in symbols if re.match(r"\s*\d+: ", line)]
    exports = {field[7].split("@")[0] for field in fields if len(field) > 7 and field[6] != "UND"}
    dynamic = run("readelf", "--wide", "--dynamic", library)
    versions = {tuple(map(int, version.split("."))) for version in
                re.findall(r"Name: GLIBC_([\d.]+)", run("readelf", "--wide", "--version-info", library))}
    check(not versions or max(versions) <= GLIBC, "it needs glibc", max(versions, default=None))
    check("NODELETE" in dynamic, "it can be unloaded")
    name = re.search(r"\(SONAME\).*\[(.*)\]", dynamic)
    return exports, re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic), name and name.group(1)


def look_into(root):
    shared = root / "lib" / f"libhostws.so.{VERSION}"
    exports, needed, name = elf(shared)
    functions = declared(root)
    check(exports == functions, "it exports", sorted(exports ^ functions), "wrongly or not")
    check(needed and all(re.fullmatch(NEEDED, need) for need in needed), "it needs", needed)
    check(name == "libhostws.so.0", "its name is", name)
    for link in "libhostws.so.0", "libhostws.so":
        check(os.readlink(root / "lib" / link) == shared.name, link, "does not lead to", shared.name)
    print(f"{shared.name}: {len(exports)} functions, {shared.stat().st_size} bytes, needs {', '.join(needed)}")


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
    look_into(root)
    use(root, Path(scratch) / "build")
