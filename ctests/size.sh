#!/bin/sh
# size.sh STRIP LIBRARY LIMIT: the stripped library has at most LIMIT bytes. It is part of every download of whoever
# ships it.
set -eu
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
"$1" -o "$stripped" "$2"
size=$(wc -c <"$stripped")
echo "$size bytes stripped, at most $3"
[ "$size" -le "$3" ]
