#!/bin/sh
# permessage-deflate with a server that nobody here wrote, in each way that the two can agree on:
#
#   sh deflate.sh [--count N] SERVER GROUP FOLDER CLIENT...
#
#   SERVER   websockets, ws or libwebsockets
#   GROUP    takeover   each side may keep what it knows of the messages before (context takeover), or may not
#            asked      the client asks for windows of 9 to 15 bits
#            demanded   the server wants no context takeover, or smaller windows, without being asked
#   FOLDER   the build tree's, with venv/, npm/ and echo_server_lws
#   CLIENT   hostws_echo_client, with an emulator before it if need be
#   --count  how many messages each time, besides those of every size; 1500
#
# The client compares each message that comes back, and what was agreed with the list below; what the server says was
# agreed must be the same. A long run, by hand:
#
#   folder=build/release/ctests/interop
#   for server in websockets ws libwebsockets; do
#       sh ctests/interop/deflate.sh --count 100000 $server takeover $folder $folder/hostws_echo_client
#   done
set -eu

count=1500
if [ "$1" = --count ]; then
    count=$2
    shift 2
fi
server=$1
group=$2
folder=$3
shift 3

. "$(dirname "$0")/server.sh"

# A line for each connection: what the server insists on | what the client asks for | what they must agree on
connections() {
    server_alone=server_no_context_takeover
    client_alone=client_no_context_takeover
    server_bits=server_max_window_bits
    client_bits=client_max_window_bits
    case $group in
    takeover)
        for asked in '' $client_alone "$server_alone; $client_alone"; do
            echo "|$asked|$asked"
        done
        # libwebsockets 4.1 takes server_no_context_takeover for the client's, and forgets what the client goes on to
        # refer to. Of windows it takes no notice; the client's own may be smaller nevertheless.
        if [ "$server" = libwebsockets ]; then
            echo "|$client_bits=9|"
        else
            echo "|$server_alone|$server_alone"
            echo "off||off"
        fi
        ;;
    asked)
        for bits in 9 10 11 12 13 14 15; do
            asked="$server_bits=$bits; $client_bits=$((24 - bits))"
            echo "|$asked|$asked"
        done
        asked="$server_alone; $client_alone; $server_bits=9; $client_bits=9"
        echo "|$asked|$asked"
        ;;
    demanded)
        for demanded in $server_alone $client_alone "$server_alone; $client_alone; $server_bits=9; $client_bits=9"; do
            echo "$demanded||$demanded"
        done
        for bits in 9 11 13 15; do
            demanded="$server_bits=$bits; $client_bits=$((24 - bits))"
            echo "$demanded||$demanded"
        done
        ;;
    *)
        echo "no such group: $group" >&2
        exit 1
        ;;
    esac
}
connections >"$scratch/connections"

# start_each COMMAND...: a server that listens on a port for each connection.
start_each() {
    while IFS='|' read -r demanded _; do
        set -- "$@" --deflate "$demanded"
    done <"$scratch/connections"
    start "$@"
}

mode=all
case $server in
websockets)
    need "$folder/venv/bin/python"
    start_each "$folder/venv/bin/python" "$(dirname "$0")/echo_server.py"
    ;;
ws)
    need node
    need "$folder/npm/installed"
    start_each node "$folder/npm/echo_server.mjs"
    ;;
libwebsockets)
    if ! [ -e "$folder/echo_server_lws" ]; then
        echo "skipped: libwebsockets is not installed (Debian: libwebsockets-dev)"
        exit 77
    fi
    start "$folder/echo_server_lws"
    mode=filled
    ;;
*)
    echo "no such server: $server" >&2
    exit 1
    ;;
esac
wanted=$(wc -l <"$scratch/connections")
[ "$server" != libwebsockets ] || wanted=1
tries=200
until [ "$(grep -c '^port ' "$scratch/log")" -eq "$wanted" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null || failed
    sleep 0.1
done

n=0
while IFS='|' read -r demanded asked agreed; do
    n=$((n + 1))
    # The nth port, or the only one.
    port=$(sed -n 's/^port //p' "$scratch/log" | head -n "$n" | tail -n 1)
    echo "demanded: ${demanded:-nothing}, asked: ${asked:-nothing}"
    "$@" --deflate "$asked" --expect "$agreed" --count "$count" "$mode" "ws://127.0.0.1:$port/" \
        >"$scratch/client" 9>&- </dev/null || {
        sed -n '/^port /!p' "$scratch/log" >&2
        exit 1
    }
    cat "$scratch/client"
    there=$(sed -n '/^deflate /p' "$scratch/log" | sed -n "${n}p")
    if [ "$(head -n 1 "$scratch/client")" != "$there" ]; then
        echo "the server says: $there" >&2
        exit 1
    fi
done <"$scratch/connections"
