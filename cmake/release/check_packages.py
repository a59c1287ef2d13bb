"""Checks the packages for distributions: check_packages.py FOLDER PEER [OPTION...] [-- EMULATOR...]

    FOLDER    with two .deb and two .rpm
    PEER      the test server, for this machine
    OPTION    of CMake, for a program that uses the packages
    EMULATOR  runs a program of the target; false if nothing here can

What the runtime packages hold is enough to run, and with the development packages a program is built. It talks to a server.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from checks import check, run, talk

FOLDER, PEER, *REST = Path(sys.argv[1]), *sys.argv[2:]
OPTIONS, EMULATOR = (REST[:REST.index("--")], REST[REST.index("--") + 1:]) if "--" in REST else (REST, [])
CONSUMER = Path(__file__).with_name("consumer")


def unpack(package, root):
    root.mkdir(exist_ok=True)
    if package.suffix == ".deb":
        run("dpkg-deb", "-x", str(package), str(root))
    else:
        archive = subprocess.run(["rpm2cpio", str(package)], check=True, capture_output=True).stdout
        subprocess.run(["cpio", "-idm", "--quiet"], check=True, input=archive, cwd=root)


def use(kind, root):
    packages = sorted(FOLDER.glob(f"*.{kind}"))
    check(len(packages) == 2, kind, "packages:", packages)
    development = [package for package in packages if "dev" in package.name]
    for package in packages:
        unpack(package, root / ("development" if package in development else "runtime"))
    for wanted in "libhostws.so.0", "THIRD-PARTY-LICENSES.txt":
        check(list((root / "runtime").rglob(wanted)), wanted, "is not in the runtime package of", kind)
    for package in packages:
        unpack(package, root / "both")
    configs = list((root / "both").rglob("hostws-config.cmake"))
    check(len(configs) == 1, "hostws-config.cmake:", configs)
    run("cmake", "-S", str(CONSUMER), "-B", str(root / "build"), f"-Dhostws_DIR={configs[0].parent}", *OPTIONS)
    run("cmake", "--build", str(root / "build"))
    if EMULATOR != ["false"]:
        talk(PEER, EMULATOR, sorted((root / "build").glob("consumer_*")))


for kind in "deb", "rpm":
    with tempfile.TemporaryDirectory() as scratch:
        use(kind, Path(scratch))
print("A program was built with the unpacked .deb and .rpm, and talked to a server" if EMULATOR != ["false"] else
      "A program was built with the unpacked .deb and .rpm; it was not run")
