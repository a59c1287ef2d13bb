"""Node's part of ../generate.py: the constants, the types of the options, and the version in package.json."""

import re
import textwrap
from pathlib import Path
from typing import Any, Dict

NOTE = "// Written by bindings/generate.py; do not edit."

# What the package sets itself or refuses, and what has a type of its own in index.d.ts.
OWN = {"queue", "headers", "stream_threshold"}


def option(field: Any, kind: str) -> str:
    words = " ".join(line.strip() for line in field.doc.paragraphs[0])
    comment = textwrap.wrap(words, 110, initial_indent="   * ", subsequent_indent="   * ")
    kind = "string" if kind == "text" else "boolean | 0 | 1" if words.startswith("1:") else "number"
    return "\n".join(["  /**", *comment, "   */", f"  {field.name}?: {kind}", ""])


def files(source: Any) -> Dict[str, str]:
    values = "".join(f"  {name}: {value},\n" for name, value in source.constants.items())
    types = "".join(f"  readonly {name}: {value}\n" for name, value in source.constants.items())
    fields = source.header.struct("ws_options").fields
    kinds = {name: kind for name, kind in source.options.items() if name not in OWN}
    options = "".join(option(field, kinds[field.name]) for field in fields if field.name in kinds)
    manifest = (Path(__file__).parent / "package.json").read_text(encoding="utf-8")
    manifest = re.sub(r'("version"|"@hostws/[\w-]+"): ".*?"', rf'\1: "{source.version}"', manifest)
    return {
        "lib/constants.js": f"{NOTE}\n'use strict'\n\nmodule.exports = Object.freeze({{\n{values}}})\n",
        "lib/constants.d.ts": f"{NOTE}\n\n/** The constants of hostws.h. */\nexport declare const constants: {{\n{types}}}\n",
        "lib/options.d.ts": f"{NOTE}\n\n/** The options of ws_options in hostws.h. */\n"
                            f"export interface LibraryOptions {{\n{options}}}\n",
        "package.json": manifest,
    }
