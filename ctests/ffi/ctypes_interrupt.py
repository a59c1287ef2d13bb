"""Ctrl-C in Python: KeyboardInterrupt comes out of a wait that would last for ever."""

import os
import pathlib
import signal
import subprocess
import threading
import time

from hostws_ctypes import MESSAGE, OPEN, TERMINATE, hostws


def press_ctrl_c():
    """In a moment, from outside, as the terminal does: any thread of the process may get it."""
    return subprocess.Popen(["sh", str(pathlib.Path(__file__).with_name("press_ctrl_c.sh")), str(os.getpid())])


def is_interrupted(wait):
    key = press_ctrl_c()
    try:
        wait()
    except KeyboardInterrupt:
        return True
    finally:
        key.wait()
    return False


signal.signal(signal.SIGINT, signal.default_int_handler)

ws = hostws.ws_open(os.environ["HOSTWS_WS"].encode() + b"/echo", None, None)
assert hostws.ws_next(0, 10_000).contents.type == OPEN
assert is_interrupted(lambda: hostws.ws_next(0, -1))
assert is_interrupted(lambda: hostws.ws_wait(0, -1))
assert is_interrupted(lambda: hostws.ws_next(0, 10_000))

# The handler's C half runs on whichever thread gets the signal. The descriptor makes that one wake this one.
signal.set_wakeup_fd(hostws.ws_wake_fd(0))
stop = threading.Event()
threads = [threading.Thread(target=stop.wait) for _ in range(3)]
for thread in threads:
    thread.start()
assert is_interrupted(lambda: hostws.ws_next(0, -1))

# A handler that runs before the wait.
def interrupt_before():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)
    except KeyboardInterrupt:
        pass
    assert not hostws.ws_next(0, -1)  # the byte has been kept for it


interrupt_before()
stop.set()
for thread in threads:
    thread.join()

# Nothing is lost.
assert hostws.ws_send(ws, b"still here", -1, 0) == 0
assert hostws.ws_next(0, 10_000).contents.type == MESSAGE
assert hostws.ws_terminate(ws, 0, None) == 0
assert hostws.ws_next(0, 10_000).contents.type == TERMINATE
