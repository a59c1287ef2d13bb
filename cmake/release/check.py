"""Checks a release archive: check.py ARCHIVE PEER [OPTION...] [-- EMULATOR...]

    ARCHIVE      hostws-VERSION-TARGET.tar.gz or .zip
    PEER         the test server, for this machine
    OPTION       of CMake, for a program in a fresh folder that uses the archive
    EMULATOR     runs a program of the target; false if nothing here can

What the library exports is what its header declares, and it needs nothing but the C library: a file for each format of
libraries looks at that. Nothing tells of the machine that it comes from, and every link leads to a file that is there. A
program is built with find_package and with pkg-config, shared and static, and talks to a server with and without TLS.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from checks import check, run, talk, talk_by_wine

if "apple" in sys.argv[1]:
    import macho as form
elif "windows" in sys.argv[1]:
    import pe as form
else:
    import elf as form

ARCHIVE, PEER, *REST = sys.argv[1:]
OPTIONS, EMULATOR = (REST[:REST.index("--")], REST[REST.index("--") + 1:]) if "--" in REST else (REST, [])
VERSION, TARGET = re.fullmatch(r"hostws-([^-]+)-(.+?)\.(?:tar\.gz|zip)", Path(ARCHIVE).name).groups()
IS_WINDOWS = "windows" in TARGET
CONSUMER = Path(__file__).with_name("consumer")
DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-LICENSES.txt", "hostws.cdx.json",
             "PLATFORM.md", "docs/guide/first-program.md", "include/hostws.h", "include/hostws.hpp", "include/hostws.cdef.h",
             "lib/libhostws.a", "lib/pkgconfig/hostws.pc", "lib/cmake/hostws/hostws-config.cmake"]


def declared(root):
    text = (root / "include/hostws.cdef.h").read_text()
    return set(re.findall(r"\b(ws_\w+)\s*\(", text))


# ---- a program that uses it ----

def with_find_package(root, folder):
    # With MinGW's own libraries inside, which would have to lie beside the program.
    more = ["-DCMAKE_EXE_LINKER_FLAGS=-static"] if IS_WINDOWS else []
    run("cmake", "-S", str(CONSUMER), "-B", str(folder), f"-DCMAKE_PREFIX_PATH={root}", "-DCMAKE_BUILD_TYPE=Release",
        *OPTIONS, *more)
    run("cmake", "--build", str(folder))
    if not IS_WINDOWS:
        return [folder / "consumer_hostws", folder / "consumer_static"]
    shutil.copy(root / "bin/hostws.dll", folder)  # beside the program, as its user does
    return [folder / "consumer_hostws.exe", folder / "consumer_static.exe"]


def with_pkg_config(root, folder):
    compiler = next((option.partition("=")[2] for option in OPTIONS if option.startswith("-DCMAKE_C_COMPILER=")), "cc")
    environment = dict(os.environ, PKG_CONFIG_LIBDIR=str(root / "lib/pkgconfig"))

    def flags(*wanted):
        return run("pkg-config", *wanted, "hostws", env=environment).split()

    def built(name, *libraries):
        run(compiler, str(CONSUMER / "main.c"), "-o", str(folder / name), *flags("--cflags"), *libraries)
        return folder / name
    if "apple" in TARGET:  # whose linker knows no -Bstatic
        return [built("pkg_config_shared", *flags("--libs")),
                built("pkg_config_static", str(root / "lib/libhostws.a"),
                      *(flag for flag in flags("--static", "--libs") if flag != "-lhostws"))]
    # As the README says.
    return [built("pkg_config_shared", *flags("--libs"), f"-Wl,-rpath,{root}/lib"),
            built("pkg_config_static", *flags("--libs-only-L"), "-Wl,-Bstatic", "-lhostws", "-Wl,-Bdynamic",
                  *flags("--static", "--libs"))]


def use(root, folder):
    programs = with_find_package(root, folder)
    ways = "with find_package"
    if not IS_WINDOWS:  # where nobody has pkg-config
        programs += with_pkg_config(root, folder)
        ways += " and with pkg-config"
    if EMULATOR == ["false"]:
        print(f"a program was built {ways}, shared and static; it was not run")
        return
    if IS_WINDOWS:
        talk_on_windows(programs, folder / "fetch_list")
    else:
        talk(PEER, EMULATOR, programs)
    print(f"a program was built {ways}, shared and static, and talked to a server, with and without TLS")


def talk_on_windows(programs, folder):
    run("cmake", "-S", str(Path(__file__).with_name("windows")), "-B", str(folder), *OPTIONS)
    run("cmake", "--build", str(folder))
    run(*EMULATOR, "--prefix")
    talk_by_wine(PEER, EMULATOR, programs, folder / "fetch_list.exe")


# ---- no traces ----

def look_for_traces(root):
    folders = [os.fsencode(folder) + b"/" for folder in (Path.cwd(), Path.home()) if folder != Path("/")]
    # As dlltool has it in names.
    folders += [re.sub(rb"\W", b"_", folder) for folder in folders if folder.count(b"/") > 2]
    for file in root.rglob("*"):
        if file.is_file() and not file.is_symlink():
            found = [folder for folder in folders if folder in file.read_bytes()]
            check(not found, file.relative_to(root), "names", found)


# ---- links ----

def look_for_dead_links(root):
    links = 0
    for page in root.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        check("```{" not in text, page.relative_to(root), "is for the site")
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            path = link.partition("#")[0]
            if path and ":" not in path:
                links += 1
                check((page.parent / path).is_file(), page.relative_to(root), "leads to", link)
    check(links, "no page has a link")


with tempfile.TemporaryDirectory() as scratch:
    shutil.unpack_archive(ARCHIVE, scratch)
    root = Path(scratch) / f"hostws-{VERSION}-{TARGET}"
    for document in DOCUMENTS:
        check((root / document).is_file() and (root / document).stat().st_size, document, "is missing")
    look_for_traces(root)
    look_for_dead_links(root)
    form.look_into(root, VERSION, TARGET, declared(root))
    use(root, Path(scratch) / "build")
