"""Python's part of ../generate.py: src/hostws/_abi.py and _version.py."""

from typing import Any, Dict

TYPES = {
    "int32_t": "c_int32", "uint32_t": "c_uint32", "int64_t": "c_int64", "uint64_t": "c_uint64", "ws_id": "c_int32",
    "const char *": "c_char_p", "void *": "c_void_p", "const struct ws_error *": "POINTER(ws_error)",
}
# A payload may hold NULs, so it is no C string.
PAYLOAD = ("ws_event", "data")


def abi(source: Any) -> str:
    lines = ['"""The constants and structs of hostws.h. Written by bindings/generate.py; do not edit."""', "",
             "from ctypes import POINTER, Structure, c_char_p, c_int32, c_int64, c_uint32, c_uint64, c_void_p", ""]
    lines += [f"{name} = {value}" for name, value in source.constants.items()]
    for struct in ("ws_error", "ws_event"):
        lines += ["", "", f"class {struct}(Structure):", "    _fields_ = ["]
        for name, kind in source.fields(struct).items():
            lines.append(f'        ("{name}", {"c_void_p" if (struct, name) == PAYLOAD else TYPES[kind]}),')
        lines.append("    ]")
    lines.append("")
    return "\n".join(lines)


def files(source: Any) -> Dict[str, str]:
    return {"src/hostws/_abi.py": abi(source), "src/hostws/_version.py": f'__version__ = "{source.version}"\n'}
