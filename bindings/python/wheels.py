#!/usr/bin/env python3
"""Builds the wheels, with the shared library in them:

    python3 bindings/python/wheels.py LIBRARY OUTPUT-FOLDER

LIBRARY is libhostws.so.0, libhostws.0.dylib or hostws.dll, stripped if you wish, with the THIRD-PARTY-LICENSES.txt of its
archive beside it or a folder above. Builds in a copy, and needs the PyPI packages build and setuptools, which pip fetches.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bindings"))
import licences  # noqa: E402


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    library, output = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
    output.mkdir(parents=True, exist_ok=True)
    for pure in ("0", "1"):
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "hostws"
            shutil.copytree(HERE, tree, ignore=shutil.ignore_patterns("__pycache__", "tests"))
            shutil.copyfile(library, tree / "src/hostws" / library.name)
            for licence in (*licences.own(), licences.inside(library)):
                shutil.copy(licence, tree)
            environment = dict(os.environ, HOSTWS_PURE=pure, HOSTWS_INCLUDE=str(ROOT / "include"))
            subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
                            "--wheel-dir", output, tree], env=environment, check=True)
    print("\n".join(sorted(path.name for path in output.glob("*.whl"))))


if __name__ == "__main__":
    main()
