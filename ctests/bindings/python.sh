#!/bin/sh
# sh python.sh install PACKAGE LIBRARY FOLDER            builds the wheels, and installs each into FOLDER/python-KIND
# sh python.sh with INTERPRETER KIND PACKAGE FOLDER      installs that wheel for another interpreter, and runs its tests
# sh python.sh bench BINDINGS FOLDER                     runs the benchmark for a moment
# sh python.sh types PACKAGE FOLDER                      checks the types, strictly
# sh python.sh trio PACKAGE FOLDER                       runs the tests with trio and anyio
set -eu
. "$(dirname "$0")/../needs.sh"

here=$(cd "$(dirname "$0")" && pwd)
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "skipped: python3 has no venv (Debian: python3-venv)"
    exit 77
fi

fetch() {
    again "$python" -m pip install --quiet --disable-pip-version-check --constraint "$here/python/constraints.txt" "$@"
}

case $1 in
install)
    package=$2 library=$3 folder=$4
    wheels="$folder/wheels"
    rm -rf "$wheels"
    # By the environment, because pip makes another one to build in; its value is divided at blanks, as a path may not be.
    (
        cd "$here/python"
        export PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt
        again python3 "$package/wheels.py" "$library" "$wheels"
    )
    python3 "$(dirname "$0")/licences.py" "$library" "$wheels"/*.whl
    for kind in abi3 none; do
        python="$folder/python-$kind/bin/python"
        # One that was interrupted may have no pip.
        "$python" -m pip --version >/dev/null 2>&1 || python3 -m venv --clear "$folder/python-$kind"
        "$python" -m pip install --quiet --disable-pip-version-check --no-index --force-reinstall \
            "$wheels"/*-"$kind"-*.whl
    done
    ;;
with)
    interpreter=$2 kind=$3 package=$4 folder=$5
    environment="$folder/$(basename "$interpreter")"
    [ -x "$environment/bin/python" ] || "$interpreter" -m venv --without-pip "$environment"
    # The other interpreter may have no pip of its own.
    "$folder/python-abi3/bin/python" -m pip --python "$environment/bin/python" install --quiet --disable-pip-version-check \
        --no-index --force-reinstall "$folder"/wheels/*-"$kind"-*.whl
    exec sh "$(dirname "$0")/../ffi/run.sh" "$environment/bin/python" "$package/tests/test_hostws.py"
    ;;
bench)
    bindings=$2 folder=$3
    python3 "$bindings/bench.py" --quick --work "$folder/bench" --python "$folder"/wheels/*-abi3-*.whl
    ;;
types)
    package=$2 folder=$3
    python="$folder/python-abi3/bin/python"
    fetch mypy==1.18.2 trio==0.35.0
    cd "$package/src"
    "$python" -m mypy --strict --cache-dir="$folder/mypy" --package hostws
    # A program over the wheel.
    cd "$folder"
    "$python" -m mypy --strict --cache-dir="$folder/mypy" "$package/tests/typed.py"
    ;;
trio)
    package=$2 folder=$3
    python="$folder/python-abi3/bin/python"
    fetch trio==0.35.0 anyio==4.16.0
    exec sh "$(dirname "$0")/../ffi/run.sh" "$python" "$package/tests/test_trio.py"
    ;;
esac
