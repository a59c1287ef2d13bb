"""The programs and commands of README.md, as they are printed there, and the pieces of C in the guide.

python3 run.py c CC LIBRARY_DIR INCLUDE_DIR     compiles the C blocks without a warning, and runs the program of the README
python3 run.py python LIBRARY_DIR               runs the Python program, and interrupts it
python3 run.py options                          looks for the options of CMake
python3 run.py pkg-config LIBRARY_DIR PROGRAM   runs the lines of the table that begin with cc
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
GUIDE = sorted((ROOT / "docs/guide").glob("*.md"))
FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2"]


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def loading(library_dir):
    return dict(os.environ, LD_LIBRARY_PATH=library_dir, PYTHONUNBUFFERED="1")


def whole(block):
    """A fragment as a program: paragraphs of definitions, and statements in a function."""
    paragraphs = block.split("\n\n")
    outside = [p for p in paragraphs if p.startswith(("static", "#"))]
    inside = [p for p in paragraphs if p not in outside]
    return "\n".join([
        *(f"#include <{header}.h>" for header in ["hostws", "errno", "signal", "stdlib", "unistd"]), *outside,
        "int main(int argc, char **argv) {", "const char *url = argv[argc - 1];",
        "ws_handler handler = {.struct_size = sizeof handler};", "(void)url, (void)handler;",
        *inside, "signal(SIGINT, on_interrupt);" if "on_interrupt" in block else "", "return 0;", "}"
    ])


def check_c(cc, library_dir, include_dir):
    programs = 0
    for number, block in enumerate(blocks("c")):
        is_program = "int main(" in block
        source = Path(f"block{number}.c")
        source.write_text(block if is_program else whole(block))
        program = f"./block{number}"
        subprocess.run([cc, *FLAGS, f"-I{include_dir}", source, "-o", program, f"-L{library_dir}", "-lhostws"], check=True)
        if is_program:
            programs += 1
            url = os.environ["HOSTWS_WS"] + "/echo"
            told = subprocess.run([program, url], env=loading(library_dir), capture_output=True, timeout=60, check=True)
            assert (told.stdout, told.stderr) == (b"hello\n", b""), told
            url = os.environ["HOSTWS_NOBODY"]
            told = subprocess.run([program, url], env=loading(library_dir), capture_output=True, timeout=60, check=True)
            assert b"tcp: could not connect to 127.0.0.1" in told.stderr, told
    assert programs == 1
    fragments = [block for page in GUIDE for block in blocks("c", page.read_text())]
    assert fragments
    for block in fragments:
        Path("fragment.c").write_text(whole(block))
        command = [cc, *FLAGS, "-Wno-unused", f"-I{include_dir}", "-fsyntax-only", "fragment.c"]
        subprocess.run(command, check=True)


def check_python(library_dir):
    [block] = blocks("python")
    Path("block.py").write_text(block)
    command = [sys.executable, "block.py"]
    # It ends by itself with its connection.
    told = subprocess.run([*command, os.environ["HOSTWS_NOBODY"]], env=loading(library_dir), capture_output=True,
                          timeout=60, check=True)
    assert told.stderr == b"" and re.fullmatch(rb"error \[.*refused.*\]\nterminate \n", told.stdout), told
    told = subprocess.run([*command, "nowhere"], env=loading(library_dir), capture_output=True, timeout=60)
    assert told.returncode == 1 and b"URL" in told.stderr, told
    # A message that is larger than its buffer, and Ctrl-C.
    url = os.environ["HOSTWS_WS"] + "/flood?n=2&size=9000"
    with subprocess.Popen([*command, url], env=loading(library_dir), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as running:
        lines = [running.stdout.readline() for _ in range(3)]
        assert lines[0] == b"open \n", lines[0]
        assert [len(line) for line in lines[1:]] == [len(b"message ") + 9000 + 1] * 2, lines
        said = interrupted(running)
    assert running.returncode == -signal.SIGINT and b"KeyboardInterrupt" in said, (running.returncode, said)


def interrupted(running):
    """What it says of Ctrl-C. One that comes after the interpreter's last look and before poll(2) does not end the wait."""
    for _ in range(12):
        running.send_signal(signal.SIGINT)
        try:
            return running.communicate(timeout=5)[1]
        except subprocess.TimeoutExpired:
            pass
    running.kill()
    raise AssertionError("Ctrl-C does not end it")


def check_options():
    """Every option of CMake is in the table."""
    files = (path.read_text() for path in sorted((ROOT / "cmake").glob("*.cmake")))
    found = re.findall(r"option\((\w+)|set\((\w+) [^()]*\bCACHE\b", "\n".join(files))
    options = {first or second for first, second in found if not (first or second).startswith("CMAKE_")}
    assert len(options) >= 6, options
    missing = sorted(name for name in options if f"| `{name}" not in README)
    assert not missing, missing


def check_pkg_config(library_dir, program):
    commands = re.findall(r"`(cc app\.c [^`]*)`", README)
    assert len(commands) == 2, commands
    Path("app.c").write_bytes(Path(program).read_bytes())
    environment = dict(loading(library_dir), PKG_CONFIG_PATH=library_dir + "/pkgconfig")
    for command in commands:
        subprocess.run(["sh", "-e", "-c", command], env=environment, check=True)
        is_static = "-Bstatic" in command
        # What is linked statically runs where there is no shared library.
        subprocess.run(["./a.out"], env=os.environ if is_static else environment, check=True, timeout=60)


check = {"c": check_c, "options": check_options, "python": check_python, "pkg-config": check_pkg_config}[sys.argv[1]]
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    check(*sys.argv[2:])
