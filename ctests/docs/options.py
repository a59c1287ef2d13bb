"""The values that the reference shows for the options are accepted: in JSON by the library, in C by a compiler.

    options.py OPTIONS.JSON LIBRARY-FOLDER INCLUDE-FOLDER COMPILER
"""

import ctypes
import json
import subprocess
import sys
import tempfile
from pathlib import Path

values, library, include, compiler = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(values).parents[1] / "reference"))
from examples import in_c, option_values  # noqa: E402

# Options that another one needs beside it.
NEEDS = {
    "tls_cert": ["tls_key"], "tls_key": ["tls_cert"], "tls_key_password": ["tls_cert", "tls_key"],
    "tls_ca_only": ["tls_ca"], "ask": ["reconnect_max"],
    "deflate_threshold": ["deflate"],
    "deflate_server_no_context_takeover": ["deflate"], "deflate_client_no_context_takeover": ["deflate"],
    "deflate_server_max_window_bits": ["deflate"], "deflate_client_max_window_bits": ["deflate"],
    "reconnect_min_ms": ["reconnect_max"], "reconnect_max_ms": ["reconnect_max"],
    "reconnect_on": ["reconnect_max"], "reconnect_codes": ["reconnect_max"],
}

ws = ctypes.CDLL(str(Path(library) / "libhostws.so.0"))
ws.ws_open.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
ws.ws_last_error_message.restype = ctypes.c_char_p

options = option_values()
failures = 0
for name in options:
    given = {key: options[key] for key in [name, *NEEDS.get(name, [])]}
    # Nothing listens there, and it is given up at once.
    connection = ws.ws_open(b"ws://127.0.0.1:9/", json.dumps(given).encode(), None)
    if connection < 0:
        failures += 1
        print(f"{given}: {ws.ws_last_error_message().decode()}")
    ws.ws_abort(connection)
ws.ws_shutdown(1000)

lines = ["#include <hostws.h>", "void fill(void);", "void fill(void)", "{", "ws_options options = {0};"]
lines += [f"{{ {in_c(name, value)} (void)options; }}" for name, value in options.items()]
with tempfile.NamedTemporaryFile("w", suffix=".c") as program:
    program.write("\n".join([*lines, "}", ""]))
    program.flush()
    subprocess.run([compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{include}", program.name],
                   check=True)
print(f"{len(options)} options, {failures} refused")
sys.exit(1 if failures or not options else 0)
