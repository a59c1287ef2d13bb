"""Checks the recipes that recipes.py writes: check_recipes.py ARCHIVES VERSION PEER CONAN

    ARCHIVES  a folder with an archive for this machine, which is Linux
    VERSION   of hostws
    PEER      the test server
    CONAN     the program conan

Conan makes a package, and vcpkg.cmake does what vcpkg would. A program uses each, and talks to a server.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

from checks import check, run, talk

ARCHIVES, VERSION, PEER, CONAN = Path(sys.argv[1]).resolve(), *sys.argv[2:]
HERE = Path(__file__).parent.resolve()
CONSUMER = HERE / "consumer"
TRIPLET = "Linux-" + {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]


def build(folder, *options):
    run("cmake", "-S", str(CONSUMER), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release", *options)
    run("cmake", "--build", str(folder))
    programs = sorted(folder.glob("consumer_*"))
    check(programs, "no program was built in", folder)
    return programs


def with_conan(scratch):
    environment = dict(os.environ, CONAN_HOME=str(scratch / "conan"))

    def conan(*arguments):
        # Nothing is asked of a server. It leaves files where it is started.
        return run(CONAN, *arguments, "--build=missing", "--no-remote", env=environment, cwd=scratch)
    run(CONAN, "profile", "detect", env=environment)
    for shared in "True", "False":
        options = "--options", f"hostws/*:shared={shared}"
        conan("create", str(scratch / "recipes/conan"), *options)
        folder = scratch / f"conan-{shared}"
        conan("install", f"--requires=hostws/{VERSION}", *options, "--generator=CMakeDeps", "--generator=CMakeToolchain",
              f"--output-folder={folder}")
        programs = build(folder, f"-DCMAKE_TOOLCHAIN_FILE={folder}/conan_toolchain.cmake")
        talk(PEER, [], programs)
        needed = run("readelf", "--wide", "--dynamic", programs[0])
        check(("libhostws.so.0" in needed) == (shared == "True"), "shared is", shared, "and it needs", needed)
    print("Conan made a package, shared and static; a program that uses it talked to a server")


def with_vcpkg(scratch):
    talk(PEER, [], build_with_vcpkg(scratch, TRIPLET))
    print("vcpkg's port was run without vcpkg; a program that uses it talked to a server")
    if (ARCHIVES / f"hostws-{VERSION}-x86_64-pc-windows-gnu.zip").exists():
        build_with_vcpkg(scratch, "MinGW-x64", f"-DCMAKE_TOOLCHAIN_FILE={HERE.parent}/mingw.cmake",
                         "-DCMAKE_EXE_LINKER_FLAGS=-static")
        print("the same for Windows; the program was not run")


def build_with_vcpkg(scratch, triplet, *options):
    output = scratch / triplet
    run("cmake", "-DPORT=hostws", f"-DPORT_FOLDER={scratch}/recipes/vcpkg/hostws", f"-DTRIPLET={triplet}",
        f"-DOUTPUT={output}", "-P", str(HERE / "vcpkg.cmake"))
    check((output / "installed/share/hostws/copyright").stat().st_size > 10000, "licences are missing")
    return build(output / "build", f"-DCMAKE_PREFIX_PATH={output}/installed", *options)


with tempfile.TemporaryDirectory() as scratch:
    run(sys.executable, str(HERE / "recipes.py"), str(ARCHIVES), f"{scratch}/recipes", VERSION, ARCHIVES.as_uri())
    with_conan(Path(scratch))
    with_vcpkg(Path(scratch))
