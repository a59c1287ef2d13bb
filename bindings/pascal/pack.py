#!/usr/bin/env python3
"""Packs the source package, hostws-pascal-VERSION.zip: one folder with the unit, a package of Lazarus and an example.

    python3 bindings/pascal/pack.py OUTPUT-FOLDER
"""

import re
import sys
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# The same files make the same package.
DATE = (1980, 1, 1, 0, 0, 0)


def lazarus_version(version: str) -> str:
    """<Version .../> as Lazarus writes it: what is 0 is left out."""
    numbers = zip(("Major", "Minor", "Release"), version.split("."))
    return "<Version " + " ".join(f'{name}="{number}"' for name, number in numbers if number != "0") + "/>"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.M)[1]
    package = (HERE / "hostws_lazarus.lpk").read_text(encoding="utf-8")
    if lazarus_version(version) not in package:
        sys.exit(f"hostws_lazarus.lpk should say {lazarus_version(version)}")
    name = f"hostws-pascal-{version}"
    files = [*HERE.glob("src/*"), *HERE.glob("examples/*"), HERE / "hostws_lazarus.lpk", HERE / "README.md",
             *ROOT.glob("LICENSE-*")]
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            place = path.relative_to(HERE) if path.is_relative_to(HERE) else path.name
            entry = zipfile.ZipInfo(f"{name}/{place}", DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    print(f"{name}.zip")


if __name__ == "__main__":
    main()
