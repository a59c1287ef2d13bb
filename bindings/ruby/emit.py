"""Ruby's part of ../generate.py: the constants, the layout of the structs, and the version."""

from typing import Any, Dict

# As String#unpack has them, and their bytes: on the 64-bit platforms, which are those of the gem.
FORMATS = {"int32_t": ("l", 4), "uint32_t": ("L", 4), "ws_id": ("l", 4), "int64_t": ("q", 8), "uint64_t": ("Q", 8)}
POINTER = ("J", 8)


def layout(source: Any, struct: str) -> str:
    """The fields one after the other, with the room that the compiler leaves between them."""
    text, place = "", 0
    for kind in source.fields(struct).values():
        letter, size = FORMATS.get(kind, POINTER)
        gap = -place % size
        text += ("x" * gap) + letter
        place += gap + size
    gap = -place % 8
    name = struct.removeprefix("ws_").upper()
    return f'    {name}_FORMAT = "{text + "x" * gap}"\n    {name}_SIZE = {place + gap}\n'


def files(source: Any) -> Dict[str, str]:
    note = "# frozen_string_literal: true\n\n# Written by bindings/generate.py; do not edit.\n\n"
    constants = "".join(f"    {name} = {value}\n" for name, value in source.constants.items())
    layouts = layout(source, "ws_error") + layout(source, "ws_event")
    words = "  # The constants and structs of hostws.h.\n"
    return {
        "lib/hostws/abi.rb": f"{note}module Hostws\n{words}  module ABI\n{constants}\n{layouts}  end\nend\n",
        "lib/hostws/version.rb": f'{note}module Hostws\n  VERSION = "{source.version}"\nend\n',
    }
