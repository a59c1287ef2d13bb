#!/bin/sh
# sh run.sh PYTHON ARGUMENTS...: runs Python, if the virtual environment could be made.
if ! [ -x "$1" ]; then
    echo "skipped: $1 is not there"
    exit 77
fi
exec "$@"
