"""What the connections of asyncio and trio have in common: everything but the loop."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Awaitable, Callable, ClassVar, Dict, Generator, Generic, Optional, Type, TypeVar, Union

from . import _abi, _library
from ._core import Core, Handler
from ._errors import ConnectionClosed, Error

# How long the program may answer messages before the library is told, by a look for others, that it has read them. Only then
# does a connection fail that the server has broken with its next frame.
READING_S = 0.01
# How many times it is not told while the program has not even taken a message: for half a second, after which such a connection
# fails in any case.
LOOKS = 50


class Hub:
    """The queue of one event loop, and its connections."""

    # What gives asyncio's loop.
    loop_of: Any = None
    queue = 0

    def __init__(self) -> None:
        queue = int(_library.library.ws_queue_new())
        if queue < 0:
            raise Error(_library.last_words())
        self.receiver = _library.Receiver(queue)
        self.queue = queue
        self.descriptor = int(_library.library.ws_queue_loop_fd(queue))
        self.connections: Dict[int, AsyncCore] = {}

    def forget(self, connection: "AsyncCore") -> None:
        """The last connection of a loop takes the queue with it."""
        self.connections.pop(connection.id, None)
        if not self.connections:
            self._end()

    def deliver(self) -> bool:
        """Gives each connection what has come for it; True if there is more, of which the descriptor says nothing."""
        return self._sort(self.receiver.deliver(self.connections))

    def _sort(self, came: Union[bool, _library.RawEvent]) -> bool:
        """What the receiver leaves of that: an event that is no message."""
        if isinstance(came, bool):
            return came
        connection = self.connections.get(came[0])
        if connection is not None:
            try:
                connection._on_raw(came)
            except Exception as error:  # of `on_event`; what came with the event is not lost
                self._failed(error)
            finally:
                if connection._end is not None:
                    self.forget(connection)
                self.receiver.rouse(connection)
        self.receiver.wake()
        return self.receiver.left()

    def is_being_read(self) -> bool:
        """Asked when READING_S is over: whether the library is not to be told yet that what has come was read."""
        self.receiver.looks += 1
        return bool(self.receiver.unread > 0 and self.receiver.looks < LOOKS)

    def __del__(self) -> None:
        # Its loop has gone, and the program has none of its connections any more.
        self.free()

    def on_fork(self) -> None:
        """In the child: the loop is the parent's, with what it watches."""
        self.queue = 0
        self._unlist()

    def free(self) -> None:
        queue, self.queue = self.queue, 0
        if queue > 0:
            self.receiver.drop()
            _library.library.ws_queue_free(queue)

    def _end(self) -> None:
        """The loop watches the descriptor no more, and the queue is freed."""
        raise NotImplementedError

    def _unlist(self) -> None:
        """A connection that begins now needs another one."""
        raise NotImplementedError

    def _failed(self, error: Exception) -> None:
        """A function of the program has raised where nobody waits for it."""
        raise NotImplementedError


Self = TypeVar("Self", bound="AsyncCore")


class AsyncCore(Core, _library.AsyncChannel):
    """A connection of one event loop."""

    def __init__(self, url: str, *, data_type: str = "text", loads: Callable[[str], Any] = json.loads,
                 dumps: Callable[[Any], str] = json.dumps, reconnect: Union[bool, int] = False,
                 on_event: Optional[Handler] = None, **options: Any):
        self._hub = self._current_hub()
        self._receiver, self._loop = self._hub.receiver, self._hub.loop_of
        self._pauses = True
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

    def __aiter__(self: Self) -> Self:
        """Messages until the connection ends cleanly; ConnectionClosed if it is lost."""
        return self

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes politely: what was sent leaves, and the server answers. Returns when that is over."""
        self._terminate(code, reason)
        while self._end is None:
            await self._changed()

    # ---- inside

    def _on_fork(self) -> None:
        super()._on_fork()
        self._hub.on_fork()

    @classmethod
    def _current_hub(cls) -> Hub:
        """That of the running loop."""
        raise NotImplementedError

    def _changed(self) -> Awaitable[None]:
        """Until something has come for this connection."""
        raise NotImplementedError

    async def _wait_next(self) -> Any:
        try:
            return await self._wait_message()
        except ConnectionClosed as end:
            if end is self._end and end.was_clean:
                raise StopAsyncIteration from None
            raise

    async def _wait_message(self) -> Any:
        while not self._count:
            if self._end is not None:
                raise self._end
            await self._changed()
        return self._next_message()

    async def _wait_send(self, message: Any) -> None:
        while not self._try_send(message):
            await self._changed()

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


class Connecting(Generic[Self]):
    """Opens a connection: `ws = await connect(url)`, or `async with connect(url) as ws`. Options as in hostws.connect()."""

    _kind: ClassVar[Type[Any]]

    def __init__(self, url: str, **options: Any):
        self._url, self._options = url, options
        self._connection: Optional[Self] = None

    async def _open(self) -> Self:
        connection: Self = self._kind(self._url, **self._options)
        await connection._wait_open()
        return connection

    def __await__(self) -> Generator[Any, None, Self]:
        return self._open().__await__()

    async def __aenter__(self) -> Self:
        self._connection = await self._open()
        return self._connection

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        if self._connection is not None:
            await self._connection.close()
