#!/usr/bin/env python3
"""Links for macOS as rustc asks a C compiler to: ld.py LINKER SDK ARGUMENT...

    LINKER  ld64.lld, as Rust brings it
    SDK     a folder with the names in the system's libraries

The result is signed by its own sum, without which no Mac with Apple silicon loads it.
"""

import os
import sys


def translated(arguments):
    """A C compiler's options are the linker's behind -Wl, and some are spelled otherwise."""
    arguments = iter(arguments)
    for argument in arguments:
        if argument.startswith("-Wl,"):
            yield from argument.split(",")[1:]
        elif argument.startswith("-mmacosx-version-min="):
            version = argument.partition("=")[2]
            yield from ["-platform_version", "macos", version, version]
        elif argument == "-target":
            version = next(arguments).partition("macosx")[2]
            yield from ["-platform_version", "macos", version, version]
        elif argument == "-dynamiclib":
            yield "-dylib"
        elif argument == "-nodefaultlibs":
            pass
        else:
            yield argument


linker, sdk, *rest = sys.argv[1:]
os.execv(linker, [linker, *translated(rest), "-syslibroot", sdk, "-adhoc_codesign"])
