"""Java's part of ../generate.py: enumerations, offsets in structs, and a method for each option, with the header's words."""

import re
from typing import Any, Dict, List
from xml.sax.saxutils import escape

FOLDER = "src/com/hostws/"
NOTE = "// Written by bindings/generate.py; do not edit.\n\npackage com.hostws;\n\n"
# On the 64-bit platforms, which are those of the package.
SIZES = {"int32_t": 4, "uint32_t": 4, "ws_id": 4, "int64_t": 8, "uint64_t": 8}
POINTER = 8
# An enumeration, what it is, and what its constants begin with, or which they are.
ENUMS = {
    "Status": ("How far a connection is.", ["CONNECTING", "CONNECTED", "CLOSING", "CLOSED"]),
    "DataType": ("What a message is.", ["TEXT", "BLOB", "OBJECT"]),
    "EventType": ("What happened.", ["EVENT_"]),
    "Question": ("What the library may ask.", ["ASK_"]),
    "TlsVerify": ("What is checked of a server's certificate.", ["TLS_VERIFY_"]),
    "TlsVersion": ("A version of TLS.", ["TLS_1_"]),
    "IpFamily": ("Which addresses to use.", ["IP_"]),
    "ReconnectOn": ("Which ends lead to another attempt.", ["RECONNECT_"]),
}
# These are no options here: the package fills them itself, or cannot offer them.
NO_OPTIONS = {"struct_size", "queue", "headers", "header_count", "stream_threshold", "on_socket", "on_socket_data"}
ENUM_OPTIONS = {"tls_verify": "TlsVerify", "tls_min_version": "TlsVersion", "ip_family": "IpFamily",
                "reconnect_on": "ReconnectOn", "ask": "Question"}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def words(doc: Any) -> List[str]:
    """The paragraphs of a comment of the header, as Javadoc."""
    paragraphs = [escape(" ".join(line.strip() for line in lines)) for lines in doc.paragraphs]
    return [re.sub(r"`([^`]*)`", r"{@code \1}", text.replace("@", "&#64;")) for text in paragraphs]


def comment(paragraphs: List[str], indent: str, tags: List[str]) -> List[str]:
    if len(paragraphs) == 1 and not tags and len(paragraphs[0]) + len(indent) < 112:
        return [f"{indent}/** {paragraphs[0]} */"]
    lines = [f"{indent}/**"]
    for number, text in enumerate(paragraphs + tags):
        if number:
            lines.append(f"{indent} *") if number <= len(paragraphs) else None
        line = f"{indent} * " + ("<p>" if 0 < number < len(paragraphs) else "")
        for word in text.split():
            if len(line) + len(word) > 120:
                lines.append(line.rstrip())
                line = f"{indent} * "
            line += word + " "
        lines.append(line.rstrip())
    return [*lines, f"{indent} */"]


def chosen(header: Any, members: List[str]) -> Dict[str, Any]:
    """The constants of an enumeration, by their names there."""
    found = {}
    for constant in header.constants:
        plain = constant.name.removeprefix("HOSTWS_")
        start = next((it for it in members if plain == it or it.endswith("_") and plain.startswith(it)), None)
        if start is not None:
            own = plain if start == plain else plain.removeprefix(start)
            found["TLS_1_" + own if own.isdigit() else own] = constant
    return found


def enum(header: Any, name: str, about: str, members: List[str]) -> str:
    lines = [f"/** {about} */", f"public enum {name} {{"]
    constants = chosen(header, members)
    for own, constant in constants.items():
        end = ";" if own == [*constants][-1] else ","
        lines += comment(words(constant.doc), "    ", []) + [f"    {own}({constant.value}){end}"]
    return NOTE + "\n".join(lines) + f"""

    final int value;

    {name}(int value) {{
        this.value = value;
    }}

    static {name} of(int value) {{
        for ({name} it : values()) {{
            if (it.value == value) return it;
        }}
        return null;
    }}
}}
"""


def error_codes(header: Any) -> str:
    lines = ["/** The codes of errors: {@link HostwsException#code()} and {@link ConnectionError#code()}. */",
             "public final class ErrorCode {"]
    for own, constant in chosen(header, ["OK", "E_"]).items():
        lines += comment(words(constant.doc), "    ", []) + [f"    public static final int {own} = {constant.value};"]
    return NOTE + "\n".join([*lines, "", "    private ErrorCode() {}", "}", ""])


def abi(source: Any) -> str:
    lines = ["/** Where the fields of the structs of hostws.h are. */", "final class Abi {"]
    for struct in ("ws_error", "ws_event"):
        offset = widest = 0
        for name, kind in source.fields(struct).items():
            size = SIZES.get(kind, POINTER)
            widest = max(widest, size)
            offset = -(-offset // size) * size
            lines.append(f"    static final int {struct[3:].upper()}_{name.upper()} = {offset};")
            offset += size
        lines.append(f"    static final int {struct[3:].upper()}_SIZE = {-(-offset // widest) * widest};")
    return NOTE + "\n".join([*lines, "", "    private Abi() {}", "}", ""])


def options(source: Any) -> str:
    kinds = source.fields("ws_options")
    lines = ["/** A method for each option, which has the option's words. */", "abstract class NamedOptions {",
             "    abstract Options set(String name, Object value);"]
    for field in source.header.struct("ws_options").fields:
        if field.name in NO_OPTIONS:
            continue
        own = ENUM_OPTIONS.get(field.name)
        is_switch = field.doc.summary.startswith("1:")
        kind = own or ("boolean" if is_switch else "String" if kinds[field.name] == "const char *" else
                       "long" if kinds[field.name] == "int64_t" else "int")
        value = "value.value" if own else "value"
        if field.name == "ask":
            kind, value = "Question...", "Options.sum(value)"
        lines += ["", *comment(words(field.doc), "    ", ["@param value the option's value", "@return this"]),
                  f"    public Options {camel(field.name)}({kind} value) {{",
                  f'        return set("{field.name}", {value});', "    }"]
    return NOTE + "\n".join([*lines, "}", ""])


def files(source: Any) -> Dict[str, str]:
    made = {name: enum(source.header, name, about, members) for name, (about, members) in ENUMS.items()}
    made.update(ErrorCode=error_codes(source.header), Abi=abi(source), NamedOptions=options(source))
    made["Version"] = NOTE + "/** The version of the package. */\nfinal class Version {\n" \
        f'    static final String VERSION = "{source.version}";\n\n    private Version() {{}}\n}}\n'
    return {f"{FOLDER}{name}.java": text for name, text in made.items()}
