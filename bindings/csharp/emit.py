"""C#'s part of ../generate.py: the enumerations, structs and options in Runtime/, with the header's words."""

from typing import Any, Dict, List
from xml.sax.saxutils import escape

NOTE = "// Written by bindings/generate.py; do not edit.\n\n"
TYPES = {
    "int32_t": "int", "uint32_t": "uint", "int64_t": "long", "uint64_t": "ulong", "ws_id": "int", "const char *": "byte*",
    "void *": "void*", "const struct ws_error *": "NativeError*",
}
# An enumeration, and what its constants begin with, or which they are.
ENUMS = {
    "ErrorCode": ("What went wrong.", ["OK", "E_"]),
    "ConnectionStatus": ("How far a connection is.", ["CONNECTING", "CONNECTED", "CLOSING", "CLOSED"]),
    "DataType": ("What a message is.", ["TEXT", "BLOB", "OBJECT"]),
    "EventType": ("What happened.", ["EVENT_"]),
    "Question": ("What the library may ask; a sum in the option Ask.", ["ASK_"]),
    "TlsVerify": ("What is checked of a server's certificate.", ["TLS_VERIFY_"]),
    "TlsVersion": ("A version of TLS.", ["TLS_1_"]),
    "IpFamily": ("Which addresses to use.", ["IP_"]),
    "ReconnectOn": ("Which ends lead to another attempt.", ["RECONNECT_"]),
}
# These are no options here: the package fills them itself, or cannot offer them.
NO_OPTIONS = {"struct_size", "queue", "headers", "header_count", "stream_threshold", "on_socket", "on_socket_data"}
ENUM_OPTIONS = {"tls_verify": "TlsVerify", "tls_min_version": "TlsVersion", "ip_family": "IpFamily", "reconnect_on": "ReconnectOn",
                "ask": "Question"}


def pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.lower().split("_"))


def summary(doc: Any, indent: str) -> List[str]:
    """The whole of a comment of the header, as an XML comment."""
    paragraphs = [escape(" ".join(line.strip() for line in lines)) for lines in doc.paragraphs]
    if len(paragraphs) == 1 and len(paragraphs[0]) < 80:
        return [f"{indent}/// <summary>{paragraphs[0]}</summary>"]
    text = "\n".join(paragraphs) if len(paragraphs) == 1 else "\n".join(f"<para>{part}</para>" for part in paragraphs)
    return [f"{indent}/// <summary>", *wrapped(text, f"{indent}/// "), f"{indent}/// </summary>"]


def wrapped(text: str, start: str) -> List[str]:
    lines = []
    for paragraph in text.split("\n"):
        line = start
        for word in paragraph.split():
            if len(line) + len(word) > 120 and line != start:
                lines.append(line.rstrip())
                line = start
            line += word + " "
        lines.append(line.rstrip())
    return lines


def enum(header: Any, name: str, about: str, members: List[str]) -> List[str]:
    lines = [f"    /// <summary>{about}</summary>"]
    lines += ["    [Flags]"] if name == "Question" else []
    lines += [f"    public enum {name} {{"]
    for constant in header.constants:
        plain = constant.name.removeprefix("HOSTWS_")
        start = next((it for it in members if plain == it or it.endswith("_") and plain.startswith(it)), None)
        if start is not None:
            own = pascal(plain if start == plain else plain.removeprefix(start))
            own = f"{name.removesuffix('Version')}1{own}" if own.isdigit() else own
            lines += summary(constant.doc, "        ") + [f"        {own} = {constant.value},"]
    return [*lines, "    }", ""]


def struct(source: Any, name: str, own: str) -> List[str]:
    lines = ["    [StructLayout(LayoutKind.Sequential)]", f"    internal unsafe struct {own} {{"]
    lines += [f"        public {TYPES[kind]} {pascal(field)};" for field, kind in source.fields(name).items()]
    return [*lines, "    }", ""]


def abi(source: Any) -> str:
    lines = ["using System;", "using System.Runtime.InteropServices;", "", "namespace Hostws {"]
    for name, (about, members) in ENUMS.items():
        lines += enum(source.header, name, about, members)
    lines += struct(source, "ws_error", "NativeError") + struct(source, "ws_event", "NativeEvent")
    return NOTE + "\n".join(lines).rstrip() + "\n}\n"


def options(source: Any) -> str:
    kinds = source.fields("ws_options")
    lines = ["namespace Hostws {", "    public sealed partial class HostWebSocketOptions {"]
    for field in source.header.struct("ws_options").fields:
        if field.name in NO_OPTIONS:
            continue
        kind = kinds[field.name]
        is_switch = field.doc.summary.startswith("1:")
        own = "bool?" if is_switch else ENUM_OPTIONS[field.name] + "?" if field.name in ENUM_OPTIONS else \
            "string" if kind == "const char *" else TYPES[kind] + "?"
        lines += summary(field.doc, "        ")
        lines += [f"        public {own} {pascal(field.name)} {{",
                  f'            get {{ return ({own})this["{field.name}"]; }}',
                  f'            set {{ this["{field.name}"] = value; }}', "        }", ""]
    return NOTE + "\n".join(lines).rstrip() + "\n    }\n}\n"


def assembly(version: str) -> str:
    attributes = {"AssemblyTitle": "Hostws", "AssemblyVersion": version, "AssemblyInformationalVersion": version}
    lines = [f'[assembly: {name}("{text}")]' for name, text in attributes.items()]
    return NOTE + "using System.Reflection;\n\n" + "\n".join(lines) + "\n"


def files(source: Any) -> Dict[str, str]:
    return {"Runtime/Abi.cs": abi(source), "Runtime/HostWebSocketOptions.Properties.cs": options(source),
            "Runtime/AssemblyInfo.cs": assembly(source.version)}
