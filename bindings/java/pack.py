#!/usr/bin/env python3
"""Builds the jar, with the shared libraries in it, the jar of its sources and its pom:

    python3 bindings/java/pack.py OUTPUT-FOLDER JNA-JAR PLATFORM=LIBRARY...

PLATFORM is JNA's name of a platform (linux-x86-64, linux-aarch64, win32-x86-64, darwin-aarch64), LIBRARY the file for it,
stripped if you wish, with the THIRD-PARTY-LICENSES.txt of its archive beside it or a folder above. Compiles for Java 11,
with a JDK 11 or later.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Dict

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bindings"))
import licences  # noqa: E402

VERSION = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
NAMES = {"linux": "libhostws.so", "win32": "hostws.dll", "darwin": "libhostws.dylib"}
MANIFEST = f"Manifest-Version: 1.0\r\nAutomatic-Module-Name: com.hostws\r\nImplementation-Version: {VERSION}\r\n\r\n"
Files = Dict[str, bytes]


def below(folder: Path, pattern: str) -> Files:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob(pattern))}


def compiled(jna: str) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        sources = [str(path) for path in sorted((HERE / "src").rglob("*.java"))]
        subprocess.run(["javac", "--release", "11", "-encoding", "UTF-8", "-Xlint:all,-processing,-options",
                        "-Xdoclint:all/protected", "-Werror", "-cp", jna, "-d", folder, *sources], check=True)
        return below(Path(folder), "*.class")


def write(path: Path, files: Files, libraries: Dict[str, Path]) -> None:
    texts = {f"META-INF/{name}": text for name, text in licences.of(libraries).items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"META-INF/MANIFEST.MF": MANIFEST.encode(), **texts, **files}.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    print(path.name)


def main() -> None:
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    output, jna = Path(sys.argv[1]), sys.argv[2]
    output.mkdir(parents=True, exist_ok=True)
    libraries = {platform: Path(path) for platform, path in (argument.split("=", 1) for argument in sys.argv[3:])}
    natives = {f"{platform}/{NAMES[platform.split('-')[0]]}": path.read_bytes() for platform, path in libraries.items()}
    write(output / f"hostws-{VERSION}.jar", {**compiled(jna), **natives}, libraries)
    write(output / f"hostws-{VERSION}-sources.jar", below(HERE / "src", "*.java"), {})
    pom = output / f"hostws-{VERSION}.pom"
    pom.write_text((HERE / "pom.xml").read_text(encoding="utf-8").replace("$version$", VERSION), encoding="utf-8")
    print(pom.name)


if __name__ == "__main__":
    main()
