"""send() and receive() of the extension, by ctypes: for PyPy, and where the extension cannot be loaded."""

from __future__ import annotations

import threading
import time
from ctypes import byref, sizeof, string_at
from typing import Any, List, Union

from . import _abi

BATCH = 256
SLICE_MS = 500
_rooms = threading.local()


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


def receive(queue: int, timeout_ms: int, with_ids: int) -> Union[List[Any], int]:
    from ._library import library

    room = getattr(_rooms, "room", None)
    if room is None:
        room = _rooms.room = (_abi.ws_event * BATCH)()
    deadline = time.monotonic() + timeout_ms / 1000
    while True:
        left = SLICE_MS if timeout_ms < 0 else max(0, int((deadline - time.monotonic()) * 1000))
        room[0].struct_size = sizeof(_abi.ws_event)
        count = library.ws_next_batch(queue, byref(room), BATCH, min(left, SLICE_MS))
        # Between two calls the interpreter sees Ctrl-C.
        if count != 0 or left == 0:
            break
    if count < 0:
        return int(count)
    items: List[Any] = []
    for event in room[:count]:
        if with_ids:
            items.append(event.ws)
        items.append(_item(event))
    return items
