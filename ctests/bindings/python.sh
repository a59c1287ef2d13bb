#!/bin/sh
# sh python.sh install PACKAGE LIBRARY FOLDER    builds the wheels, and installs each into FOLDER/python-KIND
# sh python.sh types PACKAGE FOLDER              checks the types, strictly
set -eu

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "skipped: python3 has no venv (Debian: python3-venv)"
    exit 77
fi
case $1 in
install)
    package=$2 library=$3 folder=$4
    wheels="$folder/wheels"
    rm -rf "$wheels"
    python3 "$package/wheels.py" "$library" "$wheels"
    for kind in abi3 none; do
        [ -x "$folder/python-$kind/bin/python" ] || python3 -m venv "$folder/python-$kind"
        "$folder/python-$kind/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --force-reinstall \
            "$wheels"/*-"$kind"-*.whl
    done
    ;;
types)
    package=$2 folder=$3
    python="$folder/python-abi3/bin/python"
    "$python" -m pip install --quiet --disable-pip-version-check mypy==1.18.2
    cd "$package/src"
    "$python" -m mypy --strict --cache-dir="$folder/mypy" --package hostws
    ;;
esac
