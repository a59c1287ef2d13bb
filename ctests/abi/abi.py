"""Holds the ABI against what is committed here: hostws.abi, the functions and structs of the header as abidw sees them, and
names.txt, every function, constant and field of a struct.

python3 abi.py check CC HEADER LIBRARY   fails on any difference, and tells what kind it is; LIBRARY exports just the functions
python3 abi.py prove CC HEADER           shows that it tells changes, removals and growth apart
python3 abi.py bless CC HEADER           writes both after the ABI has grown; after anything else only with HOSTWS_BLESS=break

An ABI grows by new functions, new constants, and new fields at the end of a struct that begins with its size.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BLESS = "python3 ctests/abi/abi.py bless cc include/hostws.h"
BASELINE, NAMES = HERE / "hostws.abi", HERE / "names.txt"

# The structs, whose fields are in names.txt.
SUPPRESSED = """
[suppress_type]
  name_regexp = ^ws_
"""


def run(*command, allowed=(0,)):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        sys.exit(f"{command[0]}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def fields(cc, header, declarations, folder):
    """Each field with its type, its offset and its size."""
    lines = []
    for body, struct in re.findall(r"typedef struct \w+ {([^}]*)}\s*(\w+);", declarations):
        for declaration in body.split(";")[:-1]:
            kind, field = re.fullmatch(r"(.*?)(\w+)", " ".join(declaration.split())).groups()
            place = f"offsetof({struct}, {field}), sizeof((({struct} *)0)->{field})"
            lines.append(f'printf("field {struct}.{field} {kind.strip()}, at %zu, size %zu\\n", {place});')
    source, program = folder / "fields.c", folder / "fields"
    includes = f'#include "{header}"\n#include <stddef.h>\n#include <stdio.h>\n'
    source.write_text(includes + "int main(void) {\n" + "\n".join(lines) + "\n}\n")
    run(cc, "-o", program, source)
    return run(program).stdout.splitlines()


def names(cc, header, declarations, folder):
    """Functions, constants with their values (the version is none), fields."""
    functions = [f"function {name}" for name in re.findall(r"\b(ws_\w+)\s*\([^;{}]*\)\s*;", prototypes(declarations))]
    constants = [f"constant {name} {value}" for name, value in re.findall(r"enum\s*{\s*(HOSTWS_\w+)\s*=\s*(-?\w+)\s*}", declarations)]
    assert functions and constants
    return sorted(functions + constants) + fields(cc, header, declarations, folder)


def prototypes(declarations):
    return re.sub(r"typedef[^;{]*(\{[^}]*\})?[^;]*;|enum\s*{[^}]*}\s*;", "", declarations)


def stub(cc, header, folder):
    """A library with the header's functions and types, and nothing in them."""
    header = Path(header).resolve()
    declarations = run(cc, "-E", "-P", header).stdout
    bodies = re.sub(r"(\b(ws_\w+)\s*\([^;{}]*\))\s*;", r"\1 { __builtin_trap(); }", prototypes(declarations))
    source, library = folder / "stub.c", folder / "stub.so"
    source.write_text(f'#include "{header}"\n{bodies}\n')
    # The baseline names no place on this machine.
    run(cc, "-g", "-O0", f"-ffile-prefix-map={folder}=.", "-shared", "-fPIC", "-Wno-unused", "-o", library, source)
    return declarations, library


def difference(library, *options):
    # A bit each: 1 and 2 are errors of use, 4 is a change, 8 one that is incompatible.
    done = run("abidiff", "--no-architecture", *options, BASELINE, library, allowed=(0, 4, 8, 12))
    return done.stdout if done.returncode else ""


def broken(library, now, folder):
    """What is not as it was."""
    suppressed = folder / "suppressed"
    suppressed.write_text(SUPPRESSED)
    gone = sorted(set(NAMES.read_text().splitlines()) - set(now))
    return "".join(line + "\n" for line in gone) + difference(library, "--no-added-syms", "--suppressions", suppressed)


def verdict(cc, header, folder):
    """Words for what differs, "" for nothing, and the names that there are."""
    declarations, library = stub(cc, header, folder)
    now = names(cc, Path(header).resolve(), declarations, folder)
    if changed := broken(library, now, folder):
        return f"The ABI is not what it was; programs that were built before would break:\n{changed}", now
    new = "\n".join(sorted(set(now) - set(NAMES.read_text().splitlines())))
    if grown := new or difference(library):
        return f"The ABI has grown:\n{grown}\nIf that is meant: {BLESS}", now
    return "", now


def check(cc, header, shared):
    with tempfile.TemporaryDirectory() as folder:
        differs, now = verdict(cc, header, Path(folder))
    if differs:
        sys.exit(differs)
    exported = run("nm", "-D", "--defined-only", shared).stdout.splitlines()
    exported = sorted(f"function {line.split()[-1]}" for line in exported if line)
    declared = [line for line in now if line.startswith("function ")]
    if exported != declared:
        sys.exit(f"The library exports other functions than the header has: {set(exported) ^ set(declared)}")


def prove(cc, header):
    text = Path(header).read_text()
    last_field = re.search(r"(\w+;)\n} ws_options;", text)[1]
    for what, old, new, expected in [
        ("nothing", "", "", ""),
        ("a function less", "int32_t ws_abort(ws_id ws);", "", "function ws_abort"),
        ("another type", "int32_t ws_abort(ws_id ws);", "int64_t ws_abort(ws_id ws);", "ws_abort"),
        ("an argument more", "int32_t ws_abort(ws_id ws);", "int32_t ws_abort(ws_id ws, int32_t how);", "ws_abort"),
        ("another value", "enum { HOSTWS_TEXT = 1 };", "enum { HOSTWS_TEXT = 4 };", "constant HOSTWS_TEXT 1"),
        ("a field in the middle", "int32_t header_count;", "int32_t header_count; int64_t more;", "not what it was"),
        ("a field less", "int32_t error_count;", "", "not what it was"),
        ("a larger field", "int32_t error_count;", "int64_t error_count;", "not what it was"),
        ("a field at the end", last_field, last_field + " int64_t more;", "has grown"),
        ("a function more", "int32_t ws_abort(ws_id ws);", "int32_t ws_abort(ws_id ws);\nint32_t ws_more(void);", "has grown"),
        ("a constant more", "enum { HOSTWS_TEXT = 1 };", "enum { HOSTWS_TEXT = 1 };\nenum { HOSTWS_MORE_ = 1 };", "has grown"),
    ]:
        assert old in text, old
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(folder) / "hostws.h"
            changed.write_text(text.replace(old, new) if old else text)
            differs, _ = verdict(cc, changed, Path(folder))
        assert (expected in differs) if expected else not differs, (what, differs)


def bless(cc, header):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        declarations, library = stub(cc, header, folder)
        now = names(cc, Path(header).resolve(), declarations, folder)
        is_first = not BASELINE.exists()
        if not is_first and os.environ.get("HOSTWS_BLESS") != "break" and (changed := broken(library, now, folder)):
            sys.exit(f"This is not growth:\n{changed}\nHOSTWS_BLESS=break takes it all the same.")
        # Without places, which would change with every line.
        run("abidw", "--no-comp-dir-path", "--no-corpus-path", "--no-show-locs", "--out-file", BASELINE, library)
        NAMES.write_text("".join(line + "\n" for line in now))


if not shutil.which("abidiff"):
    print("skipped: abidiff is not installed")
    sys.exit(77)
{"check": check, "prove": prove, "bless": bless}[sys.argv[1]](*sys.argv[2:])
