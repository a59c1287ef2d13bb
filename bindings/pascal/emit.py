"""Pascal's part of ../generate.py: src/hostws_abi.inc."""

import re
from typing import Any, Dict, List

TYPES = {
    "int32_t": "Integer", "uint32_t": "Cardinal", "int64_t": "Int64", "uint64_t": "UInt64", "intptr_t": "NativeInt",
    "ws_id": "ws_id", "ws_queue": "ws_queue", "void *": "Pointer", "const void *": "Pointer", "char *": "PAnsiChar",
    "const char *": "PAnsiChar", "ws_callback": "ws_callback", "ws_socket_function": "ws_socket_function",
}
RESERVED = {"type": "event_type"}
# Parameters whose type is written out in the header.
FUNCTIONS = {
    "void (*fn)(void *user_data)": ("fn", "ws_wakeup_function"),
    "void (*fn)(int32_t level, const char *message, void *user_data)": ("fn", "ws_log_function"),
}
STRUCTS = ("ws_error", "ws_event", "ws_handler", "ws_header", "ws_options", "ws_stats")


def pascal(kind: str) -> str:
    kind = kind.strip()
    if match := re.fullmatch(r"(?:const )?struct (\w+) \*", kind):
        return "P" + match[1]
    return TYPES[kind]


def parameter(text: str) -> str:
    name, kind = FUNCTIONS.get(text) or (re.search(r"(\w+)$", text)[1], pascal(re.sub(r"\w+$", "", text)))
    return f"{RESERVED.get(name, name)}: {kind}"


def parameters(text: str) -> str:
    if text == "void":
        return ""
    return "(" + "; ".join(parameter(one) for one in re.split(r", (?![^(]*\))", text)) + ")"


def prototype(text: str) -> str:
    """A function of C as one of Pascal, without what stands behind it."""
    kind, name, rest = re.fullmatch(r"(.*?)(ws_\w+)\((.*)\);", re.sub(r"\s+", " ", text)).groups()
    if kind.strip() == "void":
        return f"procedure {name}{parameters(rest)};"
    return f"function {name}{parameters(rest)}: {pascal(kind)};"


def callback(text: str) -> str:
    kind, name, rest = re.fullmatch(r"typedef (.*?)\(\*(\w+)\)\((.*)\);", text).groups()
    if kind.strip() == "void":
        return f"{name} = procedure{parameters(rest)}; cdecl;"
    return f"{name} = function{parameters(rest)}: {pascal(kind)}; cdecl;"


def record(source: Any, name: str) -> List[str]:
    fields = [f"    {RESERVED.get(field, field)}: {pascal(kind)};" for field, kind in source.fields(name).items()]
    return [f"  P{name} = ^{name};", f"  {name} = record", *fields, "  end;"]


def files(source: Any) -> Dict[str, str]:
    types = {one.name: one.declaration for one in source.header.types}
    callbacks = [types[name] for name in ("ws_callback", "ws_socket_function")]
    callbacks += [f"typedef {text.replace('(*fn)', f'(*{name})')};" for text, (_, name) in FUNCTIONS.items()]
    lines = ["{ The declarations of hostws.h. Written by bindings/generate.py; do not edit. }", "", "const"]
    lines += [f"  HOSTWS_{name} = {value};" for name, value in source.constants.items()]
    lines += ["", "type", "  ws_id = Integer;", "  ws_queue = Integer;"]
    for name in STRUCTS:
        if name == "ws_handler":
            lines += ["  " + callback(text) for text in callbacks]
        lines += record(source, name)
    lines.append("")
    for function in source.header.functions:
        name = function.name
        lines += [prototype(function.prototype), f"  cdecl; external HOSTWS_LIBRARY name '{name}';"]
    lines.append("")
    return {"src/hostws_abi.inc": "\n".join(lines)}
