#!/bin/sh
# Installs packages into a folder of the build tree, once for each state of the list that names them:
#   sh install.sh venv requirements.txt FOLDER    with pip, into a virtual environment
#   sh install.sh npm package.json FOLDER         with npm, exactly what package-lock.json beside it says
set -eu

. "$(dirname "$0")/../needs.sh"

kind=$1
list=$2
folder=$3
installed="$folder/installed"
case $kind in
venv)
    needs python3
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo "skipped: python3 has no venv (Debian: python3-venv)"
        exit 77
    fi
    if cmp -s "$list" "$installed" && "$folder/bin/python" -c ''; then
        exit 0
    fi
    python3 -m venv --clear "$folder"
    again "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$list"
    ;;
npm)
    needs node npm
    lock="$(dirname "$list")/package-lock.json"
    if cmp -s "$lock" "$installed"; then
        exit 0
    fi
    mkdir -p "$folder"
    cp "$list" "$lock" "$folder"
    chmod u+w "$folder/package.json" "$folder/package-lock.json"
    again npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error
    list=$lock
    ;;
esac
cp "$list" "$installed"
chmod u+w "$installed"
