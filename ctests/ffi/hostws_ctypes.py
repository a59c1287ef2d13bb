"""As much of hostws.h as the two ctypes programs need."""

import os
from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, c_char_p, c_int32, c_int64, c_ssize_t, c_uint32, c_uint64, c_void_p,
                    string_at)

OPEN, MESSAGE, ERROR, TERMINATE = 1, 2, 3, 4
TEXT, BLOB = 1, 2
CLOSED = 3
E_OPTION, E_CLOSED, E_IDLE, E_OPEN = -3, -6, -12, -26


class Error(Structure):
    _fields_ = [("code", c_int32), ("message", c_char_p), ("component", c_char_p)]


class Event(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("type", c_int32), ("ws", c_int32), ("data_type", c_int32),
        # Not c_char_p: that would end at the first NUL.
        ("data", c_void_p), ("length", c_int64),
        ("errors", POINTER(Error)), ("error_count", c_int32),
        ("code", c_int32), ("reason", c_char_p), ("was_clean", c_int32), ("flags", c_uint32),
        ("time_us", c_uint64), ("user_data", c_void_p), ("round_trip_us", c_uint64),
        ("delay_ms", c_int64),
    ]

    @property
    def bytes(self):
        return string_at(self.data, self.length)

    @property
    def stack(self):
        return [(e.code, e.component.decode(), e.message.decode()) for e in self.errors[:self.error_count]]


Callback = CFUNCTYPE(None, c_int32, POINTER(Event), c_void_p)


class Handler(Structure):
    _fields_ = [("struct_size", c_uint32), ("data_type", c_int32), ("user_data", c_void_p)] + [
        (name, Callback) for name in ("on_open", "on_message", "on_error", "on_terminate", "on_event")]


hostws = CDLL(os.environ["HOSTWS_SHARED_LIBRARY"])
for name, result, arguments in [
    ("ws_new", c_int32, [c_char_p, POINTER(Handler), c_void_p]),
    ("ws_open", c_int32, [c_char_p, c_char_p, c_void_p]),
    ("ws_send", c_int32, [c_int32, c_char_p, c_int64, c_int32]),
    ("ws_terminate", c_int32, [c_int32, c_int32, c_char_p]),
    ("ws_status", c_int32, [c_int32]),
    ("ws_poll", c_int32, [c_int32, c_int32, c_int32]),
    ("ws_next", POINTER(Event), [c_int32, c_int32]),
    ("ws_next_batch", c_int32, [c_int32, POINTER(Event), c_int32, c_int32]),
    ("ws_wait", c_int32, [c_int32, c_int32]),
    ("ws_wake_fd", c_ssize_t, [c_int32]),
    ("ws_queue_busy_poll", c_int32, [c_int32, c_int32]),
    ("ws_last_error", c_int32, []),
    ("ws_last_error_message", c_char_p, []),
]:
    function = getattr(hostws, name)
    function.restype, function.argtypes = result, arguments
