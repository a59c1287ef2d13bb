"""The shared library, which lies beside this file, and its functions.

`Receiver` and the channels are those of the extension where there is one, and of _pure.py elsewhere.
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys
from ctypes import CDLL, CFUNCTYPE, c_char_p, c_int32, c_int64, c_ssize_t, c_void_p, create_string_buffer
from pathlib import Path
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from . import _abi

NAME = {"win32": "hostws.dll", "darwin": "libhostws.0.dylib"}.get(sys.platform, "libhostws.so.0")

library = CDLL(str(Path(__file__).with_name(NAME)))

WakeupFunction = CFUNCTYPE(None, c_void_p)
LogFunction = CFUNCTYPE(None, c_int32, c_char_p, c_void_p)

for _name, _result, _arguments in [
    ("ws_open_ex", c_int32, [c_char_p, c_char_p, c_void_p, c_char_p, c_int64]),
    ("ws_send", c_int32, [c_int32, c_char_p, c_int64, c_int32]),
    ("ws_ping", c_int32, [c_int32, c_char_p, c_int32]),
    ("ws_pause", c_int32, [c_int32, c_int32]),
    ("ws_answer", c_int32, [c_int32, c_int32, c_char_p, c_int64]),
    ("ws_terminate", c_int32, [c_int32, c_int32, c_char_p]),
    ("ws_abort", c_int32, [c_int32]),
    ("ws_status", c_int32, [c_int32]),
    ("ws_status_name", c_char_p, [c_int32]),
    ("ws_buffered_amount", c_int64, [c_int32]),
    ("ws_set_header", c_int32, [c_int32, c_char_p, c_char_p]),
    ("ws_set_url", c_int32, [c_int32, c_char_p]),
    ("ws_url", c_int64, [c_int32, c_char_p, c_int64]),
    ("ws_subprotocol", c_int64, [c_int32, c_char_p, c_int64]),
    ("ws_response_status", c_int32, [c_int32]),
    ("ws_response_header_at", c_int64, [c_int32, c_int32, c_char_p, c_int64, c_char_p, c_int64]),
    ("ws_response_body", c_int64, [c_int32, c_char_p, c_int64]),
    ("ws_explain", c_int64, [c_int32, c_char_p, c_int64]),
    ("ws_next_batch", c_int32, [c_int32, c_void_p, c_int32, c_int32]),
    ("ws_queue_new", c_int32, []),
    ("ws_queue_free", c_int32, [c_int32]),
    ("ws_queue_loop_fd", c_ssize_t, [c_int32]),
    ("ws_queue_on_wakeup", c_int32, [c_int32, c_void_p, c_void_p]),
    ("ws_set_log", c_int32, [c_int32, c_void_p, c_void_p]),
    ("ws_shutdown", c_int32, [c_int32]),
    ("ws_last_error_message", c_char_p, []),
    ("ws_event_name", c_char_p, [c_int32]),
    ("ws_version", c_char_p, []),
]:
    _function = getattr(library, _name)
    _function.restype, _function.argtypes = _result, _arguments

# What a Receiver gives for an event that is no message: the id, the type, and then as in ws_event.
RawEvent = Tuple[int, int, int, str, int, Tuple[Tuple[int, str, str], ...], int, int, bytes]

def _calls() -> Any:
    if os.environ.get("HOSTWS_PURE") != "1":
        try:
            return importlib.import_module("hostws._native")
        except ModuleNotFoundError:
            pass
    return importlib.import_module("hostws._pure")


_fast = _calls()
if TYPE_CHECKING:
    from ._pure import AsyncChannel, Receiver, SyncChannel
else:
    Receiver, SyncChannel, AsyncChannel = _fast.Receiver, _fast.SyncChannel, _fast.AsyncChannel


def last_words() -> str:
    """Why the last call of this thread failed."""
    return str(library.ws_last_error_message().decode())


def open_connection(url: bytes, options: bytes) -> Tuple[int, str]:
    """The id, or a negative code and the library's words."""
    words = create_string_buffer(1024)
    result = library.ws_open_ex(url, options, None, words, len(words))
    return result, words.value.decode(errors="replace")


def text(name: str, ws: int) -> Optional[bytes]:
    """What a getter such as ws_url() copies, or None."""
    getter = getattr(library, name)
    size = 1024
    while True:
        buffer = create_string_buffer(size)
        length = getter(ws, buffer, size)
        if length < 0:
            return None
        if length < size:
            return buffer.raw[:length]
        size = length + 1


def response_headers(ws: int) -> List[Tuple[str, str]]:
    name, value = create_string_buffer(256), create_string_buffer(65536)
    headers: List[Tuple[str, str]] = []
    while True:
        length = library.ws_response_header_at(ws, len(headers), name, len(name), value, len(value))
        if length < 0:
            return headers
        # As http.client reads them: every byte is a character.
        headers.append((name.value.decode("latin-1"), value.raw[:length].decode("latin-1")))


def _end(timeout_ms: int) -> None:
    """Before the interpreter goes: what was sent leaves, and no thread of the library calls into it any more."""
    _fast.drop_all()
    library.ws_shutdown(timeout_ms)


atexit.register(_end, 2000)
if hasattr(os, "register_at_fork"):
    # Without this every call in the child would fail; the parent's connections are not touched.
    os.register_at_fork(after_in_child=lambda: _end(0))

__all__ = [
    "AsyncChannel", "Receiver", "SyncChannel", "_abi", "last_words", "library", "open_connection", "response_headers", "text",
]
