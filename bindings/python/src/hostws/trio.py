"""The same for trio, and for anyio on trio.

    async with hostws.trio.connect("wss://quotes.example/stream") as ws:
        await ws.send("subscribe")
        async for message in ws:
            print(message)

With a time limit: `with trio.fail_after(5): await ws.recv()`.
"""

from __future__ import annotations

import logging
import math
from typing import Any, Dict

import trio

from ._async import READING_S, AsyncCore, Connecting, Hub


class _Hub(Hub):
    # By the token of each run of trio.
    hubs: Dict[Any, "_Hub"] = {}

    def __init__(self, token: Any):
        super().__init__()
        self._token = token
        self._watching = trio.CancelScope()
        trio.lowlevel.spawn_system_task(self._watch)

    async def _watch(self) -> None:
        try:
            with self._watching:
                while True:
                    with trio.move_on_after(READING_S if self.receiver.is_reading else math.inf) as waiting:
                        await trio.lowlevel.wait_readable(self.descriptor)
                    if waiting.cancelled_caught and self.is_being_read():
                        continue
                    while self.deliver():
                        await trio.lowlevel.checkpoint()
        finally:
            self._unlist()
            self.free()

    def _end(self) -> None:
        # Before the task has ended.
        self._unlist()
        self._watching.cancel()

    def _unlist(self) -> None:
        if self.hubs.get(self._token) is self:
            del self.hubs[self._token]

    def _failed(self, error: Exception) -> None:
        logging.getLogger("hostws").error("on_event failed", exc_info=error)


class Connection(AsyncCore):
    """A connection of one run of trio."""

    async def __aenter__(self) -> "Connection":
        return self

    @classmethod
    def _current_hub(cls) -> Hub:
        token = trio.lowlevel.current_trio_token()
        hub = _Hub.hubs.get(token)
        if hub is None:
            hub = _Hub.hubs[token] = _Hub(token)
        return hub

    async def _changed(self) -> None:
        event = trio.Event()
        waiter = self._new_waiter()
        waiter.add_done_callback(lambda _: event.set())
        try:
            await event.wait()
        finally:
            waiter.close()


class connect(Connecting[Connection]):
    __doc__ = Connecting.__doc__
    _kind = Connection


__all__ = ["Connection", "connect"]
