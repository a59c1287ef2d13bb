"""What the connections of asyncio and trio have in common: everything but the loop."""

from __future__ import annotations

import json
from collections import deque
from types import TracebackType
from typing import Any, AsyncIterator, Callable, ClassVar, Deque, Dict, Generator, Generic, Optional, Type, TypeVar, Union

from . import _abi, _library
from ._core import Core, Handler
from ._errors import ConnectionClosed, Error

# A connection that nobody reads is paused, so that its server waits and nothing piles up.
MUCH, LITTLE = 1024, 256
# How long the program may answer messages before the library is told, by a look for others, that it has read them. Only then
# does a connection fail that the server has broken with its next frame.
READING_S = 0.01


class Hub:
    """The queue of one event loop, and its connections."""

    def __init__(self) -> None:
        self.queue = int(_library.library.ws_queue_new())
        if self.queue < 0:
            raise Error(_library.last_words())
        self.descriptor = int(_library.library.ws_queue_loop_fd(self.queue))
        self._receiver = _library.Receiver(self.queue)
        self.connections: Dict[int, AsyncCore] = {}
        # Something has come that the library does not know to be read.
        self.is_reading = False

    def forget(self, connection: "AsyncCore") -> None:
        """The last connection of a loop takes the queue with it."""
        self.connections.pop(connection.id, None)
        if not self.connections:
            self._end()

    def deliver(self) -> bool:
        """Gives each connection what has come for it; True if there is more, of which the descriptor says nothing."""
        items = self._receiver.take(0)
        if isinstance(items, int):
            return False
        self.is_reading = bool(items)
        pairs = iter(items)
        for ws, item in zip(pairs, pairs):
            connection = self.connections.get(ws)
            if connection is None:
                continue
            try:
                connection._on_item(item)
            except Exception as error:  # of `on_event`; what came with the event is not lost
                self._failed(error)
        return bool(self._receiver.left())

    def free(self) -> None:
        self._receiver.drop()
        _library.library.ws_queue_free(self.queue)

    def _end(self) -> None:
        """The loop watches the descriptor no more, and the queue is freed."""
        raise NotImplementedError

    def _failed(self, error: Exception) -> None:
        """A function of the program has raised where nobody waits for it."""
        raise NotImplementedError


class AsyncCore(Core):
    """A connection of one event loop."""

    def __init__(self, url: str, *, data_type: str = "text", loads: Callable[[str], Any] = json.loads,
                 dumps: Callable[[Any], str] = json.dumps, reconnect: Union[bool, int] = False,
                 on_event: Optional[Handler] = None, **options: Any):
        self._hub = self._current_hub()
        self._items: Deque[Any] = deque()
        self._waiters: Deque[Any] = deque()
        self._is_paused = False
        try:
            super().__init__(url, self._hub.queue, data_type, loads, dumps, reconnect, on_event, options)
        except BaseException:
            if not self._hub.connections:
                self._hub._end()
            raise
        self._hub.connections[self._id] = self

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
        """The next message."""
        while not self._items:
            if self._end is not None:
                raise self._end
            await self._changed()
        item = self._items.popleft()
        if self._is_paused and len(self._items) <= LITTLE:
            self._resume()
        return self._loads(item) if self._is_object else item

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

    @classmethod
    def _current_hub(cls) -> Hub:
        """That of the running loop."""
        raise NotImplementedError

    async def _changed(self) -> None:
        """Until something has come for this connection."""
        raise NotImplementedError

    def _wake(self) -> None:
        """Ends every _changed() that waits."""
        raise NotImplementedError

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

    async def _wait_open(self) -> None:
        try:
            while not self._is_open:
                if self._end is not None:
                    raise self._end
                await self._changed()
        except BaseException:
            if self._end is None:  # it was given up
                self.abort()
            raise


Kind = TypeVar("Kind", bound=AsyncCore)


class Connecting(Generic[Kind]):
    """Opens a connection: `ws = await connect(url)`, or `async with connect(url) as ws`. Options as in hostws.connect()."""

    _kind: ClassVar[Type[Any]]

    def __init__(self, url: str, **options: Any):
        self._url, self._options = url, options
        self._connection: Optional[Kind] = None

    async def _open(self) -> Kind:
        connection: Kind = self._kind(self._url, **self._options)
        await connection._wait_open()
        return connection

    def __await__(self) -> Generator[Any, None, Kind]:
        return self._open().__await__()

    async def __aenter__(self) -> Kind:
        self._connection = await self._open()
        return self._connection

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        if self._connection is not None:
            await self._connection.close()
