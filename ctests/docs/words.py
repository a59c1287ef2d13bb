"""The messages that the guide explains are those of the library: each of their parts is in its source.

    words.py ERRORS.MD SOURCE-FOLDER
"""

import re
import sys
from pathlib import Path

page, source = Path(sys.argv[1]), Path(sys.argv[2])
words = " ".join(re.sub(r"\\\n\s*", "", path.read_text(encoding="utf-8")) for path in source.rglob("*.rs"))
rows = page.read_text(encoding="utf-8").split("## Common messages")[1].split("\n## ")[0]
messages = re.findall(r"^\| ([a-z…][^|]*?) \|", rows, re.M)
wrong = []
for message in messages:
    for part in re.split(r"[,;]? ?(?:…|\*\w+\*|\b[\d.]+\b)[,;:.]? ?", message):
        if len(part) > 3 and part not in words:
            wrong.append(f"{message!r}: nowhere in the source is {part!r}")
codes = set(re.findall(r"pub const (HOSTWS_E_\w+)", words))
wrong += [f"the page does not explain {code}" for code in sorted(codes) if code not in page.read_text(encoding="utf-8")]
print("\n".join(wrong))
print(f"{len(messages)} messages, {len(codes)} codes, {len(wrong)} wrong")
sys.exit(1 if wrong or not messages or not codes else 0)
