#!/usr/bin/env python3
"""Writes the module as a proxy serves it, with the static libraries in it:

    python3 bindings/go/pack.py OUTPUT-FOLDER GOOS_GOARCH=LIBRARY...

LIBRARY is libhostws.a, without debug information if you wish (strip -g), with the THIRD-PARTY-LICENSES.txt of its archive
beside it or a folder above.
"""

import json
import re
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bindings"))
import licences  # noqa: E402
# The same for the same content.
DATE = (1980, 1, 1, 0, 0, 0)
TIME = "1980-01-01T00:00:00Z"


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    module = re.search(r"^module (\S+)", (HERE / "go.mod").read_text(), re.M)[1]
    version = "v" + re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    libraries = {platform: Path(path) for platform, path in (argument.split("=", 1) for argument in sys.argv[2:])}
    sources = [path for path in sorted(HERE.iterdir()) if path.suffix in (".go", ".mod") or path.name == "README.md"]
    files = {path.name: path.read_bytes() for path in [*sources, ROOT / "include" / "hostws.h"]}
    files.update(licences.of(libraries))
    files.update((f"lib/{platform}/libhostws.a", path.read_bytes()) for platform, path in libraries.items())

    folder = Path(sys.argv[1]) / module / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{version}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{module}@{version}/{name}", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    (folder / f"{version}.mod").write_bytes((HERE / "go.mod").read_bytes())
    (folder / f"{version}.info").write_text(json.dumps({"Version": version, "Time": TIME}) + "\n", encoding="utf-8")
    (folder / "list").write_text(version + "\n", encoding="utf-8")
    print(f"{module}@{version}")


if __name__ == "__main__":
    main()
