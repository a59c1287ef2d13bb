"""Refuses a sub-interpreter, in words, before anything is loaded that could not be loaded there twice."""

from __future__ import annotations

import importlib
from typing import Any


def is_main() -> bool:
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters: Any = importlib.import_module(name)
        except ImportError:
            continue
        return bool(interpreters.get_current() == interpreters.get_main())
    return True  # PyPy has one only


if not is_main():
    raise ImportError("hostws works in the main interpreter only, not in a sub-interpreter")
