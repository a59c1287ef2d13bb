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
from contextvars import Context, copy_context
from typing import Any, Callable, Generator, Optional

from . import _library
from ._async import READING_S, AsyncCore, Connecting, Hub


# How long what comes is handed to the tasks that wait for it, before the loop has its turn.
BUSY_S = 0.001


class _Waiter:
    """A future of asyncio whose task goes on as soon as it is set, and not after another turn of the loop."""

    # Says what this is to asyncio, and to the task that waits.
    _asyncio_future_blocking = False

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self._loop = loop
        self._callback: Optional[Callable[[Any], object]] = None
        self._context: Optional[Context] = None
        self._is_done = False
        self._cancelled: Optional[asyncio.CancelledError] = None

    def __await__(self) -> Generator[Any, None, None]:
        self._asyncio_future_blocking = True
        yield self

    def set(self) -> None:
        """Runs the task that waits, up to where it waits again."""
        if self._is_done:
            return
        self._is_done = True
        callback, context = self._callback, self._context
        self._callback = self._context = None
        if callback is not None and context is not None:
            context.run(callback, self)

    # ---- what a task asks of a future

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Optional[Context] = None) -> None:
        self._callback, self._context = callback, context or copy_context()

    def cancel(self, msg: Any = None) -> bool:
        if self._is_done:
            return False
        self._is_done = True
        self._cancelled = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        if self._callback is not None:
            self._loop.call_soon(self._callback, self, context=self._context)
            self._callback = self._context = None
        return True

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return self._cancelled is not None

    def result(self) -> None:
        if self._cancelled is not None:
            raise self._cancelled


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

    def loop(self) -> asyncio.AbstractEventLoop:
        """That which runs."""
        return self._loop() or asyncio.get_running_loop()

    def _on_readable(self) -> None:
        loop = self._loop()
        if loop is None:
            return
        try:
            has_more = self.deliver()
            until = loop.time() + BUSY_S if has_more else 0.0
            while has_more and loop.time() < until:
                has_more = self.deliver()
        except BaseException:  # what ends the loop, out of a task: it may run again
            loop.call_soon(self._on_readable)
            raise
        if not self.connections:
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

    def _changed(self) -> _Waiter:
        waiter = _Waiter(self._hub.loop())
        self._waiters.append(waiter)
        return waiter


class connect(Connecting[Connection]):
    __doc__ = Connecting.__doc__
    _kind = Connection


__all__ = ["Connection", "connect"]
