#!/usr/bin/env python3
"""Builds the NuGet package and the package for Unity (UPM), with the shared libraries in them:

    python3 bindings/csharp/pack.py OUTPUT-FOLDER RID=LIBRARY...

RID is .NET's name of a platform (linux-x64, linux-arm64, win-x64, osx-x64, osx-arm64), LIBRARY the file for it, stripped if you
wish, with the THIRD-PARTY-LICENSES.txt of its archive beside it or a folder above. Compiles with mcs, and needs no tool of
NuGet or Unity.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
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
NAMES = {"linux": "libhostws.so", "win": "hostws.dll", "osx": "libhostws.dylib"}
# What Unity calls the systems and processors.
SYSTEMS = {"linux": ("Linux", "Linux64"), "win": ("Windows", "Win64"), "osx": ("OSX", "OSXUniversal")}
PROCESSORS = {"x64": "x86_64", "arm64": "ARM64"}
Files = Dict[str, bytes]


def compiled() -> Files:
    with tempfile.TemporaryDirectory() as folder:
        library, words = Path(folder) / "Hostws.dll", Path(folder) / "Hostws.xml"
        sources = [str(path) for path in sorted((HERE / "Runtime").glob("*.cs"))]
        subprocess.run(["mcs", "-nologo", "-unsafe", "-optimize", "-warnaserror", "-langversion:7.2", "-target:library",
                        f"-doc:{words}", f"-out:{library}", *sources], check=True)
        return {"lib/netstandard2.0/Hostws.dll": library.read_bytes(), "lib/netstandard2.0/Hostws.xml": words.read_bytes()}


def nuget(libraries: Dict[str, Path]) -> Files:
    files = {"Hostws.nuspec": (HERE / "Hostws.nuspec").read_text(encoding="utf-8").replace("$version$", VERSION).encode()}
    files.update(compiled(), **licences.of(libraries))
    files["README.md"] = (HERE / "README.md").read_bytes()
    for rid, library in libraries.items():
        files[f"runtimes/{rid}/native/{NAMES[rid.split('-')[0]]}"] = library.read_bytes()
    # A package is an archive of OPC: it says what its parts are, and which is the description.
    kinds = sorted({name.rsplit(".", 1)[1] for name in files if "." in name})
    files["[Content_Types].xml"] = (
        '<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(f'<Default Extension="{kind}" ContentType="application/octet"/>' for kind in kinds)
        + "".join(f'<Override PartName="/{name}" ContentType="application/octet"/>' for name in files if "." not in name)
        + "</Types>\n").encode()
    files["_rels/.rels"] = (
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        b'Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/Hostws.nuspec" Id="R1"/></Relationships>\n')
    return files


def unity(libraries: Dict[str, Path]) -> Files:
    manifest = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    manifest["version"] = VERSION
    files = {"package.json": json.dumps(manifest, indent=2).encode() + b"\n", "README.md": (HERE / "README.md").read_bytes()}
    files.update(licences.of(libraries))
    for path in sorted((HERE / "Runtime").iterdir()):
        files[f"Runtime/{path.name}"] = path.read_bytes()
    plugins = {f"Plugins/{rid}/{NAMES[rid.split('-')[0]]}": rid for rid in libraries}
    files.update({name: libraries[rid].read_bytes() for name, rid in plugins.items()})
    # Unity ignores whatever has no description of its own in a package that it cannot write to.
    folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    for name in sorted({*files, *folders}):
        guid = hashlib.md5(f"{manifest['name']}/{name}".encode()).hexdigest()
        files[f"{name}.meta"] = f"fileFormatVersion: 2\nguid: {guid}\n{importer(plugins.get(name))}".encode()
    return files


def importer(rid: str) -> str:
    """Where Unity loads a library: in the editor and in players of its platform."""
    if rid is None:
        return ""
    system, processor = rid.split("-")
    editor, player = SYSTEMS[system]
    cpu = PROCESSORS[processor]
    return (f"PluginImporter:\n  serializedVersion: 2\n  platformData:\n"
            f"  - first:\n      Any: \n    second:\n      enabled: 0\n      settings: {{}}\n"
            f"  - first:\n      Editor: Editor\n    second:\n      enabled: 1\n      settings:\n"
            f"        CPU: {cpu}\n        OS: {editor}\n"
            f"  - first:\n      Standalone: {player}\n    second:\n      enabled: 1\n      settings:\n        CPU: {cpu}\n")


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    output = Path(sys.argv[1])
    libraries = {rid: Path(path) for rid, path in (argument.split("=", 1) for argument in sys.argv[2:])}
    output.mkdir(parents=True, exist_ok=True)
    package = output / f"Hostws.{VERSION}.nupkg"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in nuget(libraries).items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    tarball = output / f"com.hostws.client-{VERSION}.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        for name, data in unity(libraries).items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    print(f"{package.name}\n{tarball.name}")


if __name__ == "__main__":
    main()
