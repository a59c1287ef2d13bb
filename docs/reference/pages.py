"""Writes the pages of the reference for the site, in MyST Markdown.

A page for each function and each option, one for each struct, one for the constants.
"""

import json
import re
from pathlib import Path

import header as source
from examples import MissingExample, example, in_c, option_values

# Functions in groups, in the order in which a program needs them. A function that is in no group is an error.
GROUPS = {
    "Connections": ["ws_new", "ws_open", "ws_open_ex", "ws_terminate", "ws_abort", "ws_answer", "ws_status",
                    "ws_wait_status", "ws_pause"],
    "Sending": ["ws_send", "ws_send_ex", "ws_ping", "ws_buffered_amount"],
    "Events": ["ws_poll", "ws_next", "ws_next_batch", "ws_next_json", "ws_wait", "ws_wake", "ws_wake_fd", "ws_pending"],
    "Queues": ["ws_queue_new", "ws_queue_of", "ws_queue_free", "ws_queue_discard", "ws_queue_fd", "ws_queue_loop_fd",
               "ws_queue_on_wakeup", "ws_queue_handle", "ws_queue_post_message", "ws_queue_busy_poll"],
    "Reconnecting": ["ws_set_header", "ws_set_url"],
    "The server's answer": ["ws_response_status", "ws_response_header", "ws_response_header_at", "ws_response_body",
                            "ws_subprotocol", "ws_peer_certificate"],
    "Facts about a connection": ["ws_url", "ws_data_type", "ws_get_handler", "ws_get_stats", "ws_explain"],
    "Errors and names": ["ws_last_error", "ws_last_error_message", "ws_strerror", "ws_status_name", "ws_event_name",
                         "ws_data_type_name"],
    "The library": ["ws_set_log", "ws_network_changed", "ws_shutdown", "ws_version", "ws_version_number", "ws_build_info",
                    "ws_metrics", "ws_json_get"],
}

# Fields of ws_options that are not options of their own.
NO_OPTIONS = {"struct_size", "header_count"}


def write(folder: Path) -> None:
    header = source.read()
    links = Links(header)
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"index": _index(), "overview": _overview(header, links), "constants": _constants(header, links)}
    pages["functions"] = _functions(header, links)
    pages["options"] = _options(header, links)
    pages["types"] = _types(header, links)
    for function in header.functions:
        pages[function.name] = _function(function, links)
    for option in options(header):
        pages[f"option-{option.name}"] = _option(option, links)
    for name, text in pages.items():
        path = folder / f"{name}.md"
        # Sphinx builds again what is newer.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def options(header: source.Header) -> list[source.Field]:
    return [member for member in header.struct("ws_options").fields if member.name not in NO_OPTIONS]


class Links:
    """Knows the page of each name, and makes links of the names in a text."""

    def __init__(self, header: source.Header):
        self.targets = {f"{function.name}": f"{function.name}.md" for function in header.functions}
        self.targets |= {constant.name: f"constants.md#{_anchor(constant.name)}" for constant in header.constants}
        self.targets |= {struct.name: f"types.md#{_anchor(struct.name)}" for struct in header.structs}
        self.targets |= {type_.name: f"types.md#{_anchor(type_.name)}" for type_ in header.types}
        self.options = {option.name: f"option-{option.name}.md" for option in options(header)}

    def text(self, text: str, page: str = "") -> str:
        """Running text as Markdown: names become links, code spans stay."""
        parts = re.split(r"(`[^`]+`|\bws_\w+(?:\(\))?|\bHOSTWS_\w+)", text)
        return "".join(self._piece(part, page) for part in parts)

    def _piece(self, part: str, page: str) -> str:
        if part.startswith("`"):
            target = self.options.get(part.strip("`"))
            return f"[{part}]({target})" if target and target != f"{page}.md" else part
        name = part.removesuffix("()")
        target = self.targets.get(name)
        if target and target != f"{page}.md":
            return f"[`{part}`]({target})"
        if re.fullmatch(r"(ws_\w+|HOSTWS_\w+)", name):
            return f"`{part}`"
        return re.sub(r"([\\*_<>\[\]#|])", r"\\\1", part)


# ---- pages ----


def _index() -> str:
    return """# Reference

Made from `hostws.h`, the header that your program includes.

```{toctree}
:maxdepth: 1

overview
functions
options
types
constants
```
"""


def _overview(header: source.Header, links: Links) -> str:
    parts = ["# Overview", "The rules that hold for every function."]
    for title, text in header.overview:
        parts += [f"## {title}", links.text(text)]
    return _page(parts)


def _functions(header: source.Header, links: Links) -> str:
    known = {function.name: function for function in header.functions}
    grouped = [name for names in GROUPS.values() for name in names]
    if lost := sorted(set(known) ^ set(grouped)):
        raise source.HeaderError(f"in the header or in the groups of functions alone: {', '.join(lost)}")
    parts = ["# Functions"]
    for title, names in GROUPS.items():
        parts.append(f"## {title}")
        parts.append(_table(["", ""], [[f"[`{name}`]({name}.md)", links.text(known[name].doc.summary)] for name in names]))
    parts.append(_toctree(grouped))
    return _page(parts)


def _function(function: source.Function, links: Links) -> str:
    doc, name = function.doc, function.name
    parts = [f"# {name}", _block("c", function.prototype), _paragraphs(doc.paragraphs, links, name)]
    if doc.params:
        parts += ["## Arguments", _definitions((f"`{key}`", links.text(text, name)) for key, text in doc.params.items())]
    parts += ["## Returns", links.text(source.sentence(doc.returns), name)]
    parts += ["## Rules", _table(["", ""], [[key, links.text(source.sentence(text), name)] for key, text in doc.rules.items()])]
    parts += ["## Example", _block("c", example(name))]
    parts += [f"Since {doc.since}. Manual page: `man {name}`."]
    return _page(parts)


def _options(header: source.Header, links: Links) -> str:
    parts = ["# Options", "The fields of `ws_options`, and the names in the JSON of [`ws_open()`](ws_open.md). "
             "Zero, or a name left out, means the default."]
    parts.append(_table(["", ""], [[f"[`{option.name}`](option-{option.name}.md)", links.text(option.doc.summary)]
                                   for option in options(header)]))
    parts.append(_toctree([f"option-{option.name}" for option in options(header)]))
    return _page(parts)


def _option(option: source.Field, links: Links) -> str:
    name = option.name
    values = option_values()
    if name not in values and name not in ("queue", "fd", "on_socket", "on_socket_data"):
        raise MissingExample(f"the option {name} has no example in options.json")
    parts = [f"# {name}", _block("c", option.declaration), _paragraphs(option.doc.paragraphs, links, f"option-{name}")]
    if name in values:
        parts += ["## Example", _block("c", in_c(name, values[name]))]
        parts += ["In the JSON of [`ws_open()`](ws_open.md):", _block("json", json.dumps({name: values[name]}))]
    parts += ["## Errors", "[`ws_new()`](ws_new.md) returns [`HOSTWS_E_OPTION`](constants.md#hostws-e-option) for a value that "
              "is out of range or malformed, and creates no connection. "
              "[`ws_last_error_message()`](ws_last_error_message.md) names the option and says what is wrong with it.",
              "Since 0.1."]
    return _page(parts)


def _types(header: source.Header, links: Links) -> str:
    parts = ["# Types"]
    for type_ in header.types:
        parts += [f"## {type_.name}", _block("c", type_.declaration), _paragraphs(type_.doc.paragraphs, links)]
    for struct in header.structs:
        parts += [f"## {struct.name}", _paragraphs(struct.doc.paragraphs, links)]
        if struct.name == "ws_options":
            parts += ["Its fields have [pages of their own](options.md)."]
            continue
        parts.append(_definitions((f"`{member.declaration}`", _paragraphs(member.doc.paragraphs, links))
                                  for member in struct.fields))
    return _page(parts)


def _constants(header: source.Header, links: Links) -> str:
    parts = ["# Constants"]
    for constant in header.constants:
        parts += [f"({_anchor(constant.name)})=", f"**`{constant.name}`** = {constant.value}",
                  _paragraphs(constant.doc.paragraphs, links)]
    return _page(parts)


# ---- pieces ----


def _page(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _anchor(name: str) -> str:
    return name.lower().replace("_", "-")


def _block(language: str, code: str) -> str:
    return f"```{language}\n{code}\n```"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def _definitions(entries) -> str:
    return "\n\n".join(f"{term}\n: " + text.replace("\n", "\n  ") for term, text in entries)


def _toctree(names: list[str]) -> str:
    return "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```"


def _paragraphs(paragraphs: list[list[str]], links: Links, page: str = "") -> str:
    parts = []
    for paragraph in paragraphs:
        if paragraph[0].startswith("    "):
            parts.append(_block("c", "\n".join(line[4:] for line in paragraph)))
        else:
            parts.append(links.text(" ".join(line.strip() for line in paragraph), page))
    return "\n\n".join(parts)
