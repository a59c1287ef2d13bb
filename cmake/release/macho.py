"""A shared library for macOS, as lief reads it."""

import hashlib
import os
import struct

import lief

from checks import check

# Programs on Macs with Intel's processors run on older systems, too.
LEAST = {"aarch64-apple-darwin": [11, 0, 0], "x86_64-apple-darwin": [10, 13, 0]}
FRAMEWORKS = "/System/Library/Frameworks/{0}.framework/Versions/A/{0}"
# libSystem is the C library, and the unwinder that C++ hosts use.
NEEDED = ["/usr/lib/libSystem.B.dylib", "/usr/lib/libiconv.2.dylib", FRAMEWORKS.format("CoreFoundation"),
          FRAMEWORKS.format("Security")]


def check_signature(library, content):
    """The sum of each page is in the signature (a CodeDirectory in a SuperBlob), or no Mac would load the library."""
    check(library.has_code_signature, "it is not signed")
    start = library.code_signature.data_offset
    magic, _, count = struct.unpack_from(">III", content, start)
    check(magic == 0xFADE0CC0, "its signature is damaged")
    blobs = dict(struct.unpack_from(">II", content, start + 12 + 8 * i) for i in range(count))
    directory = start + blobs[0]
    magic, _, _, _, hashes, _, _, pages, limit, size, kind, _, shift = struct.unpack_from(">9I4B", content, directory)
    check(magic == 0xFADE0C02 and (size, kind) == (32, 2), "its signature has no SHA-256")
    page = 1 << shift
    check(limit == start and pages == -(-limit // page), "its signature leaves something out")
    for i in range(pages):
        seen = hashlib.sha256(content[i * page:min((i + 1) * page, limit)]).digest()
        place = directory + hashes + i * size
        check(seen == content[place:place + size], "page", i, "is not what was signed")


def look_into(root, version, target, functions):
    shared = root / "lib" / f"libhostws.{version}.dylib"
    library = lief.MachO.parse(str(shared)).at(0)
    exports = {symbol.name.removeprefix("_") for symbol in library.exported_symbols}
    check(exports == functions, "it exports", sorted(exports ^ functions), "wrongly or not")
    kinds = lief.MachO.LoadCommand.TYPE
    needed = [command.name for command in library.libraries if command.command != kinds.ID_DYLIB]
    check("/usr/lib/libSystem.B.dylib" in needed and set(needed) <= set(NEEDED), "it needs", needed)
    name = next(command.name for command in library.libraries if command.command == kinds.ID_DYLIB)
    check(name == "@rpath/libhostws.0.dylib", "its name is", name)
    least = library.build_version.minos if library.has_build_version else library.version_min.version
    check(list(least) == LEAST[target], "it needs macOS", least)
    check_signature(library, shared.read_bytes())
    unwinder = {symbol.name for symbol in library.imported_symbols if symbol.name.startswith("__Unwind_")}
    check("__Unwind_Backtrace" in unwinder, "it has an unwinder of its own")
    for link in "libhostws.0.dylib", "libhostws.dylib":
        check(os.readlink(root / "lib" / link) == shared.name, link, "does not lead to", shared.name)
    print(f"{shared.name}: {len(exports)} functions, {shared.stat().st_size} bytes, macOS {least[0]}.{least[1]}, "
          f"needs {', '.join(os.path.basename(need) for need in needed)}")
