#!/bin/sh
# sh autobahn.sh SUITE FOLDER [--OPTION [VALUE]]... -- DRIVER...
#
# Autobahn|Testsuite judges a binding, by its driver. SUITE is the folder into which the suite is installed if it is not here, FOLDER
# gets the reports; the options are those of ../autobahn/run.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
suite=$1
folder=$2
shift 2
mkdir -p "$suite" "$folder"
python=$(sh "$here/../autobahn/install.sh" "$suite")

# run.sh wants the folder behind its options, and the client behind that.
count=$#
while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    count=$((count - 1))
    if [ "$argument" = -- ]; then
        set -- "$@" "$folder" python3 "$here/../../bindings/conformance/autobahn.py"
    else
        set -- "$@" "$argument"
    fi
done
WSTEST=$(dirname "$python")/wstest
export WSTEST
exec sh "$here/../autobahn/run.sh" "$@" --
