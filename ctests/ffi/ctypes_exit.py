"""Python ends while its wake-up function is being called: the exit status is the program's own.

An interpreter that has ended ends every thread that comes back to it, and so one of the library's.
"""

import os
import subprocess
import sys

PROGRAM = """
import ctypes, os, sys
from hostws_ctypes import OPEN, hostws
called = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda user: None)
hostws.ws_queue_on_wakeup.argtypes = [ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p]
for _ in range(4):
    queue = hostws.ws_queue_new()
    hostws.ws_queue_on_wakeup(queue, called, None)
    options = b'{"queue": %d}' % queue
    assert hostws.ws_open(os.environ["HOSTWS_WS"].encode() + b"/flood?n=100000&size=10", options, None) > 0
    while not hostws.ws_next(queue, 10_000):
        pass
    for _ in range(20):
        hostws.ws_next(queue, 0)
sys.exit(7)
"""

environment = dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(__file__)))
for _ in range(5):
    ended = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, timeout=60)
    assert ended.returncode == 7, ended.returncode
