"""send() and Receiver of the extension, by ctypes: for PyPy, and where the extension cannot be loaded."""

from __future__ import annotations

import time
from ctypes import byref, sizeof, string_at
from typing import Any, List, Optional, Union

from . import _abi

BATCH = 256
SLICE_MS = 500
TAKE_BYTES = 64 * 1024
# Counts what ends the memory of all events: a fork, and the end of the library.
_endings = 0


def drop_all() -> None:
    """Nothing that any receiver has is valid any more."""
    global _endings
    _endings += 1


def send(ws: int, data: Any, data_type: int) -> int:
    from ._library import library

    if isinstance(data, str):
        data, data_type = data.encode(), data_type or _abi.TEXT
    else:
        data, data_type = bytes(data), data_type or _abi.BLOB
    return int(library.ws_send(ws, data, len(data), data_type))


def _item(event: Any) -> Any:
    payload = string_at(event.data, event.length) if event.length else b""
    if event.type == _abi.EVENT_MESSAGE:
        return payload if event.data_type == _abi.BLOB else payload.decode()
    errors = tuple((it.code, it.component.decode(), it.message.decode()) for it in event.errors[: event.error_count])
    reason = event.reason.decode() if event.reason else ""
    return (event.ws, event.type, event.code, reason, event.was_clean, errors, event.delay_ms, event.round_trip_us, payload)


class Receiver:
    """Takes the events of a queue."""

    def __init__(self, queue: int):
        self._queue = queue
        self._room: Any = (_abi.ws_event * BATCH)()
        self._at = self._count = 0
        self._endings_seen = _endings

    def drop(self) -> None:
        """Its queue goes, and what it has with it."""
        self._at = self._count = 0

    def left(self) -> bool:
        """Whether take() has something without waiting, which the queue's descriptor does not tell."""
        if self._endings_seen != _endings:
            self.drop()
        self._endings_seen = _endings
        return self._at < self._count

    def take(self, timeout_ms: int) -> Union[List[Any], int]:
        """[id, item, id, item ...], where an item is a list of messages or another event, a tuple. See _native.c."""
        if not self.left():
            count = self._wait(timeout_ms)
            if count < 0:
                return count
        items: List[Any] = []
        messages: Optional[List[Any]] = None
        of = size = 0
        while self._at < self._count and size < TAKE_BYTES:
            event = self._room[self._at]
            self._at += 1
            size += event.length
            item = _item(event)
            if event.type != _abi.EVENT_MESSAGE:
                items += (event.ws, item)
                messages = None
            elif messages is None or of != event.ws:
                messages, of = [item], event.ws
                items += (of, messages)
            else:
                messages.append(item)
        return items

    def _wait(self, timeout_ms: int) -> int:
        from ._library import library

        deadline = time.monotonic() + timeout_ms / 1000
        while True:
            left = SLICE_MS if timeout_ms < 0 else max(0, int((deadline - time.monotonic()) * 1000))
            self._at = self._count = 0
            self._room[0].struct_size = sizeof(_abi.ws_event)
            count = int(library.ws_next_batch(self._queue, byref(self._room), BATCH, min(left, SLICE_MS)))
            # Between two calls the interpreter sees Ctrl-C, and a signal's handler may receive as well.
            if count != 0 or left == 0 or self.left():
                break
        if count > 0:
            self._count = count
        return count
