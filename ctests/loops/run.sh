#!/bin/sh
# sh run.sh COMMAND [ARGUMENTS]: runs an example, with the test server's echo in place of the argument URL. It must get
# what it sent, see the connection end with 1000, and end by itself.
set -eu

command -v "$1" >/dev/null || { echo "skipped: $1 is not installed"; exit 77; }
program=$1
shift
count=$#
for argument in "$@"; do
    [ "$argument" != URL ] || argument="$HOSTWS_WS/echo"
    set -- "$@" "$argument"
done
shift "$count"

output=$(timeout 60 "$program" "$@" </dev/null)
printf '%s\n' "$output"
case $output in
*hello*"closed: 1000"*) ;;
*) echo "that is not what it should print" >&2; exit 1 ;;
esac
