"""hostws from Python's ctypes, without callbacks."""

import os
from ctypes import sizeof

from hostws_ctypes import (BLOB, CLOSED, E_CLOSED, E_IDLE, E_OPEN, E_OPTION, ERROR, MESSAGE, OPEN, TERMINATE, TEXT,
                           Event, hostws)


def connect(url, options=None):
    ws = hostws.ws_open(url.encode(), options, 42)
    assert ws > 0, hostws.ws_last_error_message()
    return ws


def next_event(ws, kind):
    event = hostws.ws_next(0, 10_000)
    assert event, hostws.ws_last_error_message()
    event = event.contents
    assert event.struct_size == sizeof(Event) and event.user_data == 42
    assert (event.ws, event.type) == (ws, kind), (event.ws, event.type, event.stack)
    return event


# Open, messages, close.
ws = connect(os.environ["HOSTWS_WS"] + "/echo", b'{"data_type": "text", "headers": {"X-Test": ["one", "two"]}}')
next_event(ws, OPEN)
for data, data_type in [("héllo €".encode(), TEXT), (b"a\0b\xff", BLOB), (b"", TEXT)]:
    assert hostws.ws_send(ws, data, len(data), data_type) == 0
    event = next_event(ws, MESSAGE)
    assert (event.bytes, event.data_type) == (data, data_type)
assert hostws.ws_terminate(ws, 0, b"bye") == 0
event = next_event(ws, TERMINATE)
assert (event.code, event.reason, event.was_clean) == (1000, b"bye", 1)
assert not hostws.ws_next(0, -1) and hostws.ws_last_error() == E_IDLE
assert hostws.ws_status(ws) == CLOSED
assert hostws.ws_send(ws, b"late", -1, 0) == E_CLOSED

# Many messages, several in a call.
ws = connect(os.environ["HOSTWS_WS"] + "/flood?n=1000&size=8")
assert hostws.ws_queue_busy_poll(0, 20) == 0
next_event(ws, OPEN)
events = (Event * 64)()
events[0].struct_size = sizeof(Event)
fetched = []
while len(fetched) < 1000:
    count = hostws.ws_next_batch(0, events, len(events), 10_000)
    assert 1 <= count <= len(events), hostws.ws_last_error_message()
    fetched += [int(event.bytes.split(b":")[0]) for event in events[:count]]
assert fetched == list(range(1000))
assert hostws.ws_queue_busy_poll(0, 0) == 0
assert hostws.ws_terminate(ws, 0, None) == 0
next_event(ws, TERMINATE)

# The server closes.
ws = connect(os.environ["HOSTWS_WS"] + "/close?code=4001&reason=enough")
next_event(ws, OPEN)
event = next_event(ws, TERMINATE)
assert (event.code, event.reason, event.was_clean) == (4001, b"enough", 1)

# Nobody is there.
ws = connect(os.environ["HOSTWS_NOBODY"])
stack = next_event(ws, ERROR).stack
assert stack[0][:2] == (E_OPEN, "ws") and len(stack) > 1, stack
assert next_event(ws, TERMINATE).code == 1006

# A call that fails says why.
assert hostws.ws_open(b"ws://127.0.0.1", b'{"tls_cat": 1}', None) == E_OPTION
assert b"tls_cat" in hostws.ws_last_error_message()
