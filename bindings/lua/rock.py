#!/usr/bin/env python3
"""Builds a rock with the shared library in it, for LuaJIT and for every Lua whose headers are here:

    python3 bindings/lua/rock.py LIBRARY OUTPUT-FOLDER

LIBRARY is libhostws.so.0 or libhostws.0.dylib, stripped if you wish, with the THIRD-PARTY-LICENSES.txt of its archive beside
it or a folder above. Needs luarocks and a C compiler, and no network.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Optional

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "bindings"))
import licences  # noqa: E402

VERSIONS = {"5.1": 501, "5.2": 502, "5.3": 503, "5.4": 504}


def package_version() -> str:
    return re.search(r'VERSION = "(.*)"', (HERE / "src/hostws/abi.lua").read_text(encoding="utf-8"))[1]


def headers(version: str) -> Optional[List[str]]:
    """What the compiler needs to find lua.h of that version."""
    for name in (f"lua{version}", f"lua-{version}", f"lua{version.replace('.', '')}", "lua"):
        modversion = subprocess.run(["pkg-config", "--modversion", name], capture_output=True, text=True)
        if modversion.returncode == 0 and modversion.stdout.startswith(version):
            flags = subprocess.run(["pkg-config", "--cflags", name], capture_output=True, text=True, check=True)
            return flags.stdout.split()
    return None


def compile_cores(tree: Path, library: Path) -> Dict[str, Path]:
    """The module in C for each Lua, beside the library."""
    is_mac = sys.platform == "darwin"
    link = (["-bundle", "-undefined", "dynamic_lookup", "-Wl,-rpath,@loader_path"] if is_mac
            else ["-shared", "-Wl,-rpath,$ORIGIN"])
    cores = {}
    for version, number in VERSIONS.items():
        flags = headers(version)
        if flags is None:
            continue
        core = tree / f"core{number}.so"
        subprocess.run([os.environ.get("CC", "cc"), "-std=gnu99", "-O2", "-Wall", "-Wextra", "-fPIC", "-fvisibility=hidden",
                        f"-I{ROOT / 'include'}", *flags, str(HERE / "src/hostws/core.c"), str(library), *link,
                        "-o", str(core)], check=True)
        cores[version] = core
    return cores


def rockspec(version: str, tree: Path, files: List[Path]) -> str:
    """That of the repository, but for its version, and for what is installed."""
    text = (HERE / "hostws-scm-1.rockspec").read_text(encoding="utf-8")
    text = text[text.index("rockspec_format"):text.index("external_dependencies")].replace("scm-1", f"{version}-1")
    modules = "".join(f'      ["{".".join(path.relative_to(tree / "src").with_suffix("").parts)}"] = '
                      f'"{path.relative_to(tree)}",\n' for path in sorted((tree / "src").rglob("*.lua")))
    binaries = "".join(f'      ["hostws.{path.name.split(".")[0]}"] = "{path.name}",\n' for path in files)
    return (f'{text}build = {{\n  type = "none",\n  install = {{\n    lua = {{\n{modules}    }},\n'
            f'    lib = {{\n{binaries}    }},\n  }},\n  copy_directories = {{ "doc" }},\n}}\n')


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    library, output = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
    output.mkdir(parents=True, exist_ok=True)
    version = package_version()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        shutil.copytree(HERE / "src", tree / "src", ignore=shutil.ignore_patterns("*.c"))
        inside = tree / library.name
        shutil.copyfile(library, inside)
        cores = compile_cores(tree, inside)
        (tree / "doc").mkdir()
        for text in (HERE / "README.md", *licences.own(), licences.inside(library)):
            shutil.copy(text, tree / "doc")
        spec = tree / f"hostws-{version}-1.rockspec"
        spec.write_text(rockspec(version, tree, [inside, *cores.values()]), encoding="utf-8")
        subprocess.run(["luarocks", "make", "--pack-binary-rock", "--deps-mode=none", spec.name], cwd=tree, check=True,
                       stdout=subprocess.DEVNULL)
        for rock in tree.glob("*.rock"):
            shutil.copy(rock, output)
            print(rock.name, "for LuaJIT" + "".join(f", Lua {version}" for version in cores))


if __name__ == "__main__":
    main()
