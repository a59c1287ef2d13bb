"""hostws from Python's ctypes with strings and numbers alone: no struct, no callback."""

import base64
import ctypes
import json
import os
from ctypes import c_char_p, c_int32, c_int64, c_void_p

E_TIMEOUT, E_IDLE = -11, -12
TEXT, BLOB = 1, 2

hostws = ctypes.CDLL(os.environ["HOSTWS_SHARED_LIBRARY"])
hostws.ws_open.argtypes = [c_char_p, c_char_p, c_void_p]
hostws.ws_send.argtypes = [c_int32, c_char_p, c_int64, c_int32]
hostws.ws_terminate.argtypes = [c_int32, c_int32, c_char_p]
hostws.ws_next_json.argtypes = [c_int32, c_int32, c_char_p, c_int64]
hostws.ws_next_json.restype = c_int64
hostws.ws_event_name.restype = c_char_p

sizes = []


def next_event(kind):
    buffer = ctypes.create_string_buffer(64)
    while (length := hostws.ws_next_json(0, 10_000, buffer, len(buffer))) >= len(buffer):
        sizes.append(length)
        buffer = ctypes.create_string_buffer(length + 1)
    assert length >= 0, length
    event = json.loads(buffer.value)
    assert event["type"] == kind, event
    return event


def connect(url, options=None, user_data=0):
    ws = hostws.ws_open(url.encode(), options, user_data)
    assert ws > 0, ws
    return ws


ws = connect(os.environ["HOSTWS_WS"] + "/echo", user_data=42)
event = next_event("open")
assert (event["ws"], event["user_data"]) == (ws, 42) and event["time_us"] > 0, event
for data in ["h\u00e9llo \u20ac \\ \"quoted\" \n\0\x7f", ""]:
    assert hostws.ws_send(ws, data.encode(), len(data.encode()), TEXT) == 0
    event = next_event("message")
    assert (event["data"], event["data_type"], event["first"], event["last"]) == (data, "text", True, True), event
for data in [b"a\0b\xff", b"", bytes(range(256)) * 1000]:
    assert hostws.ws_send(ws, data, len(data), BLOB) == 0
    event = next_event("message")
    assert (base64.b64decode(event["data"], validate=True), event["data_type"]) == (data, "blob")
assert hostws.ws_next_json(0, 0, None, 0) == E_TIMEOUT
assert hostws.ws_terminate(ws, 4000, b"bye") == 0
event = next_event("terminate")
assert (event["code"], event["reason"], event["was_clean"]) == (4000, "bye", True), event
assert hostws.ws_next_json(0, -1, None, 0) == E_IDLE

# Nobody is there.
connect(os.environ["HOSTWS_NOBODY"])
errors = next_event("error")["errors"]
assert errors[0]["component"] == "ws" and errors[1]["component"] == "tcp", errors
assert all(error["message"] and error["code"] for error in errors), errors
assert next_event("terminate")["code"] == 1006

# Objects are there as they are.
ws = connect(os.environ["HOSTWS_WS"] + "/object", b'{"data_type": "object"}')
next_event("open")
assert next_event("message")["data"] == {"n": 1, "price": 1.10}
assert hostws.ws_terminate(ws, 0, None) == 0
next_event("terminate")
assert len(sizes) >= 8, sizes
