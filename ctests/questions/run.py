"""The examples that answer questions of the library: run.py FOLDER PASSWORD_PROMPT TRUST_ON_FIRST_USE

    FOLDER  with cert.pem and key.pem
"""

import os
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from websockets.sync.server import basic_auth, serve

FOLDER, PROMPT, TRUST = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
CERTIFICATE, KEY = FOLDER / "cert.pem", FOLDER / "key.pem"
if not CERTIFICATE.exists():
    print("skipped: there is no certificate (openssl)")
    sys.exit(77)


def echo(connection):
    for message in connection:
        connection.send(message)


def server(port=0, certificate=None, **options):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    made = serve(echo, "127.0.0.1", port, ssl=context, **options)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made


def run(*command, said):
    ran = subprocess.run([*map(str, command)], input=said, capture_output=True, text=True, timeout=60,
                         env={**os.environ, "no_proxy": "*"})
    assert "hunter2" not in ran.stdout + ran.stderr, ran
    return ran


# A mistyped password first; the right one is not easy to write in JSON.
PASSWORD = 'hunter2"\\'
guarded = server(process_request=basic_auth(realm="here", credentials=("me", PASSWORD)))
url = f"ws://127.0.0.1:{guarded.socket.getsockname()[1]}/"
ran = run(PROMPT, url, said=f"me\nwrong\nme\n{PASSWORD}\nand more\n")
assert (ran.returncode, ran.stdout) == (0, "hello\nand more\n"), ran
assert ran.stderr.count("wants to know who you are") == 2, ran
ran = run(PROMPT, url, said="me\n")
assert ran.returncode == 1 and "401" in ran.stderr, ran

with tempfile.TemporaryDirectory(prefix="hostws-") as folder:
    known = Path(folder, "known")
    first = server(certificate=(CERTIFICATE, KEY))
    port = first.socket.getsockname()[1]
    url = f"wss://localhost:{port}/"
    ran = run(TRUST, url, known, said="no\n")
    assert ran.returncode == 1 and "refused it" in ran.stderr and not known.exists(), ran
    ran = run(TRUST, url, known, said="yes\n")
    assert (ran.returncode, ran.stdout) == (0, "connected\n") and "Do you trust it?" in ran.stderr, ran
    ran = run(TRUST, url, known, said="")
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    # The same server with another key.
    lines = known.read_text().split(" ")
    known.write_text(f"{lines[0]} sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
    ran = run(TRUST, url, known, said="yes\n")
    assert ran.returncode == 1 and "ANOTHER KEY THAN BEFORE" in ran.stderr, ran

print("ok")
sys.stdout.flush()
# The servers' threads may still wait for a connection to close.
os._exit(0)
