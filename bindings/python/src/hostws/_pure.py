"""Receiver and the channels of the extension, by ctypes: for PyPy, and where the extension cannot be loaded."""

from __future__ import annotations

import time
from collections import deque
from contextvars import Context, copy_context
from ctypes import byref, sizeof, string_at
from typing import Any, Awaitable, Callable, Deque, Dict, Generator, List, Optional, Tuple, Union

from . import _abi

BATCH = 256
SLICE_MS = 500
TAKE_BYTES = 64 * 1024
# A connection that nobody reads is paused, so that its server waits and nothing piles up.
MUCH, LITTLE = 1024, 256
# Counts what ends the memory of all events: a fork, and the end of the library.
_endings = 0


def drop_all() -> None:
    """Nothing that any receiver has is valid any more."""
    global _endings
    _endings += 1


class Waiter:
    """A future of asyncio whose task goes on as soon as it is set, and not after another turn of the loop. See native/waiter.c."""

    # Says what this is to asyncio, and to the task that waits.
    _asyncio_future_blocking = False

    def __init__(self, loop_of: Any, waiters: List[Waiter]):
        self._loop_of, self._waiters = loop_of, waiters
        self._callback: Optional[Callable[[Any], object]] = None
        self._context: Optional[Context] = None
        self._is_done = False
        self._cancelled: Optional[BaseException] = None
        waiters.append(self)

    def __await__(self) -> Generator[Any, None, None]:
        self._asyncio_future_blocking = True
        try:
            yield self
        finally:
            self.close()

    def set(self) -> None:
        """Runs the task that waits, up to where it waits again."""
        if self._is_done:
            return
        self._is_done = True
        callback, context = self._callback, self._context
        self._callback = self._context = None
        if callback is not None and context is not None:
            context.run(callback, self)

    def close(self) -> None:
        """Nobody waits any more."""
        if self in self._waiters:
            self._waiters.remove(self)

    # ---- what a task asks of a future

    def get_loop(self) -> Any:
        return self._loop_of()

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Optional[Context] = None) -> None:
        self._callback, self._context = callback, context or copy_context()

    def cancel(self, msg: Any = None) -> bool:
        import asyncio

        if self._is_done:
            return False
        self._is_done = True
        self.close()
        self._cancelled = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        if self._callback is not None:
            self._loop_of().call_soon(self._callback, self, context=self._context)
            self._callback = self._context = None
        return True

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return self._cancelled is not None

    def result(self) -> None:
        if self._cancelled is not None:
            raise self._cancelled


def _bytes_of(message: Any) -> bytes:
    try:
        return bytes(memoryview(message))
    except TypeError:
        raise TypeError(f"a message is a str or like bytes, not {type(message)!r}") from None


class Channel:
    """The messages of one connection that have come and that nobody has taken, and the way to send."""

    _id = 0
    _is_object = False
    # If nobody takes the messages, the connection is paused.
    _pauses = False
    _loads: Callable[[str], Any]
    _dumps: Callable[[Any], str]
    # Of its queue.
    _receiver: Receiver
    # Gives asyncio's loop.
    _loop: Any = None

    def __init__(self) -> None:
        self._items: Deque[Any] = deque()
        self._waiters: List[Waiter] = []
        self._is_paused = False
        # How often somebody has had the queue, and how many threads wait for that.
        self._turn = self._others = 0

    @property
    def _count(self) -> int:
        return len(self._items)

    def _put(self, item: Any) -> None:
        self._items.append(item)
        self._receiver.unread += 1
        if self._pauses and not self._is_paused and len(self._items) >= MUCH:
            self._pause(1)

    def _pop(self) -> Any:
        """The oldest item, as it was put."""
        item = self._items.popleft()
        self._receiver.unread -= 1
        if self._is_paused and len(self._items) <= LITTLE:
            self._pause(0)
        return item

    def _next_message(self) -> Any:
        """The oldest message, as the program gets it."""
        return self._loads(self._pop()) if self._is_object else self._pop()

    def _new_waiter(self) -> Waiter:
        """What is set when something has come."""
        return Waiter(self._loop, self._waiters)

    def __del__(self) -> None:
        if "_items" in self.__dict__:
            self._receiver.unread -= len(self._items)

    def _try_send(self, message: Any) -> bool:
        """False if there is no room for what has passed `dumps`."""
        from ._library import library

        if isinstance(message, str):
            data, data_type = str.encode(message), _abi.TEXT
        else:
            data, data_type = _bytes_of(message), _abi.BLOB
        result = int(library.ws_send(self._id, data, len(data), _abi.OBJECT if self._is_object else data_type))
        if result == _abi.E_AGAIN:
            return False
        self._check(result)
        return True

    def _encoded(self, message: Any) -> Any:
        return self._dumps(message) if self._is_object else message

    def _pause(self, is_paused: int) -> None:
        from ._library import library

        self._is_paused = bool(is_paused)
        library.ws_pause(self._id, is_paused)

    def _check(self, result: int) -> None:
        """Raises what a negative result means."""
        raise NotImplementedError


class SyncChannel(Channel):
    """A channel for programs that block. What has to wait is a matter of the class that inherits it."""

    def __next__(self) -> Any:
        return self._next_message() if self._items else self._wait_next()

    def recv(self, timeout: Optional[float] = None) -> Any:
        """The next message. Raises TimeoutError after so many seconds, ConnectionClosed at the end."""
        return self._next_message() if self._items else self._wait_message(timeout)

    def send(self, message: Any, timeout: Optional[float] = None) -> None:
        """Sends text (str), bytes, or with data_type "object" whatever `dumps` takes. Waits only while the send queue is full."""
        message = self._encoded(message)
        if not self._try_send(message):
            self._wait_send(message, timeout)

    def _wait_next(self) -> Any:
        raise NotImplementedError

    def _wait_message(self, timeout: Optional[float]) -> Any:
        raise NotImplementedError

    def _wait_send(self, message: Any, timeout: Optional[float]) -> None:
        raise NotImplementedError


class AsyncChannel(Channel):
    """A channel for programs of an event loop."""

    async def __anext__(self) -> Any:
        return self._next_message() if self._items else await self._wait_next()

    async def recv(self) -> Any:
        """The next message."""
        return self._next_message() if self._items else await self._wait_message()

    async def send(self, message: Any) -> None:
        """Sends text (str), bytes, or with data_type "object" whatever `dumps` takes. Waits only while the send queue is full."""
        message = self._encoded(message)
        if not self._try_send(message):
            await self._wait_send(message)

    def _wait_next(self) -> Awaitable[Any]:
        raise NotImplementedError

    def _wait_message(self) -> Awaitable[Any]:
        raise NotImplementedError

    def _wait_send(self, message: Any) -> Awaitable[None]:
        raise NotImplementedError


def _message(event: Any) -> Any:
    payload = string_at(event.data, event.length) if event.length else b""
    return payload if event.data_type == _abi.BLOB else payload.decode()


def _tuple(event: Any) -> Tuple[Any, ...]:
    """RawEvent of _library.py."""
    payload = string_at(event.data, event.length) if event.length else b""
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
        # Something has come that the library does not know to be read.
        self.is_reading = False
        # How many times the event loop has looked whether the program has read, since something has come.
        self.looks = 0
        # Messages that the program has not taken out of their channels.
        self.unread = 0
        # The last take() has, and there may be more by now.
        self._took_much = False
        # Of those for whom something has come, until they are set.
        self._woken: Deque[Waiter] = deque()

    def drop(self) -> None:
        """Its queue goes, and what it has with it."""
        self._at = self._count = 0

    def left(self) -> bool:
        """Whether take() may have something without waiting, which the queue's descriptor does not tell."""
        # A turn of the host's loop takes as long as a large message: it is left to the loop if the program does not keep up.
        return self._has_events() or self._count == BATCH or (self._took_much and self.unread == 0)

    def take(self, timeout_ms: int, channels: Union[Channel, Dict[int, Any]]) -> Union[int, Tuple[Any, ...]]:
        """See native/receiver.c."""
        self._took_much = False
        if not self._has_events():
            count = self._wait(timeout_ms)
            if count < 0:
                return count
        self.is_reading = self._at < self._count
        if not self.is_reading:
            return 0
        self.looks = 0
        to: Optional[Channel] = None
        of = size = 0
        while self._at < self._count and size < TAKE_BYTES:
            event = self._room[self._at]
            self._at += 1
            size += event.length
            if event.type != _abi.EVENT_MESSAGE:
                return _tuple(event)
            if of != event.ws:
                of = event.ws
                to = channels if isinstance(channels, Channel) else channels.get(of)
                if to is not None:
                    self.rouse(to)
            if to is not None:
                to._put(_message(event))
        self._took_much = size >= TAKE_BYTES
        return 1

    def deliver(self, channels: Dict[int, Any]) -> Union[bool, Tuple[Any, ...]]:
        """take() without a wait, and then those who wait for what has come go on. Whether there is more, of which the queue's
        descriptor does not tell; or the event that has come: after it, rouse() and wake() are to be called."""
        came = self.take(0, channels)
        if not isinstance(came, int):
            return came
        self.wake()
        return self.left()

    def use_alarm(self, seconds: float) -> int:
        """A descriptor that is readable so long after deliver() has found something, until hush(). -1: there is none."""
        return -1

    def hush(self, again: bool) -> None:
        """The alarm was heard. Whether it is set again."""

    def rouse(self, channel: Channel) -> None:
        """Those who wait for it go on at the next wake()."""
        self._woken.extend(channel._waiters)
        channel._waiters.clear()

    def wake(self) -> None:
        while self._woken:
            self._woken.popleft().set()

    def _has_events(self) -> bool:
        if self._endings_seen != _endings:
            self.drop()
        self._endings_seen = _endings
        return self._at < self._count

    def _wait(self, timeout_ms: int) -> int:
        from ._library import library

        deadline = time.monotonic() + timeout_ms / 1000
        while True:
            left = SLICE_MS if timeout_ms < 0 else max(0, int((deadline - time.monotonic()) * 1000))
            self._at = self._count = 0
            self._room[0].struct_size = sizeof(_abi.ws_event)
            count = int(library.ws_next_batch(self._queue, byref(self._room), BATCH, min(left, SLICE_MS)))
            # Between two calls the interpreter sees Ctrl-C, and a signal's handler may receive as well.
            if count != 0 or left == 0 or self._has_events():
                break
        if count > 0:
            self._count = count
        return count
