"""The same for asyncio.

    async with hostws.aio.connect("wss://quotes.example/stream") as ws:
        await ws.send("subscribe")
        async for message in ws:
            print(message)

With a time limit: asyncio.wait_for(ws.recv(), 5).
"""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, Optional

from . import _library
from ._async import LITTLE, MUCH, READING_S, AsyncCore, Connecting, Hub


class _Hub(Hub):
    hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub]" = weakref.WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop):
        super().__init__()
        self._loop = weakref.ref(loop)
        self._wakeup: Any = None
        self._look: Optional[asyncio.TimerHandle] = None
        try:
            loop.add_reader(self.descriptor, self._on_readable)
        except NotImplementedError:  # Windows' Proactor loop
            self._wakeup = _library.WakeupFunction(lambda _: loop.call_soon_threadsafe(self._on_readable))
            _library.library.ws_queue_on_wakeup(self.queue, self._wakeup, None)

    def _on_readable(self) -> None:
        has_more = self.deliver()
        loop = self._loop()
        if loop is None or not self.connections:
            return
        if has_more:
            # After those who wait for what has come.
            loop.call_soon(self._on_readable)
        elif self.is_reading and self._look is None:
            self._look = loop.call_later(READING_S, self._look_again)

    def _look_again(self) -> None:
        self._look = None
        self._on_readable()

    def _end(self) -> None:
        loop = self._loop()
        if loop is None:
            return
        if self._wakeup is None and not loop.is_closed():
            loop.remove_reader(self.descriptor)
        if self._look is not None:
            self._look.cancel()
        self.hubs.pop(loop, None)
        self.free()

    def _failed(self, error: Exception) -> None:
        loop = self._loop()
        if loop is not None:
            loop.call_exception_handler({"message": "on_event failed", "exception": error})


class Connection(AsyncCore):
    """A connection of one event loop."""

    async def __aenter__(self) -> "Connection":
        return self

    @classmethod
    def _current_hub(cls) -> Hub:
        loop = asyncio.get_running_loop()
        hub = _Hub.hubs.get(loop)
        if hub is None:
            hub = _Hub.hubs[loop] = _Hub(loop)
        return hub

    async def _changed(self) -> None:
        waiter: "asyncio.Future[None]" = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _wake(self) -> None:
        waiters = self._waiters
        while waiters:
            waiter = waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)


class connect(Connecting[Connection]):
    __doc__ = Connecting.__doc__
    _kind = Connection


__all__ = ["LITTLE", "MUCH", "Connection", "connect"]
