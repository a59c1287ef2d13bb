"""The examples of the reference: a C file for each function, a value for each option."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "examples"


class MissingExample(Exception):
    """A function or an option has none."""


def example(function: str) -> str:
    """The C code that shows a function."""
    path = FOLDER / f"{function}.c"
    if not path.exists():
        raise MissingExample(f"{function} has no example: write {path}")
    text = path.read_text(encoding="utf-8").strip("\n")
    if function not in text:
        raise MissingExample(f"{path} does not call {function}")
    return text


def option_values() -> dict[str, object]:
    """A value for each option, as in the JSON of ws_open()."""
    return json.loads((FOLDER / "options.json").read_text(encoding="utf-8"))


def in_c(name: str, value: object) -> str:
    """The same value, assigned in C."""
    if name == "headers":
        pairs = ", ".join(f'{{"{key}", "{text}"}}' for key, text in value.items())
        return f"const ws_header headers[] = {{{pairs}}};\noptions.headers = headers;\noptions.header_count = {len(value)};"
    if isinstance(value, bool):
        value = int(value)
    return f"options.{name} = {json.dumps(value)};"
