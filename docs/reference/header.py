"""Reads include/hostws.h, the only source of the reference, into plain objects."""

import re
from dataclasses import dataclass, field
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "include" / "hostws.h"

# What the last paragraph of a function's documentation states, in this order.
RULES = ("Blocks", "Threads", "From a callback", "After fork")


class HeaderError(Exception):
    """The header has something that the reference cannot show."""


@dataclass
class Doc:
    """A comment: its text in paragraphs, and its tags."""

    # Each paragraph is a list of lines; a paragraph of code is indented by four spaces.
    paragraphs: list[list[str]] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    returns: str = ""
    rules: dict[str, str] = field(default_factory=dict)
    since: str = ""

    @property
    def summary(self) -> str:
        """The first sentence."""
        text = " ".join(line.strip() for line in self.paragraphs[0])
        match = re.match(r"(.*?[.:])(\s|$)", text)
        return match.group(1) if match else text


@dataclass
class Function:
    name: str
    prototype: str
    doc: Doc


@dataclass
class Constant:
    name: str
    value: int
    doc: Doc


@dataclass
class Field:
    name: str
    declaration: str
    doc: Doc


@dataclass
class Struct:
    name: str
    doc: Doc
    fields: list[Field]


@dataclass
class Type:
    name: str
    declaration: str
    doc: Doc


@dataclass
class Header:
    overview: list[tuple[str, str]]
    constants: list[Constant]
    types: list[Type]
    structs: list[Struct]
    functions: list[Function]

    def struct(self, name: str) -> Struct:
        return next(struct for struct in self.structs if struct.name == name)


def read(path: Path = HEADER) -> Header:
    text = path.read_text(encoding="utf-8")
    header = Header(_overview(text), [], [], [], [])
    position = 0
    while comment := re.compile(r"^/\*\*.*?\*/\n", re.M | re.S).search(text, position):
        doc = _doc(comment.group(0))
        position = _declaration(header, doc, text, comment.end())
    return header


def _declaration(header: Header, doc: Doc, text: str, start: int) -> int:
    """Adds what is declared at `start`, and returns where it ends."""
    rest = text[start:]
    if match := re.match(r"#define (\w+) (\S+)\n", rest):
        header.constants.append(Constant(match[1], int(match[2], 0), doc))
    elif match := re.match(r"enum \{ (\w+) = (-?\w+) \};\n", rest):
        header.constants.append(Constant(match[1], int(match[2], 0), doc))
    elif match := re.match(r"typedef struct (\w+) \{\n(.*?)^\} \1;\n", rest, re.M | re.S):
        header.structs.append(Struct(match[1], doc, _fields(match[2])))
    elif match := re.match(r"typedef .*?;\n", rest, re.S):
        name = re.search(r"\(\*(\w+)\)|(\w+);", match[0])
        header.types.append(Type(name[1] or name[2], _one_line(match[0]), doc))
    elif match := re.match(r"[^;{]*?\b(ws_\w+)\([^;]*\);\n", rest):
        if not (doc.returns and doc.since and set(RULES) <= doc.rules.keys()):
            raise HeaderError(f"{match[1]} lacks @return, @since or one of {RULES}")
        header.functions.append(Function(match[1], match[0].rstrip(), doc))
    else:
        raise HeaderError(f"no declaration is known that looks like {rest[:80]!r}")
    return start + match.end()


def _fields(body: str) -> list[Field]:
    fields = []
    for match in re.finditer(r"^  (/\*\*.*?\*/)\n([^;]*;)", body, re.M | re.S):
        name = re.search(r"(\w+);", match[2])
        fields.append(Field(name[1], _one_line(match[2]), _doc(match[1])))
    return fields


def sentence(text: str) -> str:
    """The text behind a tag, which begins with a small letter and has no full stop, as a sentence."""
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _one_line(declaration: str) -> str:
    return re.sub(r"\s+", " ", declaration).strip()


def _overview(text: str) -> list[tuple[str, str]]:
    """The first comment: (title, text) of each paragraph that begins with a title."""
    comment = re.match(r"/\*\n(.*?)\*/", text, re.S)[1]
    sections: list[tuple[str, str]] = []
    for paragraph in "\n".join(_lines(comment)).split("\n\n"):
        line = _one_line(paragraph)
        if match := re.match(r"([A-Z][A-Za-z ]{2,24})\. (.*)", line):
            sections.append((match[1], match[2]))
    return sections


def _lines(comment: str) -> list[str]:
    """The lines of a comment without its frame."""
    inner = re.sub(r"^\s*/\*\*?|\*/\s*$", "", comment)
    return [re.sub(r"^\s*\* ?", "", line).rstrip() for line in inner.strip("\n").split("\n")]


def _doc(comment: str) -> Doc:
    doc = Doc()
    tag: tuple[str, str] | None = None
    paragraph: list[str] = []
    tagged: dict[tuple[str, str], list[str]] = {}
    for line in _lines(comment) + [""]:
        if match := re.match(r"@(param|return|since)\s+(.*)", line):
            rest = match[2]
            name = ""
            if match[1] == "param":
                name, rest = re.match(r"(\S+)\s+(.*)", rest).groups()
            tag = (match[1], name)
            tagged[tag] = [rest]
        elif not line.strip():
            if paragraph:
                doc.paragraphs.append(paragraph)
            paragraph, tag = [], None
        elif tag:
            tagged[tag].append(line.strip())
        else:
            paragraph.append(line if paragraph else line.removeprefix(" ") if not line.startswith("    ") else line)
    for (kind, name), lines in tagged.items():
        value = " ".join(lines)
        if kind == "param":
            doc.params[name] = value
        elif kind == "return":
            doc.returns = value
        else:
            doc.since = value
    _take_rules(doc)
    return doc


def _take_rules(doc: Doc) -> None:
    """Moves the paragraph that begins with "Blocks:" into the rules."""
    for paragraph in doc.paragraphs:
        if paragraph[0].startswith("Blocks: "):
            doc.paragraphs.remove(paragraph)
            text = " ".join(line.strip() for line in paragraph)
            parts = re.split(r"(?:^|(?<=\. ))(" + "|".join(RULES) + r"): ", text)
            doc.rules = {name: value.strip() for name, value in zip(parts[1::2], parts[2::2])}
            return
