"""A DLL for Windows, as objdump shows it."""

import re

from checks import check, run

TOOLS = "x86_64-w64-mingw32-"
# What every Windows has.
NEEDED = {"advapi32.dll", "bcrypt.dll", "bcryptprimitives.dll", "crypt32.dll", "kernel32.dll", "msvcrt.dll", "ntdll.dll",
          "secur32.dll", "user32.dll", "userenv.dll", "ws2_32.dll"}
# The loader puts the library anywhere, and nothing of its data is run.
HARDENED = "HIGH_ENTROPY_VA", "DYNAMIC_BASE", "NX_COMPAT"


def functions_of(library):
    """What a program can import."""
    return set(re.findall(r" T (ws_\w+)$", run(TOOLS + "nm", "--defined-only", library), re.MULTILINE))


def look_into(root, _version, _target, functions):
    library = root / "bin/hostws.dll"
    said = run(TOOLS + "objdump", "--private-headers", library)
    table = said.partition("[Ordinal/Name Pointer] Table")[2]
    exports = set(re.findall(r"^\s*\[\s*\d+\]\s.*?(\S+)$", table.partition("\n\n")[0], re.MULTILINE))
    check(exports == functions, "it exports", sorted(exports ^ functions), "wrongly or not")
    needed = sorted({name.lower() for name in re.findall(r"DLL Name: (\S+)", said)})
    check(needed and all(name in NEEDED or name.startswith("api-ms-win-") for name in needed), "it needs", needed)
    for flag in HARDENED:
        check(re.search(rf"^\s+{flag}$", said, re.MULTILINE), "it lacks", flag)
    definition = (root / "lib/hostws.def").read_text()
    check(set(re.findall(r"^ +(\w+)$", definition, re.MULTILINE)) == functions, "hostws.def names others")
    for imports in "libhostws.dll.a", "hostws.lib":
        names = functions_of(root / "lib" / imports)
        check(names == functions, imports, "imports", sorted(names ^ functions), "wrongly or not")
        check("hostws.dll" in run(TOOLS + "dlltool", "--identify", root / "lib" / imports), imports, "is for another DLL")
    check("mingw-w64" in (root / "THIRD-PARTY-LICENSES.txt").read_text(encoding="utf-8"), "the licence of MinGW is missing")
    parts = re.findall(r" \w (_head_\S+)$", run(TOOLS + "nm", "--defined-only", root / "lib/libhostws.a"), re.MULTILINE)
    check(parts and len(parts) == len(set(parts)), "libhostws.a imports twice by one name")
    check(".debug_info" not in run(TOOLS + "objdump", "--section-headers", root / "lib/libhostws.a"),
          "libhostws.a holds what only a debugger reads")
    print(f"{library.name}: {len(exports)} functions, {library.stat().st_size} bytes, needs {', '.join(needed)}")
