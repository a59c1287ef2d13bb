"""A shared library for Linux, as readelf shows it."""

import os
import re

from checks import check, run

GLIBC = (2, 17)
# libgcc_s is the unwinder that C++ hosts use, too.
NEEDED = {
    "gnu": r"lib(c|m|pthread|dl|rt|gcc_s)\.so\.\d|ld-linux[-\w]*\.so\.\d",
    "musl": r"libc\.so|libgcc_s\.so\.1",
}


def look_into(root, version, target, functions):
    shared = root / "lib" / f"libhostws.so.{version}"
    symbols = run("readelf", "--wide", "--dyn-syms", shared).splitlines()
    fields = [line.split() for line in symbols if re.match(r"\s*\d+: ", line)]
    exports = {field[7].split("@")[0] for field in fields if len(field) > 7 and field[6] != "UND"}
    check(exports == functions, "it exports", sorted(exports ^ functions), "wrongly or not")
    dynamic = run("readelf", "--wide", "--dynamic", shared)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    allowed = NEEDED["musl" if "musl" in target else "gnu"]
    check(needed and all(re.fullmatch(allowed, need) for need in needed), "it needs", needed)
    check(any(need.startswith("libgcc_s") for need in needed), "it has an unwinder of its own")
    check("NODELETE" in dynamic, "it can be unloaded")
    name = re.search(r"\(SONAME\).*\[(.*)\]", dynamic)
    check(name and name.group(1) == "libhostws.so.0", "its name is", name)
    versions = {tuple(map(int, number.split("."))) for number in
                re.findall(r"Name: GLIBC_([\d.]+)", run("readelf", "--wide", "--version-info", shared))}
    check(not versions or max(versions) <= GLIBC, "it needs glibc", max(versions, default=None))
    check(".debug_info" not in run("readelf", "--wide", "--section-headers", root / "lib/libhostws.a"),
          "libhostws.a holds what only a debugger reads")
    for link in "libhostws.so.0", "libhostws.so":
        check(os.readlink(root / "lib" / link) == shared.name, link, "does not lead to", shared.name)
    print(f"{shared.name}: {len(exports)} functions, {shared.stat().st_size} bytes, needs {', '.join(needed)}")
