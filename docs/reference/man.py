"""Writes the manual pages: one for each function in section 3, and hostws(7).

Needs Python alone, so that CMake can build them wherever there is one.

    python3 docs/reference/man.py FOLDER
"""

import re
import sys
from pathlib import Path

import header as source
from examples import example

SEE_ALSO = 7


def write(folder: Path, version: str) -> list[Path]:
    """Writes all pages into `folder`/man3 and `folder`/man7."""
    header = source.read()
    pages = {"man7/hostws.7": _overview(header, version)}
    for function in header.functions:
        pages[f"man3/{function.name}.3"] = _function(header, function, version)
    for struct in header.structs:
        pages[f"man3/{struct.name}.3"] = _struct(struct, version)
    pages["man3/hostws_constants.3"] = _constants(header, version)
    written = []
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def version_of_crate() -> str:
    cargo = source.HEADER.parents[1] / "Cargo.toml"
    return re.search(r'^version = "(.*)"', cargo.read_text(encoding="utf-8"), re.M)[1]


# ---- pages ----


def _function(header: source.Header, function: source.Function, version: str) -> str:
    doc = function.doc
    parts = [_title(function.name, 3, version), _name(function.name, doc.summary)]
    parts += [".SH SYNOPSIS", ".nf", "#include <hostws.h>", "", _code(function.prototype), ".fi"]
    parts += [".SH DESCRIPTION", _paragraphs(doc.paragraphs)]
    if doc.params:
        parts += [".SH ARGUMENTS", *(_entry(name, text) for name, text in doc.params.items())]
    parts += [".SH RETURN VALUE", _text(source.sentence(doc.returns))]
    parts += [".SH RULES", *(_entry(name, source.sentence(text)) for name, text in doc.rules.items())]
    parts += [".SH EXAMPLE", ".nf", _code(example(function.name)), ".fi"]
    parts += [".SH HISTORY", f"Since hostws {doc.since}."]
    parts += [".SH SEE ALSO", _see_also(header, function)]
    return _page(parts)


def _struct(struct: source.Struct, version: str) -> str:
    parts = [_title(struct.name, 3, version), _name(struct.name, struct.doc.summary)]
    parts += [".SH SYNOPSIS", ".nf", "#include <hostws.h>", "", f"typedef struct {struct.name} {struct.name};", ".fi"]
    parts += [".SH DESCRIPTION", _paragraphs(struct.doc.paragraphs), ".SH FIELDS"]
    for member in struct.fields:
        parts += [".TP", f"\\fB{_escape(member.declaration)}\\fP", _paragraphs(member.doc.paragraphs, ".IP")]
    parts += [".SH SEE ALSO", "\\fBhostws\\fP(7)"]
    return _page(parts)


def _constants(header: source.Header, version: str) -> str:
    parts = [_title("hostws_constants", 3, version), _name("hostws_constants", "The constants of hostws.h.")]
    parts += [".SH SYNOPSIS", ".nf", "#include <hostws.h>", ".fi", ".SH DESCRIPTION"]
    for constant in header.constants:
        parts += [".TP", f"\\fB{constant.name}\\fP ({_escape(str(constant.value))})"]
        parts += [_paragraphs(constant.doc.paragraphs, ".IP")]
    parts += [".SH SEE ALSO", "\\fBhostws\\fP(7)"]
    return _page(parts)


def _overview(header: source.Header, version: str) -> str:
    parts = [_title("hostws", 7, version), _name("hostws", "A WebSocket client that lives inside another program.")]
    parts += [".SH SYNOPSIS", ".nf", "#include <hostws.h>", "", "cc program.c \\-lhostws", ".fi"]
    for title, text in header.overview:
        parts += [f".SH {title.upper()}", _text(text)]
    parts += [".SH FUNCTIONS"]
    for function in header.functions:
        parts += [".TP", f"\\fB{function.name}\\fP(3)", _text(function.doc.summary)]
    parts += [".SH STRUCTS"]
    for struct in header.structs:
        parts += [".TP", f"\\fB{struct.name}\\fP(3)", _text(struct.doc.summary)]
    parts += [".SH SEE ALSO", "\\fBhostws_constants\\fP(3)"]
    return _page(parts)


def _see_also(header: source.Header, function: source.Function) -> str:
    """The functions that the page speaks of, in their order, then the overview."""
    doc = function.doc
    text = " ".join([*(line for paragraph in doc.paragraphs for line in paragraph), doc.returns, *doc.params.values()])
    known = {other.name for other in header.functions} - {function.name}
    named = dict.fromkeys(name for name in re.findall(r"\b(ws_\w+)\b", text) if name in known)
    return ", ".join([f"\\fB{name}\\fP(3)" for name in list(named)[:SEE_ALSO]] + ["\\fBhostws\\fP(7)"])


# ---- pieces ----


def _page(parts: list[str]) -> str:
    return "\n".join(part for part in parts if part) + "\n"


def _title(name: str, section: int, version: str) -> str:
    return f'.TH {name.upper()} {section} "" "hostws {version}" "hostws"'


def _name(name: str, summary: str) -> str:
    lower = summary[0].lower() + summary[1:]
    return f".SH NAME\n{name} \\- {_escape(lower.rstrip('.:'))}"


def _entry(term: str, text: str) -> str:
    return f".TP\n\\fB{_escape(term)}\\fP\n{_text(text)}"


def _paragraphs(paragraphs: list[list[str]], between: str = ".PP") -> str:
    parts = []
    for paragraph in paragraphs:
        if paragraph[0].startswith("    "):
            part = ".RS 4\n.nf\n" + _code("\n".join(line[4:] for line in paragraph)) + "\n.fi\n.RE"
        else:
            part = _text(" ".join(line.strip() for line in paragraph))
        parts.append(part)
    return f"\n{between}\n".join(parts)


def _text(text: str) -> str:
    """Running text: code spans and functions in bold."""
    text = _escape(text)
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fP", text)
    text = re.sub(r"(?<![\w.])(ws_\w+)(\(\))", r"\\fB\1\\fP\2", text)
    return _protected(text)


def _code(text: str) -> str:
    return "\n".join(_protected(_escape(line)) for line in text.split("\n"))


def _escape(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def _protected(line: str) -> str:
    """A line that begins with a dot would be a command."""
    return "\\&" + line if line.startswith(".") else line


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(len(write(Path(sys.argv[1]), version_of_crate())), "pages")
