#!/bin/sh
# sh run.sh INTERPRETER PROGRAM [PACKAGES [ARGUMENTS]]: runs a program beside the test server HOSTWS_TEST_PEER, and tells it
#   HOSTWS_WS      the server's ws:// address, without a path
#   HOSTWS_NOBODY  an address where nothing listens
# PACKAGES is a folder that install.sh has made, or -.
set -eu

: "${HOSTWS_TEST_PEER:?does not name the test server}"
if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed"
    exit 77
fi
if [ "${3:--}" != - ] && ! [ -e "$3/installed" ]; then
    echo "skipped: nothing is installed in $3"
    exit 77
fi

folder=$(mktemp -d)
peer=
finish() {
    exec 9>&-
    if [ -n "$peer" ]; then
        (sleep 5 && kill "$peer") >/dev/null 2>&1 &
        wait "$peer" || true
        kill "$!" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

# The server ends when its stdin closes: when this script ends, however that happens.
mkfifo "$folder/stdin"
"$HOSTWS_TEST_PEER" >"$folder/ports" <"$folder/stdin" &
peer=$!
exec 9>"$folder/stdin"

tries=200
until grep -q '^ready' "$folder/ports"; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || ! kill -0 "$peer" 2>/dev/null; then
        echo "the test server does not start: $HOSTWS_TEST_PEER" >&2
        exit 1
    fi
    sleep 0.1
done
HOSTWS_WS="ws://127.0.0.1:$(sed -n 's/^ws \([0-9]*\).*/\1/p' "$folder/ports")"
HOSTWS_NOBODY="ws://127.0.0.1:$(sed -n 's/^closed \([0-9]*\).*/\1/p' "$folder/ports")"
export HOSTWS_WS HOSTWS_NOBODY

interpreter=$1
program=$2
shift "$(($# > 3 ? 3 : $#))"
"$interpreter" "$program" "$@" 9>&-
