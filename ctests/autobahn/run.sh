#!/bin/sh
# Autobahn|Testsuite, the conformance suite for WebSocket, judges the library:
#
#   sh run.sh [OPTIONS] FOLDER [TESTEE...]
#
#   FOLDER             in the build tree: gets the reports, and the server if it has to be installed
#   TESTEE             the client, with an emulator before it if need be; FOLDER/hostws_testee if none is named
#   --deflate on|off   only with or only without permessage-deflate; otherwise both, one after the other
#   --all              all 517 cases, which takes ten minutes of two cores; otherwise those of the protocol
#                      without permessage-deflate, and of the others some with it
#   --cases LIST       these alone, such as "1.*,12.1.3"; how patterns match is told in server.py
#   --exclude LIST     not these
#   --servers N        processes of the server among which the cases are divided: its CPU takes the time; 2
#   --parallel N       cases at a time on each; 1
#   --port N           of the first server, the others follow; otherwise any that are free
#
# By hand, from a clone that CMake has built:
#
#   sh ctests/autobahn/run.sh --all build/release/ctests/autobahn
#
# The exit status is 1 if a case failed, closed wrongly, was passed less than strictly ("NON-STRICT") or is not
# implemented, 77 if the suite cannot be had here (install.sh tells where it looks), and 0 if all is well.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

usage() {
    sed -n '/^#   sh run.sh/,/^# By hand/{/^# By hand/d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
}

modes='off on'
cases=
exclude=
all=
servers=2
parallel=1
port=0
while [ $# -gt 0 ]; do
    case $1 in
    --all)
        all=yes
        shift
        continue
        ;;
    --*) [ $# -ge 2 ] || usage ;;
    *) break ;;
    esac
    case $1 in
    --deflate)
        [ "$2" = on ] || [ "$2" = off ] || usage
        modes=$2
        ;;
    --cases) cases=$2 ;;
    --exclude) exclude=$2 ;;
    --servers) servers=$2 ;;
    --parallel) parallel=$2 ;;
    --port) port=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[ $# -ge 1 ] || usage
folder=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- "$folder/hostws_testee"

# ---- servers ----

python=$(sh "$here/install.sh" "$folder")

scratch=$(mktemp -d)
pids=
end_servers() {
    exec 9>&-
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    pids=
}
trap 'end_servers; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
mkfifo "$scratch/stdin"

# start_servers REPORTS CASES EXCLUDE: sets `urls` and `count`, how many cases there are. Each server has a stdin that
# closes when this script ends, however that happens, and which then ends it.
start_servers() {
    rm -rf "$1"
    n=1
    while [ "$n" -le "$servers" ]; do
        mkdir -p "$1/$n"
        [ "$port" -eq 0 ] || port=$((port + (n > 1)))
        "$python" -u "$here/server.py" "$1/$n" "$port" "$2" "$3" >"$1/$n/log" 2>&1 <"$scratch/stdin" &
        pids="$pids $!"
        n=$((n + 1))
    done
    exec 9>"$scratch/stdin"
    urls=
    n=1
    for pid in $pids; do
        tries=300
        until grep -q '^port ' "$1/$n/log" 2>/dev/null; do
            tries=$((tries - 1))
            if [ "$tries" -eq 0 ] || ! kill -0 "$pid" 2>/dev/null; then
                echo "The server does not start:" >&2
                cat "$1/$n/log" >&2
                exit 1
            fi
            sleep 0.1
        done
        urls="$urls ws://127.0.0.1:$(sed -n 's/^port //p' "$1/$n/log")"
        n=$((n + 1))
    done
    count=$(sed -n 's/.*will run \([0-9]*\) test cases.*/\1/p' "$1/1/log")
    [ "$count" -gt 0 ] || {
        echo "There is no such case." >&2
        exit 1
    }
}

# ---- runs ----

basic='1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.*,10.*' # there is no 8, and no 11
# Each way to compress with messages of up to 1 KiB. The server declines compression in all other cases.
compressed='12.*.[1-4]$,13.*.[1-4]$'
status=0
first_port=$port
for mode in $modes; do
    chosen=$cases
    if [ -z "$chosen" ] && [ -n "$all" ]; then
        chosen='*'
    elif [ -z "$chosen" ] && [ "$mode" = on ]; then
        chosen=$compressed
    elif [ -z "$chosen" ]; then
        chosen=$basic
    fi
    port=$first_port
    reports=$folder/reports-deflate-$mode
    start_servers "$reports" "$chosen" "$exclude"
    echo "permessage-deflate $mode:"
    # Each URL is an argument.
    # shellcheck disable=SC2086
    "$@" hostws $([ "$mode" = off ] || echo --deflate) --parallel "$parallel" $urls 9>&- || status=1
    end_servers
    "$python" "$here/summary.py" "$count" "$mode" "$reports"/*/ || status=1
done
[ "$status" -eq 0 ] || echo "The reports are in $folder/reports-deflate-*."
exit "$status"
