"""What can go wrong, as exceptions, and what can happen beside messages, as events."""

from __future__ import annotations

from typing import Any, List, NamedTuple, NoReturn, Optional, Tuple

from . import _abi, _library


class Cause(NamedTuple):
    """One entry of a stack of errors."""

    code: int
    component: str
    message: str


class Event(NamedTuple):
    """Something that is no message."""

    type: str
    code: int = 0
    reason: str = ""
    was_clean: bool = False
    errors: Tuple[Cause, ...] = ()
    delay: float = 0.0
    round_trip: float = 0.0
    data: bytes = b""


class Error(Exception):
    """The base of all exceptions of this package, but for TimeoutError."""


class OptionError(Error, ValueError):
    """An option or the URL is refused. Nothing was opened."""


class OpenError(Error, ConnectionError):
    """The connection could not be opened."""

    def __init__(self, errors: Tuple[Cause, ...], status: Optional[int], headers: List[Tuple[str, str]], body: bytes):
        super().__init__(": ".join(error.message for error in errors) or "the connection could not be opened")
        self.errors = errors
        #: The HTTP status with which the server refused, or None.
        self.status = status
        self.headers = headers
        self.body = body


class ConnectionClosed(Error, ConnectionError):
    """The connection has ended."""

    def __init__(self, code: int, reason: str, was_clean: bool, errors: Tuple[Cause, ...] = ()):
        words = f"closed with {code}" + (f" ({reason})" if reason else "")
        super().__init__(": ".join([words, *(error.message for error in errors)]))
        self.code = code
        self.reason = reason
        self.was_clean = was_clean
        self.errors = errors


def event_of(raw: _library.RawEvent) -> Event:
    _, kind, code, reason, was_clean, errors, delay, round_trip, data = raw
    name = _library.library.ws_event_name(kind).decode()
    return Event(name, code, reason, bool(was_clean), tuple(Cause(*error) for error in errors), delay / 1000,
                 round_trip / 1e6, data)


def refuse(code: int, words: str) -> NoReturn:
    """Raises what a negative result means."""
    if code in (_abi.E_OPTION, _abi.E_URL, _abi.E_ARGUMENT, _abi.E_JSON, _abi.E_UTF8, _abi.E_TOO_BIG):
        raise OptionError(words)
    raise Error(words)


def open_error(ws: int, event: Event, errors: Tuple[Cause, ...]) -> OpenError:
    status: Any = _library.library.ws_response_status(ws)
    body = _library.text("ws_response_body", ws) or b""
    return OpenError(errors or event.errors, status if status > 0 else None, _library.response_headers(ws), body)
