"""What the blocking and the asyncio connection have in common: options, sending, facts."""

from __future__ import annotations

import json
import operator
import os
import weakref
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _abi, _library
from ._errors import Cause, ConnectionClosed, Error, Event, OpenError, OptionError, event_of, open_error, refuse

Headers = Union[Mapping[str, Union[str, Sequence[str]]], Sequence[Tuple[str, str]]]
Handler = Callable[["Core", Event], Any]

DATA_TYPES = ("text", "blob", "object")


def merged_headers(headers: Headers) -> Dict[str, List[str]]:
    merged: Dict[str, List[str]] = {}
    try:
        for name, value in headers.items() if isinstance(headers, Mapping) else headers:
            if not isinstance(name, str):
                raise TypeError
            merged.setdefault(name, []).extend([value] if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise OptionError("headers: a mapping of names to a str or to several, or pairs of a name and a str") from None
    return merged


def as_json(options: Dict[str, Any]) -> bytes:
    entries = []
    for name, value in options.items():
        try:
            entries.append(f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}")
        except (TypeError, ValueError) as error:
            raise OptionError(f"option {name}: {error}") from None
    return f"{{{', '.join(entries)}}}".encode()


def c_text(name: str, value: str) -> bytes:
    """An argument that C reads up to a NUL."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is a str, not {type(value).__name__}")
    if "\0" in value:
        raise OptionError(f"{name} contains a NUL")
    return value.encode()


def c_int(name: str, value: int) -> int:
    """An argument of which C would take the lower 32 bits."""
    number = operator.index(value)
    if not -(1 << 31) <= number < 1 << 31:
        raise OptionError(f"{name} is {number}, which is out of range")
    return number


def json_options(options: Dict[str, Any], data_type: str, reconnect: Union[bool, int], queue: int) -> Dict[str, Any]:
    """The options of ws_open(): names that it does not know are refused there, with its own words."""
    if data_type not in DATA_TYPES:
        raise OptionError(f"data_type is {data_type!r}; it is one of {', '.join(DATA_TYPES)}")
    if options.get("stream_threshold"):
        raise OptionError("stream_threshold: this package delivers whole messages only")
    given = dict(options, data_type=data_type, queue=queue)
    headers = given.pop("headers", None)
    if headers:
        given["headers"] = merged_headers(headers)
    if reconnect:
        given.setdefault("reconnect_max", -1 if reconnect is True else reconnect)
    return given


class Facts(NamedTuple):
    """What is known of a connection. The library knows it until the end."""

    url: str
    subprotocol: Optional[str]
    response_headers: List[Tuple[str, str]]
    buffered_amount: int


class Core:
    """A connection, without the ways to wait for it. The channel that is inherited beside it has `_id`."""

    _id: int
    _end: Optional[Error]
    # Looked at after the library was asked: another thread may learn of the end meanwhile.
    _last: Optional[Facts]
    _all: "weakref.WeakSet[Core]" = weakref.WeakSet()

    def __init__(self, url: str, queue: int, data_type: str, loads: Callable[[str], Any], dumps: Callable[[Any], str],
                 reconnect: Union[bool, int], on_event: Optional[Handler], options: Dict[str, Any]):
        super().__init__()
        self._is_object = data_type == "object"
        self._loads, self._dumps = loads, dumps
        self._handler = on_event
        self._errors: Tuple[Cause, ...] = ()
        self._is_open = False
        self._end = None
        self._last = None
        self._id, words = _library.open_connection(
            c_text("url", url), as_json(json_options(options, data_type, reconnect, queue)))
        if self._id < 0:
            refuse(self._id, words)
        self._all.add(self)

    # ---- what it is

    @property
    def id(self) -> int:
        return self._id

    @property
    def status(self) -> str:
        """"Connecting", "Connected", "Closing" or "Closed"."""
        return str(_library.library.ws_status_name(_library.library.ws_status(self._id)).decode())

    @property
    def url(self) -> str:
        """Without its user and password."""
        now = (_library.text("ws_url", self._id) or b"").decode()
        return now if self._last is None else self._last.url

    @property
    def subprotocol(self) -> Optional[str]:
        """The one that the server chose."""
        now = (_library.text("ws_subprotocol", self._id) or b"").decode() or None
        return now if self._last is None else self._last.subprotocol

    @property
    def response_headers(self) -> List[Tuple[str, str]]:
        """Those of the server's answer to the upgrade."""
        now = _library.response_headers(self._id)
        return now if self._last is None else self._last.response_headers

    @property
    def buffered_amount(self) -> int:
        """Bytes that were accepted and have not left; after the end, those that never left."""
        now = max(0, int(_library.library.ws_buffered_amount(self._id)))
        return now if self._last is None else self._last.buffered_amount

    def explain(self) -> Dict[str, Any]:
        """All that has happened to this connection."""
        facts: Dict[str, Any] = json.loads(_library.text("ws_explain", self._id) or b"{}")
        return facts

    # ---- what one can do to it

    def ping(self, data: bytes = b"") -> None:
        """The answer comes to `on_event` as "pong", with its round_trip in seconds."""
        payload = bytes(memoryview(data))
        self._check(_library.library.ws_ping(self._id, payload, len(payload)))

    def set_header(self, name: str, value: Optional[str]) -> None:
        """For the next attempt of a connection with `reconnect`, such as a fresh token."""
        given = None if value is None else c_text("value", value)
        self._check(_library.library.ws_set_header(self._id, c_text("name", name), given))

    def set_url(self, url: str) -> None:
        """For the next attempt of a connection with `reconnect`."""
        self._check(_library.library.ws_set_url(self._id, c_text("url", url)))

    def answer(self, question: int, value: str) -> None:
        """Answers an event "ask" (option `ask`); `question` is its code, its `data` the facts as JSON."""
        given = value.encode()
        self._check(_library.library.ws_answer(self._id, c_int("question", question), given, len(given)))

    def abort(self) -> None:
        """Drops the connection and what waits to be sent."""
        _library.library.ws_abort(self._id)

    # ---- inside

    def _terminate(self, code: int, reason: str) -> None:
        result = _library.library.ws_terminate(self._id, c_int("code", code), c_text("reason", reason))
        if result not in (_abi.OK, _abi.E_CLOSED):
            self._check(result)

    def _on_fork(self) -> None:
        """In the child: it is the parent's connection."""
        self._end = self._end or ConnectionClosed(1006, "the process has forked", False)

    def _check(self, result: int) -> None:
        if result >= 0:
            return
        words = _library.last_words()
        if result == _abi.E_CLOSED:
            raise self._end or ConnectionClosed(1006, words, False)
        refuse(result, words)

    def _on_raw(self, raw: _library.RawEvent) -> Event:
        """Keeps what the event says of the connection, and tells the program."""
        event = event_of(raw)
        if event.type == "open":
            self._is_open = True
        elif event.type == "error":
            self._errors = event.errors
        elif event.type == "terminate":
            self._last = Facts(self.url, self.subprotocol, self.response_headers, self.buffered_amount)
            if self._is_open:
                self._end = ConnectionClosed(event.code, event.reason, event.was_clean, self._errors)
            else:
                self._end = open_error(self._id, event, self._errors)
        if self._handler is not None and event.type not in ("open", "error", "terminate"):
            self._handler(self, event)
        return event


def _on_fork() -> None:
    for connection in list(Core._all):
        connection._on_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_on_fork)

__all__ = ["Core", "Handler", "Headers", "OpenError", "json_options"]
