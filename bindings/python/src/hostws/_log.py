"""The library's log, into Python's logging."""

from __future__ import annotations

import atexit
import logging
from typing import Any, Optional

from . import _abi, _library

_LEVELS = {
    _abi.LOG_ERROR: logging.ERROR, _abi.LOG_WARNING: logging.WARNING, _abi.LOG_INFO: logging.INFO,
    _abi.LOG_DEBUG: logging.DEBUG, _abi.LOG_TRACE: 5,
}
# The library calls it as long as it is set.
_function: Any = None


def log_to(logger: Optional[logging.Logger]) -> None:
    """The library's lines go to this logger, down to its level; None: to nobody. Never contains credentials."""
    global _function
    level = _abi.LOG_OFF
    function: Any = None
    if logger is not None:
        enabled = [number for number, name in _LEVELS.items() if logger.isEnabledFor(name)]
        level = max(enabled, default=_abi.LOG_OFF)
        to = logger

        def write(number: int, message: bytes, _: Any) -> None:
            to.log(_LEVELS.get(number, logging.DEBUG), message.decode(errors="replace"))

        function = _library.LogFunction(write)
    _library.library.ws_set_log(level, function, None)
    _function = function


# It runs on a thread of the library, which must not ask for the interpreter when that has ended.
atexit.register(log_to, None)
