#!/usr/bin/env python3
"""Does each package carry the licences of hostws, and of what is inside its library? licences.py LIBRARY|- PACKAGE..."""

import gzip
import io
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Dict

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bindings"))
import licences  # noqa: E402


def of_tar(data: bytes) -> Dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}


def files(package: Path) -> Dict[str, bytes]:
    data = package.read_bytes()
    if package.suffix == ".gem":
        return of_tar(gzip.decompress(of_tar(data)["data.tar.gz"]))
    if package.suffix == ".tgz":
        return of_tar(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


library, *packages = sys.argv[1:]
wanted = [*licences.own(), *([] if library == "-" else [licences.inside(Path(library))])]
for package in map(Path, packages):
    inside = list(files(package).values())
    for path in wanted:
        if path.read_bytes() not in inside:
            sys.exit(f"{package} has no {path.name}")
