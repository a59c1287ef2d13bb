"""Other clients, for run.py --peers: builds what can be built here, and tells what cannot and why."""

import os
import pathlib
import shutil
import subprocess
import sys
from collections import namedtuple

HERE = pathlib.Path(__file__).resolve().parent / "peers"
RUST = [
    "fastwebsockets",
    "sockudo-ws",
    "sockudo-ws-uring",
    "tokio-websockets",
    "tungstenite",
    "web-socket",
    "wtx",
    "yawc",
]
NPM_WS = "ws@8.18.3"
PYTHON_WEBSOCKETS = "websockets==15.0.1"
PATIENCE_S = 1200
OPTIMIZED = ["-O2", "-Wall", "-Wextra", f"-I{HERE.parent}"]

# What it is called in the table, how it is run, and what that needs in the environment.
Peer = namedtuple("Peer", "name command environment")


class NotBuilt(Exception):
    pass


def build(names, folder, gaps):
    """Those of the peers that could be built, in `folder`. `gaps` gets the others, and why."""
    folder = folder.resolve()  # cargo runs elsewhere
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(f"building {name}", file=sys.stderr, flush=True)
        try:
            yield OTHERS.get(name, rust)(folder, name)
        except NotBuilt as error:
            gaps[name, f"cannot be built here: {error}"] = {}


def run(*command, **options):
    """Its output; the last lines of it are the reason if it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S, **options
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(error) from None
    if done.returncode:
        raise NotBuilt(f"{' '.join(words[:3])} ..\n" + "\n".join(done.stdout.splitlines()[-8:]))
    return done.stdout


def rust(folder, name):
    target = folder / "cargo"
    options = ["--locked", "--release", "--features", name, "--target-dir", target]
    run(os.environ.get("CARGO", "cargo"), "build", *options, cwd=HERE / "rust")
    shutil.copy2(target / "release/peer", folder / name)
    return Peer(name, [folder / name], {})


def beast(folder, name):
    run(os.environ.get("CC", "cc"), *OPTIMIZED, "-c", HERE.parent / "bench.c", "-o", folder / "bench.o")
    sources = [HERE / "beast.cpp", folder / "bench.o", "-o", folder / name]
    run(os.environ.get("CXX", "c++"), "-std=c++17", *OPTIMIZED, *sources, "-lssl", "-lcrypto", "-pthread")
    return Peer(name, [folder / name], {})


def libwebsockets(folder, name):
    flags = run("pkg-config", "--cflags", "--libs", "libwebsockets").split()
    sources = [HERE / "libwebsockets.c", HERE.parent / "bench.c", "-o", folder / name]
    run(os.environ.get("CC", "cc"), *OPTIMIZED, *sources, *flags)
    return Peer(name, [folder / name], {})


def npm_ws(folder, name):
    modules = folder / "node"
    if not (modules / "node_modules/ws").exists():
        modules.mkdir(exist_ok=True)
        run("npm", "install", "--prefix", modules, "--no-save", "--no-audit", "--no-fund", NPM_WS)
    return Peer(name, ["node", HERE / "ws.mjs"], {"HOSTWS_BENCH_NODE": str(modules)})


def python_websockets(folder, name):
    modules = folder / "python"
    if not (modules / "websockets").exists():
        run(sys.executable, "-m", "pip", "install", "--quiet", "--target", modules, PYTHON_WEBSOCKETS)
    return Peer(name, [sys.executable, HERE / "websockets_asyncio.py"], {"PYTHONPATH": str(modules)})


OTHERS = {"beast": beast, "libwebsockets": libwebsockets, "ws": npm_ws, "websockets": python_websockets}
NAMES = sorted([*RUST, *OTHERS])
