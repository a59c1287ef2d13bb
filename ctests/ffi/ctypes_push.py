"""hostws from Python's ctypes, with callbacks."""

import os
import threading
from ctypes import byref, sizeof

from hostws_ctypes import BLOB, CLOSED, E_IDLE, E_OPEN, TEXT, Callback, Event, Handler, hostws

MESSAGES = [("héllo €".encode(), TEXT), (b"a\0b\xff", BLOB), (b"", TEXT)]


def run(url, messages=()):
    """Sends `messages`, each after the echo of the one before, then closes; returns what was called."""
    log = []
    waiting = list(messages)

    def send_next(ws):
        if waiting:
            data, data_type = waiting.pop(0)
            assert hostws.ws_send(ws, data, len(data), data_type) == 0
        else:
            assert hostws.ws_terminate(ws, 3001, b"bye") == 0

    def callback(name, then=lambda ws: None):
        def called(ws, event, user_data):
            event = event.contents
            assert event.struct_size == sizeof(Event) and event.ws == ws and user_data == 42
            assert threading.current_thread() is threading.main_thread()
            log.append((name, {
                "open": lambda: None,
                "message": lambda: (event.bytes, event.data_type),
                "error": lambda: event.stack,
                "terminate": lambda: (event.code, event.reason.decode(), event.was_clean),
            }[name]()))
            then(ws)
        return Callback(called)

    # The handler is copied, but not the functions: they must live as long as the connection.
    handler = Handler(sizeof(Handler), TEXT, 42, callback("open", send_next), callback("message", send_next),
                      callback("error"), callback("terminate"))
    ws = hostws.ws_new(url.encode(), byref(handler), None)
    assert ws > 0, hostws.ws_last_error_message()
    while (dispatched := hostws.ws_poll(0, -1, 0)) > 0:
        pass
    assert dispatched == E_IDLE, (dispatched, log)
    assert hostws.ws_status(ws) == CLOSED
    return log


log = run(os.environ["HOSTWS_WS"] + "/echo", MESSAGES)
assert log == [("open", None), *(("message", m) for m in MESSAGES), ("terminate", (3001, "bye", 1))], log

log = run(os.environ["HOSTWS_NOBODY"])
assert [name for name, _ in log] == ["error", "terminate"], log
assert log[0][1][0][:2] == (E_OPEN, "ws") and len(log[0][1]) > 1, log
assert log[1][1] == (1006, "", 0), log
