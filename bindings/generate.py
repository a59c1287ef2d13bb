#!/usr/bin/env python3
"""Writes what the bindings have from include/hostws.h and Cargo.toml. With --check, says whether it is right.

    python3 bindings/generate.py [--check] [LANGUAGE...]

A folder of bindings/ that has an emit.py takes part: its files(source) gives the text of each generated file by its path in
that folder.
"""

import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "docs" / "reference"))
import header as reference  # noqa: E402


@dataclass
class Source:
    """What a binding is made of."""

    header: reference.Header
    version: str

    @property
    def constants(self) -> Dict[str, int]:
        """By their names, without HOSTWS_."""
        return {constant.name.removeprefix("HOSTWS_"): constant.value for constant in self.header.constants}

    def fields(self, struct: str) -> Dict[str, str]:
        """The C type of each field of a struct."""
        return {field.name: field.declaration.removesuffix(";").removesuffix(field.name).strip()
                for field in self.header.struct(struct).fields}

    @property
    def options(self) -> Dict[str, str]:
        """The options of ws_open() by their names: "text", "number" or "headers". `data_type` is none of ws_options."""
        kinds = {"const char *": "text", "int32_t": "number", "int64_t": "number", "ws_queue": "number",
                 "const struct ws_header *": "headers"}
        others = ("header_count",)  # in JSON headers are an object
        return {name: kinds[kind] for name, kind in self.fields("ws_options").items() if kind in kinds and name not in others}

    def doc(self, constant: str) -> str:
        """The first sentence about a constant."""
        return next(one.doc.summary for one in self.header.constants if one.name == "HOSTWS_" + constant)


def files(language: Path, source: Source) -> Dict[Path, str]:
    spec = importlib.util.spec_from_file_location(f"emit_{language.name}", language / "emit.py")
    emitter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(emitter)
    return {language / path: text for path, text in emitter.files(source).items()}


def main(arguments: List[str]) -> None:
    check = arguments[:1] == ["--check"]
    languages = [HERE / name for name in arguments[check:]] or sorted(path.parent for path in HERE.glob("*/emit.py"))
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    source = Source(reference.read(), version)
    wrong = []
    for language in languages:
        for path, text in files(language, source).items():
            if not check:
                path.write_text(text, encoding="utf-8")
            elif not path.exists() or path.read_text(encoding="utf-8") != text:
                wrong.append(str(path.relative_to(ROOT)))
    if wrong:
        sys.exit(f"not what the header says: {', '.join(wrong)}; run python3 bindings/generate.py")


if __name__ == "__main__":
    main(sys.argv[1:])
