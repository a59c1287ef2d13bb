"""Writes recipes that take the archives: recipes.py ARCHIVES FOLDER VERSION URL

    ARCHIVES  the folder in which cmake/release.sh has put them
    FOLDER    gets conan/, to be made a package of by `conan create`, and vcpkg/, an overlay of ports
    VERSION   of hostws
    URL       of the folder from which users get the archives

The recipes are those of recipes/, and know the sum of each archive.
"""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

ARCHIVES, FOLDER, VERSION, URL = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4].rstrip("/")
# What Conan and vcpkg call our targets. Neither tells one C library of Linux from another.
PLATFORMS = {
    "x86_64-unknown-linux-gnu": (("Linux", "x86_64"), "Linux-x64"),
    "aarch64-unknown-linux-gnu": (("Linux", "armv8"), "Linux-arm64"),
    "armv7-unknown-linux-gnueabihf": (("Linux", "armv7hf"), "Linux-arm"),
    "x86_64-pc-windows-gnu": (("Windows", "x86_64"), "Windows-x64"),
    "x86_64-apple-darwin": (("Macos", "x86_64"), "Darwin-x64"),
    "aarch64-apple-darwin": (("Macos", "armv8"), "Darwin-arm64"),
}


def archives():
    for file in sorted(ARCHIVES.iterdir()):
        named = re.fullmatch(rf"hostws-{re.escape(VERSION)}-(.+)\.(?:tar\.gz|zip)", file.name)
        if named and named[1] in PLATFORMS:
            yield *PLATFORMS[named[1]], file


def digest(algorithm, file):
    return hashlib.new(algorithm, file.read_bytes()).hexdigest()


def write_json(file, content):
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_conan():
    systems = {}
    for (system, processor), _, file in archives():
        systems.setdefault(system, {})[processor] = {"url": f"{URL}/{file.name}", "sha256": digest("sha256", file)}
    write_json(FOLDER / "conan/conandata.yml", {"archives": {VERSION: systems}})  # JSON is YAML


def write_vcpkg():
    port = FOLDER / "vcpkg/hostws"
    manifest = json.loads((port / "vcpkg.json").read_text(encoding="utf-8"))
    write_json(port / "vcpkg.json", manifest | {"version": VERSION})
    lines = [f'set(HOSTWS_URL "{URL}")']
    for _, platform, file in archives():
        lines += [f'set(HOSTWS_ARCHIVE_{platform} "{file.name}")',
                  f'set(HOSTWS_SHA512_{platform} "{digest("sha512", file)}")']
    (port / "archives.cmake").write_text("\n".join(lines) + "\n", encoding="utf-8")


shutil.rmtree(FOLDER, ignore_errors=True)
shutil.copytree(Path(__file__).with_name("recipes"), FOLDER)
write_conan()
write_vcpkg()
