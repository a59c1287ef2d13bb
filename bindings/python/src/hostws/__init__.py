"""A WebSocket client over libhostws.

    import hostws

    with hostws.connect("wss://quotes.example/stream") as ws:
        ws.send("subscribe")
        for message in ws:
            print(message)

hostws.aio has the same for asyncio. Options have the names of ws_options in hostws.h.
"""

from __future__ import annotations

import json
import math
import threading
import time
from types import TracebackType
from typing import Any, Callable, Dict, Optional, Type, Union

from . import _interpreter  # noqa: F401, I001  first, for it may refuse
from . import _abi, _library
from ._core import Core, Handler, Headers
from ._errors import Cause, ConnectionClosed, Error, Event, OpenError, OptionError
from ._log import log_to
from ._version import __version__

__all__ = [
    "Cause", "Connection", "ConnectionClosed", "Error", "Event", "Headers", "OpenError", "OptionError", "__version__",
    "connect", "library_version", "log_to", "run",
]

# A time limit above it is none: milliseconds are an int of C in the library.
LONGEST_S = 2_000_000


def library_version() -> str:
    return str(_library.library.ws_version().decode())


class Connection(Core, _library.SyncChannel):
    """A connection for one thread at a time; send() and close() from any."""

    def __init__(self, url: str, *, data_type: str = "text", loads: Callable[[str], Any] = json.loads,
                 dumps: Callable[[Any], str] = json.dumps, reconnect: Union[bool, int] = False,
                 on_event: Optional[Handler] = None, **options: Any):
        self._queue = int(_library.library.ws_queue_new())
        if self._queue < 0:
            raise Error(_library.last_words())
        self._receiver = _library.Receiver(self._queue)
        self._drained = 0
        # Whoever has it takes from the queue; other threads wait until they are told. A signal's handler may receive as well.
        self._pumping = threading.RLock()
        self._told = threading.Condition()
        try:
            super().__init__(url, self._queue, data_type, loads, dumps, reconnect, on_event, options)
        except BaseException:
            self._free()
            raise

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        self._free()

    def __iter__(self) -> "Connection":
        """Messages until the connection ends cleanly; ConnectionClosed if it is lost."""
        return self

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes politely: what was sent leaves, and the server answers. Returns when that is over."""
        if self._queue < 0:
            return
        self._terminate(code, reason)
        while True:
            turn = self._turn
            if self._end is not None:
                break
            self._pump(turn, None)
        self._free()

    # ---- inside

    def _wait_open(self) -> "Connection":
        try:
            while not self._is_open:
                turn = self._turn
                if self._end is not None:
                    raise self._end
                self._pump(turn, None)
        except BaseException:
            self._free()
            raise
        return self

    def _wait_next(self) -> Any:
        try:
            return self._wait_message(None)
        except ConnectionClosed as end:
            if end is self._end and end.was_clean:
                raise StopIteration from None
            raise

    def _wait_message(self, timeout: Optional[float]) -> Any:
        deadline = _deadline(timeout)
        while True:
            turn = self._turn
            try:
                item = self._pop()
            except IndexError:  # no message
                pass
            else:
                return self._loads(item) if self._is_object else item
            if self._end is not None:
                raise self._end
            if not self._pump(turn, deadline):
                raise TimeoutError(f"no message within {timeout} s")

    def _wait_send(self, message: Any, timeout: Optional[float]) -> None:
        deadline = _deadline(timeout)
        while True:
            turn, drained = self._turn, self._drained
            if self._try_send(message):
                return
            while drained == self._drained and self._end is None:
                if not self._pump(turn, deadline):
                    raise TimeoutError(f"the send queue was full for {timeout} s")
                turn = self._turn

    def _pump(self, turn: int, deadline: Optional[float]) -> bool:
        """Waits until something has come since `turn`, here or in the thread that takes from the queue. False if the time is up."""
        left = _left(deadline)
        if not self._pumping.acquire(blocking=False):
            return self._wait_for_another(turn, left)
        try:
            if self._turn != turn:
                return True
            return self._came(self._receiver.take(-1 if left is None else math.ceil(left * 1000), self))
        finally:
            self._turn += 1
            self._pumping.release()
            if self._others > 0:
                self._tell()

    def _wait_for_another(self, turn: int, left: Optional[float]) -> bool:
        with self._told:
            self._others += 1
            try:
                if not self._pumping.acquire(blocking=False):
                    return self._told.wait_for(lambda: self._turn != turn, left)
                # Its turn was over before it could know that somebody waits.
                self._pumping.release()
                return True
            finally:
                self._others -= 1

    def _tell(self) -> None:
        """Those who wait for another look again, and one of them takes from the queue next."""
        with self._told:
            self._told.notify_all()

    def _came(self, came: Union[int, _library.RawEvent]) -> bool:
        """Sorts what take() gives; False if the time is up."""
        if isinstance(came, int):
            if came < 0:
                raise self._end or Error(_library.last_words())
            return came > 0
        self._drained += came[1] == _abi.EVENT_DRAIN
        self._on_raw(came)
        return True

    def _on_fork(self) -> None:
        super()._on_fork()
        # One that another thread of the parent has is free for nobody here.
        if self._pumping.acquire(blocking=False):
            self._pumping.release()
        else:
            self._pumping = threading.RLock()
        self._told, self._others = threading.Condition(), 0

    def _free(self) -> None:
        queue, self._queue = getattr(self, "_queue", -1), -1
        if queue > 0:
            self._receiver.drop()
            _library.library.ws_queue_free(queue)


def _deadline(timeout: Optional[float]) -> Optional[float]:
    if timeout is None or timeout > LONGEST_S:
        return None
    if math.isnan(timeout):
        raise ValueError("timeout is not a number")
    return time.monotonic() + timeout


def _left(deadline: Optional[float]) -> Optional[float]:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def connect(url: str, **options: Any) -> Connection:
    """Opens a connection and waits until it is open. Raises OptionError or OpenError.

    data_type  "text" (default), "blob" or "object": JSON, with `loads` and `dumps`
    reconnect  True, or a number of attempts in a row: the connection is opened again when it is lost
    on_event   called with the connection and an Event: reconnecting, reconnected, warning, pong, drain
    and every option of ws_options, such as headers, tls_ca, proxy, open_timeout_ms.
    """
    return Connection(url, **options)._wait_open()


def run(url: str, *, on_open: Optional[Callable[[Connection], Any]] = None,
        on_message: Optional[Callable[[Connection, Any], Any]] = None,
        on_error: Optional[Callable[[Connection, Error], Any]] = None,
        on_terminate: Optional[Callable[[Connection, int, str], Any]] = None, **options: Any) -> None:
    """Opens a connection and calls functions for what happens, until it ends. They run on this thread."""
    calls: Dict[str, Any] = {"open": on_open}

    class Running(Connection):
        def _on_raw(self, raw: _library.RawEvent) -> Event:
            event = super()._on_raw(raw)
            self._put(event)
            return event

    with Running(url, **options) as ws:
        while True:
            while ws._count:
                item = ws._pop()
                if not isinstance(item, Event):
                    if on_message is not None:
                        on_message(ws, ws._loads(item) if ws._is_object else item)
                elif item.type == "open":
                    if calls["open"] is not None:
                        calls["open"](ws)
                elif item.type == "terminate":
                    if ws._errors and on_error is not None and ws._end is not None:
                        on_error(ws, ws._end)
                    if on_terminate is not None:
                        on_terminate(ws, item.code, item.reason)
                    return
            ws._pump(ws._turn, None)
