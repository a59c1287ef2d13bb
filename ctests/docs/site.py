"""The site builds without a warning, its search knows every function, and no link in it leads nowhere.

    site.py BUILD.PY FOLDER
"""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.dont_write_bytecode = True
from functions import functions  # noqa: E402

build, output = Path(sys.argv[1]), Path(sys.argv[2])
subprocess.run([sys.executable, build, "--output", output], check=True)
html = output / "html"


class Page(HTMLParser):
    """The links of a page, and the places in it that links can lead to."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" and value:
                self.places.add(value)


pages = {path: Page(path) for path in html.rglob("*.html")}
wrong = []
for path, page in pages.items():
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or link in ("#",):
            continue
        target = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
        if target.is_dir():
            target = target / "index.html"
        if not target.exists():
            wrong.append(f"{path.relative_to(html)}: {link}: no such file")
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
            wrong.append(f"{path.relative_to(html)}: {link}: no such place")

index = (html / "searchindex.js").read_text(encoding="utf-8")
for name in functions():
    if f"reference/{name}" not in index:
        wrong.append(f"the search does not know {name}")

print("\n".join(wrong))
print(f"{len(pages)} pages, {sum(len(page.links) for page in pages.values())} links, {len(wrong)} wrong")
sys.exit(1 if wrong or len(pages) < 50 else 0)
