"""Whoever reads the repository as it lies there finds what the pages link to: files, and headings in pages.

    links.py ROOT
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
MADE = (".", "build", "target", "node_modules")  # how folders begin that are made in the tree


def pages():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(MADE)]
        yield from (Path(folder) / name for name in files if name.endswith(".md"))


def without_code(page):
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors(page):
    """As GitHub makes them from headings."""
    heads = re.findall(r"^#+ (.+)$", without_code(page), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


links, dead = 0, []
for page in pages():
    for link in re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", without_code(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        links += 1
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(f"{page.relative_to(ROOT)}: {link}")
print("\n".join(dead))
print(f"{links} links, {len(dead)} dead")
sys.exit(1 if dead or not links else 0)
