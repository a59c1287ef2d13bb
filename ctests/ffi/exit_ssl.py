"""hostws in a Python that uses OpenSSL, too: the interpreter ends with its own status, at any moment."""

import os
import subprocess
import sys

TIMES = 20

if len(sys.argv) < 2:
    for run in range(TIMES):
        ended = subprocess.run([sys.executable, __file__, str(run)], timeout=60)
        assert ended.returncode == 7, (run, ended.returncode)
    sys.exit(0)

import ssl
import time

from hostws_ctypes import hostws

ssl.create_default_context()
# The system's certificates are loaded when that has been connected to.
port = os.environ["HOSTWS_WS"].rsplit(":", 1)[1]
ws = hostws.ws_open(f"wss://127.0.0.1:{port}/".encode(), None, None)
assert ws > 0
time.sleep(int(sys.argv[1]) / 1000)
sys.exit(7)
