#!/bin/sh
# Prints the Python 2.7 that has Autobahn|Testsuite, which runs on no other:
#
#   sh install.sh FOLDER
#
# That of $WSTEST, the suite's program `wstest`, or of the wstest in PATH; or else it is installed with pip, with what
# requirements.txt names, into FOLDER/venv, once for each state of that list. If it cannot be had here, stderr says what
# is missing, and the exit status is 77.
set -eu

folder=$1
list="$(dirname "$0")/requirements.txt"
log="$folder/install.log"

skip() {
    echo "skipped: $*" >&2
    exit 77
}

found() {
    echo "$1"
    exit 0
}

has_suite() {
    "$1" -c 'import autobahntestsuite' >"$log" 2>&1
}

# A program that pip has made names its Python in its first line, or if that would be too long in the second.
python_of() {
    sed -n -e '1s|^#!.*/env *\(python[0-9.]*\)$|\1|p' -e '1s|^#! *\(/[^ ]*python[0-9.]*\)$|\1|p' \
        -e "2s|^'''exec' \"*\\(/[^\"]*python[0-9.]*\\)\"* .*|\\1|p" "$1" 2>/dev/null || true
}

# ---- one that is there ----

if [ -n "${WSTEST:-}" ]; then
    python=$(python_of "$WSTEST")
    if [ -n "$python" ] && has_suite "$python"; then
        found "$python"
    fi
    skip "\$WSTEST, $WSTEST, is no program of a Python that has autobahntestsuite"
fi
wstest=$(command -v wstest || true)
if [ -n "$wstest" ]; then
    python=$(python_of "$wstest")
    if [ -n "$python" ] && has_suite "$python"; then
        found "$python"
    fi
fi
if cmp -s "$list" "$folder/venv/installed" && has_suite "$folder/venv/bin/python"; then
    found "$folder/venv/bin/python"
fi

# ---- a new one ----

# A python2.7 in PATH may be a mere stub of pyenv's, so each is tried.
find_python() {
    for python in "$(command -v python2.7 || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7.*/bin/python2.7; do
        if [ -n "$python" ] && "$python" -c 'import ctypes, ssl, zlib' 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

find_python || skip "there is no wstest, and no python2.7 to install it for (pyenv has one)"
python3 -c 'import ensurepip, venv' 2>/dev/null || skip "python3 has no venv (Debian: python3-venv)"
command -v cc >/dev/null || skip "there is no C compiler for the packages of Python 2.7"

install() {
    # The last virtualenv that makes environments of Python 2.7; it brings the pip for them.
    python3 -m venv --clear "$folder/virtualenv" &&
        "$folder/virtualenv/bin/python" -m pip install --disable-pip-version-check virtualenv==20.21.1 &&
        rm -rf "$folder/venv" &&
        "$folder/virtualenv/bin/virtualenv" --app-data "$folder/virtualenv/data" --python "$python" "$folder/venv" &&
        # Twisted's setup.py needs this one, and would fetch one that is too new.
        "$folder/venv/bin/python" -m pip install --disable-pip-version-check "$(grep '^incremental==' "$list")" &&
        "$folder/venv/bin/python" -m pip install --disable-pip-version-check --requirement "$list"
}

install >"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    skip "autobahntestsuite could not be installed for $python"
}
cp "$list" "$folder/venv/installed"
chmod u+w "$folder/venv/installed"
found "$folder/venv/bin/python"
