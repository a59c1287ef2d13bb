"""What the blocking and the asyncio connection have in common: options, sending, facts."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from . import _abi, _library
from ._errors import Cause, ConnectionClosed, Error, Event, OpenError, OptionError, event_of, open_error, refuse

Headers = Union[Mapping[str, Union[str, Sequence[str]]], Sequence[Tuple[str, str]]]
Handler = Callable[["Core", Event], Any]

DATA_TYPES = ("text", "blob", "object")


def json_options(options: Dict[str, Any], data_type: str, reconnect: Union[bool, int], queue: int) -> Dict[str, Any]:
    """The options of ws_open(): names that it does not know are refused there, with its own words."""
    if data_type not in DATA_TYPES:
        raise OptionError(f"data_type is {data_type!r}; it is one of {', '.join(DATA_TYPES)}")
    if options.get("stream_threshold"):
        raise OptionError("stream_threshold: this package delivers whole messages only")
    given = dict(options, data_type=data_type, queue=queue)
    headers = given.pop("headers", None)
    if headers:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        merged: Dict[str, List[str]] = {}
        for name, value in pairs:
            merged.setdefault(name, []).extend([value] if isinstance(value, str) else value)
        given["headers"] = merged
    if reconnect:
        given.setdefault("reconnect_max", -1 if reconnect is True else reconnect)
    return given


class Core:
    """A connection, without the ways to wait for it. The channel that is inherited beside it has `_id`."""

    _id: int
    _end: Optional[Error]

    def __init__(self, url: str, queue: int, data_type: str, loads: Callable[[str], Any], dumps: Callable[[Any], str],
                 reconnect: Union[bool, int], on_event: Optional[Handler], options: Dict[str, Any]):
        super().__init__()
        self._is_object = data_type == "object"
        self._loads, self._dumps = loads, dumps
        self._handler = on_event
        self._errors: Tuple[Cause, ...] = ()
        self._is_open = False
        self._end = None
        self._id, words = _library.open_connection(url, json_options(options, data_type, reconnect, queue))
        if self._id < 0:
            refuse(self._id, words)

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
        return (_library.text("ws_url", self._id) or b"").decode()

    @property
    def subprotocol(self) -> Optional[str]:
        """The one that the server chose."""
        return (_library.text("ws_subprotocol", self._id) or b"").decode() or None

    @property
    def response_headers(self) -> List[Tuple[str, str]]:
        """Those of the server's answer to the upgrade."""
        return _library.response_headers(self._id)

    @property
    def buffered_amount(self) -> int:
        """Bytes that were accepted and have not left."""
        return max(0, int(_library.library.ws_buffered_amount(self._id)))

    def explain(self) -> Dict[str, Any]:
        """All that has happened to this connection."""
        facts: Dict[str, Any] = json.loads(_library.text("ws_explain", self._id) or b"{}")
        return facts

    # ---- what one can do to it

    def ping(self, data: bytes = b"") -> None:
        """The answer comes to `on_event` as "pong", with its round_trip in seconds."""
        self._check(_library.library.ws_ping(self._id, data, len(data)))

    def set_header(self, name: str, value: Optional[str]) -> None:
        """For the next attempt of a connection with `reconnect`, such as a fresh token."""
        self._check(_library.library.ws_set_header(self._id, name.encode(), None if value is None else value.encode()))

    def set_url(self, url: str) -> None:
        """For the next attempt of a connection with `reconnect`."""
        self._check(_library.library.ws_set_url(self._id, url.encode()))

    def answer(self, question: int, value: str) -> None:
        """Answers an event "ask" (option `ask`); `question` is its code, its `data` the facts as JSON."""
        given = value.encode()
        self._check(_library.library.ws_answer(self._id, question, given, len(given)))

    def abort(self) -> None:
        """Drops the connection and what waits to be sent."""
        _library.library.ws_abort(self._id)

    # ---- inside

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
            if self._is_open:
                self._end = ConnectionClosed(event.code, event.reason, event.was_clean, self._errors)
            else:
                self._end = open_error(self._id, event, self._errors)
        if self._handler is not None and event.type not in ("open", "error", "terminate"):
            self._handler(self, event)
        return event


__all__ = ["Core", "Handler", "Headers", "OpenError", "json_options"]
