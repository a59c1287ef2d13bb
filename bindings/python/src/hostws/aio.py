"""The same for asyncio.

    async with hostws.aio.connect("wss://quotes.example/stream") as ws:
        await ws.send("subscribe")
        async for message in ws:
            print(message)
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections import deque
from types import TracebackType
from typing import Any, AsyncIterator, Callable, Deque, Dict, Generator, Optional, Type, Union

from . import _abi, _library
from ._core import Core, Handler
from ._errors import ConnectionClosed, Error

# A connection that nobody reads is paused, so that its server waits and nothing piles up.
MUCH, LITTLE = 1024, 256


class _Hub:
    """The queue of one event loop, and its connections."""

    hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub]" = weakref.WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.queue = int(_library.library.ws_queue_new())
        if self.queue < 0:
            raise Error(_library.last_words())
        self._receiver = _library.Receiver(self.queue)
        self.connections: Dict[int, Connection] = {}
        self._loop = weakref.ref(loop)
        self._wakeup: Any = None
        try:
            loop.add_reader(int(_library.library.ws_queue_loop_fd(self.queue)), self._on_readable)
        except NotImplementedError:  # Windows' Proactor loop
            self._wakeup = _library.WakeupFunction(lambda _: loop.call_soon_threadsafe(self._on_readable))
            _library.library.ws_queue_on_wakeup(self.queue, self._wakeup, None)

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> "_Hub":
        hub = cls.hubs.get(loop)
        if hub is None:
            hub = cls.hubs[loop] = cls(loop)
        return hub

    def forget(self, connection: "Connection") -> None:
        """The last connection of a loop takes the queue with it."""
        self.connections.pop(connection.id, None)
        loop = self._loop()
        if self.connections or loop is None:
            return
        if self._wakeup is None and not loop.is_closed():
            loop.remove_reader(int(_library.library.ws_queue_loop_fd(self.queue)))
        self.hubs.pop(loop, None)
        self._receiver.drop()
        _library.library.ws_queue_free(self.queue)

    def _on_readable(self) -> None:
        items = self._receiver.take(0)
        if isinstance(items, int):
            return
        pairs = iter(items)
        for ws, item in zip(pairs, pairs):
            connection = self.connections.get(ws)
            if connection is None:
                continue
            try:
                connection._on_item(item)
            except Exception as error:  # of `on_event`; what came with the event is not lost
                loop = self._loop()
                if loop is not None:
                    loop.call_exception_handler({"message": "on_event failed", "exception": error})
        if self._receiver.left():
            # After those who wait for what has come.
            loop = self._loop()
            if loop is not None:
                loop.call_soon(self._on_readable)


class Connection(Core):
    """A connection of one event loop."""

    def __init__(self, url: str, *, data_type: str = "text", loads: Callable[[str], Any] = json.loads,
                 dumps: Callable[[Any], str] = json.dumps, reconnect: Union[bool, int] = False,
                 on_event: Optional[Handler] = None, **options: Any):
        self._hub = _Hub.of(asyncio.get_running_loop())
        self._items: Deque[Any] = deque()
        self._waiters: Deque["asyncio.Future[None]"] = deque()
        self._is_paused = False
        super().__init__(url, self._hub.queue, data_type, loads, dumps, reconnect, on_event, options)
        self._hub.connections[self._id] = self

    async def __aenter__(self) -> "Connection":
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Messages until the connection ends cleanly; ConnectionClosed if it is lost."""
        items, loads = self._items, self._loads if self._is_object else None
        while True:
            while items:
                item = items.popleft()
                if self._is_paused and len(items) <= LITTLE:
                    self._resume()
                yield item if loads is None else loads(item)
            if self._end is not None:
                if isinstance(self._end, ConnectionClosed) and self._end.was_clean:
                    return
                raise self._end
            await self._changed()

    async def recv(self) -> Any:
        """The next message. With a time limit: asyncio.wait_for(ws.recv(), 5)."""
        while not self._items:
            if self._end is not None:
                raise self._end
            await self._changed()
        return self._next_item()

    async def send(self, message: Any) -> None:
        """Sends text (str), bytes, or with data_type "object" whatever `dumps` takes. Waits only while the send queue is full."""
        message = self._encoded(message)
        while not self._try_send(message):
            await self._changed()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes politely: what was sent leaves, and the server answers. Returns when that is over."""
        result = _library.library.ws_terminate(self._id, code, reason.encode())
        if result not in (_abi.OK, _abi.E_CLOSED):
            self._check(result)
        while self._end is None:
            await self._changed()

    # ---- inside

    def _next_item(self) -> Any:
        item = self._items.popleft()
        if self._is_paused and len(self._items) <= LITTLE:
            self._resume()
        return self._loads(item) if self._is_object else item

    def _resume(self) -> None:
        self._is_paused = False
        _library.library.ws_pause(self._id, 0)

    def _on_item(self, item: Any) -> None:
        if item.__class__ is list:
            self._items.extend(item)
            if len(self._items) >= MUCH and not self._is_paused:
                self._is_paused = True
                _library.library.ws_pause(self._id, 1)
            self._wake()
        else:
            try:
                self._on_raw(item)
            finally:
                if self._end is not None:
                    self._hub.forget(self)
                self._wake()

    def _wake(self) -> None:
        waiters = self._waiters
        while waiters:
            waiter = waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)

    async def _changed(self) -> None:
        """Until something has come for this connection."""
        waiter: "asyncio.Future[None]" = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    async def _wait_open(self) -> "Connection":
        try:
            while not self._is_open:
                if self._end is not None:
                    raise self._end
                await self._changed()
        except asyncio.CancelledError:
            self.abort()
            raise
        return self


class connect:
    """Opens a connection: `ws = await connect(url)`, or `async with connect(url) as ws`. Options as in hostws.connect()."""

    def __init__(self, url: str, **options: Any):
        self._url, self._options = url, options
        self._connection: Optional[Connection] = None

    def __await__(self) -> Generator[Any, None, Connection]:
        return Connection(self._url, **self._options)._wait_open().__await__()

    async def __aenter__(self) -> Connection:
        self._connection = await self
        return self._connection

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        if self._connection is not None:
            await self._connection.close()
