#!/usr/bin/env python3
"""Writes src/hostws/_abi.py and _version.py from include/hostws.h and Cargo.toml. With --check, says whether they are right.

    python3 bindings/python/generate.py [--check]
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "docs" / "reference"))
import header as source  # noqa: E402

TYPES = {
    "int32_t": "c_int32", "uint32_t": "c_uint32", "int64_t": "c_int64", "uint64_t": "c_uint64", "ws_id": "c_int32",
    "const char *": "c_char_p", "void *": "c_void_p", "const struct ws_error *": "POINTER(ws_error)",
}
# A payload may hold NULs, so it is no C string.
PAYLOAD = ("ws_event", "data")


def field(struct: str, member: source.Field) -> str:
    kind = member.declaration.removesuffix(";").removesuffix(member.name).strip()
    return "c_void_p" if (struct, member.name) == PAYLOAD else TYPES[kind]


def abi(header: source.Header) -> str:
    lines = ['"""The constants and structs of hostws.h. Written by generate.py; do not edit."""', "",
             "from ctypes import POINTER, Structure, c_char_p, c_int32, c_int64, c_uint32, c_uint64, c_void_p", ""]
    for constant in header.constants:
        lines.append(f"{constant.name.removeprefix('HOSTWS_')} = {constant.value}")
    for name in ("ws_error", "ws_event"):
        lines += ["", "", f"class {name}(Structure):", "    _fields_ = ["]
        lines += [f'        ("{member.name}", {field(name, member)}),' for member in header.struct(name).fields]
        lines.append("    ]")
    lines.append("")
    return "\n".join(lines)


def main() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    files = {"_abi.py": abi(source.read()), "_version.py": f'__version__ = "{version}"\n'}
    for name, text in files.items():
        path = HERE / "src" / "hostws" / name
        if sys.argv[1:] == ["--check"]:
            if path.read_text() != text:
                sys.exit(f"{path} is not what the header says: run {__file__}")
        else:
            path.write_text(text)


if __name__ == "__main__":
    main()
