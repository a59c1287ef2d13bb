"""A server whose authority only the system's store knows: run.py LAYOUT CLIENT...

    LAYOUT  how a system keeps the certificates of authorities: a key of LAYOUTS below
    CLIENT  hostws_tls_client, perhaps behind an emulator

It needs root or user namespaces. Exit status 77: they are not to be had.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LAYOUT, CLIENT = sys.argv[1], sys.argv[2:]
INSIDE = "HOSTWS_TEST_NAMESPACE"
PATIENCE = 60
# The file that holds the authority, and what the client says.
LAYOUTS = {
    "debian": ("/etc/ssl/certs/ca-certificates.crt", "message echoed"),
    "red_hat": ("/etc/pki/tls/certs/ca-bundle.crt", "message echoed"),
    "alpine": ("/etc/ssl/cert.pem", "message echoed"),
    "variable": ("/etc/elsewhere.pem", "message echoed"),
    "other": ("/etc/ssl/certs/ca-certificates.crt", "does not trust"),
    "none": (None, "no certificates of authorities"),
}
# What the system still needs of /etc.
KEPT = ["hosts", "nsswitch.conf", "passwd", "resolv.conf"]


def enter_namespace():
    """Runs this script anew in a mount namespace."""
    os.environ[INSIDE] = "1"
    for user in [], ["--user", "--map-root-user"]:
        unshare = ["unshare", "--mount", *user]
        if shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True).returncode == 0:
            os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])
    print("skipped: no mount namespace can be made")
    sys.exit(77)


def empty_etc():
    with tempfile.TemporaryDirectory() as kept:
        for name in KEPT:
            if os.path.exists(f"/etc/{name}"):
                shutil.copyfile(f"/etc/{name}", f"{kept}/{name}")
        subprocess.run(["mount", "-t", "tmpfs", "none", "/etc"], check=True)
        for name in os.listdir(kept):
            shutil.copyfile(f"{kept}/{name}", f"/etc/{name}")


def main():
    if INSIDE not in os.environ:
        enter_namespace()
    file, expected = LAYOUTS[LAYOUT]
    for name in "SSL_CERT_FILE", "SSL_CERT_DIR":
        os.environ.pop(name, None)
    # The folders' names may be links that lead out of /etc, as Debian's /usr/lib/ssl is one that leads in.
    peer = subprocess.Popen([os.environ["HOSTWS_TEST_PEER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    said = dict(line.split(maxsplit=1) for line in iter(peer.stdout.readline, "ready\n"))
    port, authority = said["wss"].split()
    authority = Path(authority).read_text()
    empty_etc()
    if LAYOUT == "variable":
        os.environ["SSL_CERT_FILE"] = file
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        port = said["wss-otherca"].strip() if LAYOUT == "other" else port
        Path(file).write_text(authority)
    done = subprocess.run([*CLIENT, f"wss://localhost:{port}/echo", "{}"], capture_output=True, text=True, timeout=PATIENCE)
    peer.stdin.close()
    peer.wait(PATIENCE)
    print(done.stdout, done.stderr)
    sys.exit(done.returncode or expected not in done.stdout)


main()
