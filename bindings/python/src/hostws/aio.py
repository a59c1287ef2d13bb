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
from typing import Any, Awaitable, Union

from . import _library
from ._async import READING_S, AsyncCore, Connecting, Hub

# How long what comes is handed to the tasks that wait for it, before the loop has its turn.
BUSY_S = 0.001


class _Hub(Hub):
    hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub]" = weakref.WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop):
        super().__init__()
        self.loop_of = weakref.ref(loop)
        self._wakeup: Any = None
        # For the next look: a descriptor, or else a timer of the loop, which would cost something in each of its turns. The timer's
        # handle is not kept, since it would keep the loop.
        self._alarm = self.receiver.use_alarm(READING_S)
        self._will_look = False
        try:
            loop.add_reader(self.descriptor, self._on_readable)
            if self._alarm >= 0:
                loop.add_reader(self._alarm, self._look_again)
        except NotImplementedError:  # Windows' Proactor loop
            self._wakeup = _library.WakeupFunction(self._on_wakeup)
            _library.library.ws_queue_on_wakeup(self.queue, self._wakeup, None)

    def _on_readable(self) -> None:
        try:
            came = self.receiver.deliver(self.connections)
            # Most of the time messages alone have come, and that is all.
            if came is not False or self._alarm < 0:
                self._go_on(came)
        except BaseException:  # what ends the loop, out of a task: it may run again
            loop = self.loop_of()
            if loop is not None:
                loop.call_soon(self._on_readable)
            raise

    def _go_on(self, came: Union[bool, _library.RawEvent]) -> None:
        loop = self.loop_of()
        if loop is None:
            return
        has_more = self._sort(came)
        if has_more:
            until = loop.time() + BUSY_S
            while has_more and loop.time() < until:
                has_more = self.deliver()
        if not self.connections:
            return
        if has_more:
            # After those who wait for what has come.
            loop.call_soon(self._on_readable)
        elif self.receiver.is_reading:
            self._look_later(loop)

    def _on_wakeup(self, _: Any) -> None:
        loop = self.loop_of()
        try:
            if loop is not None:
                loop.call_soon_threadsafe(self._on_readable)
        except RuntimeError:  # it was closed
            pass

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._alarm < 0 and not self._will_look:
            self._will_look = True
            loop.call_later(READING_S, self._look_again)

    def _look_again(self) -> None:
        self._will_look = False
        loop = self.loop_of()
        if self.queue == 0:
            return
        is_being_read = loop is not None and self.is_being_read()
        self.receiver.hush(is_being_read)
        if loop is not None and is_being_read:
            self._look_later(loop)
        else:
            self._on_readable()

    def _end(self) -> None:
        loop = self.loop_of()
        if loop is None or self.queue == 0:
            return
        if self._wakeup is None and not loop.is_closed():
            loop.remove_reader(self.descriptor)
            if self._alarm >= 0:
                loop.remove_reader(self._alarm)
        self._unlist()
        self.free()

    def _unlist(self) -> None:
        loop = self.loop_of()
        if loop is not None and self.hubs.get(loop) is self:
            del self.hubs[loop]

    def _failed(self, error: Exception) -> None:
        loop = self.loop_of()
        if loop is not None:
            loop.call_exception_handler({"message": "on_event failed", "exception": error})


class Connection(AsyncCore):
    """A connection of one event loop."""

    _hub: _Hub

    async def __aenter__(self) -> "Connection":
        return self

    @classmethod
    def _current_hub(cls) -> _Hub:
        loop = asyncio.get_running_loop()
        hub = _Hub.hubs.get(loop)
        if hub is None:
            hub = _Hub.hubs[loop] = _Hub(loop)
        return hub

    def _changed(self) -> Awaitable[None]:
        return self._new_waiter()


class connect(Connecting[Connection]):
    __doc__ = Connecting.__doc__
    _kind = Connection


__all__ = ["Connection", "connect"]
