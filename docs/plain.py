"""Writes the README and the guide as plain Markdown, for readers who have neither the sources nor the site.

    python3 docs/plain.py FOLDER

The pages have the programs in them that the site takes from files. A link that leads to what is not installed keeps its
words alone.
"""

import re
import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
# ```{name} argument, options of the form :name: value, ```
DIRECTIVE = re.compile(r"^```\{(\w+)\} (\S+)\n((?::\w+:.*\n)*)```$", re.M)
LEFT_OUT = re.compile(r"\[([^\]]*)\]\(bindings/[^)]*\)")


def write(folder: Path) -> list[Path]:
    pages = [ROOT / "README.md", DOCS / "SECURITY.md", *sorted((DOCS / "guide").glob("*.md"))]
    written = [_written(folder / page.relative_to(ROOT), _plain(page)) for page in pages]
    shutil.copytree(DOCS / "images", folder / "docs" / "images", dirs_exist_ok=True)
    return written


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _plain(page: Path) -> str:
    text = LEFT_OUT.sub(r"\1", page.read_text(encoding="utf-8"))
    return DIRECTIVE.sub(lambda match: _directive(page, *match.groups()), text)


def _directive(page: Path, name: str, argument: str, lines: str) -> str:
    options = dict(re.findall(r"^:(\w+): *(.*)$", lines, re.M))
    if name == "image":
        return f"![{options['alt']}]({argument})"
    if name == "literalinclude":
        return f"```{options['language']}\n{_program(page, argument, options.get('lines', '1-'))}```"
    raise ValueError(f"{page}: {name} is not known")


def _program(page: Path, argument: str, lines: str) -> str:
    """From a line on: those before say to a compiler, or to people, what the page says itself."""
    path = (page.parent / argument).resolve()
    # The site has the examples there.
    if path.is_relative_to(DOCS / "programs"):
        path = ROOT / "examples" / path.relative_to(DOCS / "programs")
    first = int(re.fullmatch(r"(\d+)-", lines)[1])
    return "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[first - 1:])


if __name__ == "__main__":
    print(f"{len(write(Path(sys.argv[1])))} pages of the guide in {sys.argv[1]}")
