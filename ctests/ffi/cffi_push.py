"""hostws from Python's cffi: the preprocessed header is all the declaration there is."""

import os
import threading

from cffi import FFI

ffi = FFI()
with open(os.environ["HOSTWS_DECLARATIONS"], encoding="utf-8") as declarations:
    ffi.cdef(declarations.read())
hostws = ffi.dlopen(os.environ["HOSTWS_SHARED_LIBRARY"])

MESSAGES = [("héllo €".encode(), hostws.HOSTWS_TEXT), (b"a\0b\xff", hostws.HOSTWS_BLOB), (b"", hostws.HOSTWS_TEXT)]
log = []
failures = []
waiting = []


def callback(function):
    def failed(kind, error, traceback):
        failures.append(error)

    @ffi.callback("ws_callback", onerror=failed)
    def called(ws, event, user_data):
        assert event.struct_size == ffi.sizeof("ws_event") and event.ws == ws
        assert ffi.from_handle(user_data) is log
        assert threading.current_thread() is threading.main_thread()
        function(ws, event)
    return called


def send_next(ws):
    if waiting:
        data, data_type = waiting.pop(0)
        assert hostws.ws_send(ws, data, len(data), data_type) == hostws.HOSTWS_OK
    else:
        assert hostws.ws_terminate(ws, 3001, b"bye") == hostws.HOSTWS_OK


@callback
def on_open(ws, event):
    log.append("open")
    send_next(ws)


@callback
def on_message(ws, event):
    log.append((ffi.unpack(event.data, event.length), event.data_type))
    send_next(ws)


@callback
def on_error(ws, event):
    errors = event.errors[0:event.error_count]
    log.append([(error.code, ffi.string(error.component)) for error in errors])


@callback
def on_terminate(ws, event):
    log.append((event.code, ffi.string(event.reason), event.was_clean))


user_data = ffi.new_handle(log)
handler = ffi.new("ws_handler *", {
    "struct_size": ffi.sizeof("ws_handler"), "user_data": user_data,
    "on_open": on_open, "on_message": on_message, "on_error": on_error, "on_terminate": on_terminate})
name, value = ffi.new("char[]", b"X-Test"), ffi.new("char[]", b"one")
headers = ffi.new("ws_header[]", [(name, value), (name, value)])
options = ffi.new("ws_options *", {
    "struct_size": ffi.sizeof("ws_options"), "headers": headers, "header_count": len(headers),
    "open_timeout_ms": 10_000})


def run(url, messages=()):
    log.clear()
    waiting[:] = messages
    ws = hostws.ws_new(url.encode(), handler, options)
    assert ws > 0, ffi.string(hostws.ws_last_error_message())
    assert hostws.ws_wait_status(ws, hostws.HOSTWS_CLOSED, 20_000) == hostws.HOSTWS_OK, log
    assert not failures, failures
    return log


run(os.environ["HOSTWS_WS"] + "/echo", MESSAGES)
assert log == ["open", *MESSAGES, (3001, b"bye", 1)], log

run(os.environ["HOSTWS_NOBODY"])
assert len(log) == 2 and log[0][0] == (hostws.HOSTWS_E_OPEN, b"ws") and log[1] == (1006, b"", 0), log

options.struct_size = 3
assert hostws.ws_new(b"ws://127.0.0.1", handler, options) == hostws.HOSTWS_E_STRUCT
