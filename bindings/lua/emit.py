"""Lua's part of ../generate.py: src/hostws/abi.lua."""

import re
from typing import Any, Dict

# What src/hostws/ffi.lua calls.
FUNCTIONS = """
    ws_open_ex ws_send ws_ping ws_pause ws_answer ws_terminate ws_abort ws_status ws_status_name ws_buffered_amount
    ws_set_header ws_set_url ws_url ws_subprotocol ws_response_status ws_response_header_at ws_response_body ws_explain
    ws_next_batch ws_queue_new ws_queue_free ws_queue_fd ws_event_name ws_last_error_message ws_version
""".split()


def abi(source: Any) -> str:
    header = source.header
    lines = ["-- The declarations and constants of hostws.h. Written by bindings/generate.py; do not edit.", "", "return {",
             f'  VERSION = "{source.version}",', "  DECLARATIONS = [["]
    lines += [each.declaration for each in header.types if each.name in ("ws_id", "ws_queue")]
    for name in ("ws_error", "ws_event"):
        fields = " ".join(member.declaration for member in header.struct(name).fields)
        lines.append(f"typedef struct {name} {{ {fields} }} {name};")
    prototypes = {function.name: function.prototype for function in header.functions}
    lines += [re.sub(r"\s+", " ", prototypes[name]) for name in FUNCTIONS]
    lines.append("]],")
    lines += [f"  {name} = {value}," for name, value in source.constants.items()]
    return "\n".join([*lines, "}", ""])


def files(source: Any) -> Dict[str, str]:
    return {"src/hostws/abi.lua": abi(source)}
