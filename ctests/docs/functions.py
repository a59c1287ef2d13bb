"""The names of the functions of hostws.h, found without the reader of the reference, whose completeness is tested."""

import re
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "include" / "hostws.h"


def functions() -> list[str]:
    return re.findall(r"^\w[^;{}/#]*?\b(ws_\w+)\([^;]*\);", HEADER.read_text(encoding="utf-8"), re.M)
