#!/bin/sh
# Starts a server that nobody here wrote, runs the echo client against it, and ends the server:
#   sh run.sh SERVER SCHEME FOLDER CLIENT...
#     SERVER  websockets, ws, libwebsockets or websocketd
#     SCHEME  ws or wss
#     FOLDER  the build tree's, with venv/, npm/, cert.pem and key.pem
set -eu

server=$1
scheme=$2
folder=$3
shift 3

need() {
    if ! command -v "$1" >/dev/null && ! [ -e "$1" ]; then
        echo "skipped: $1 is not installed"
        exit 77
    fi
}

ca=
if [ "$scheme" = wss ]; then
    need openssl # or there is no certificate
    ca=@$folder/cert.pem
fi

scratch=$(mktemp -d)
pid=
end_server() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
    pid=
}
trap 'end_server; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

# start COMMAND...: with a stdin that closes when this script ends, however that happens. A server that would not
# notice is put under `timeout`.
mkfifo "$scratch/stdin"
start() {
    "$@" >"$scratch/log" 2>&1 <"$scratch/stdin" &
    pid=$!
    exec 9>"$scratch/stdin"
}

# port_after WORDS: waits until the server's log says WORDS and a number, and sets `port`; fails if the server ends.
port_after() {
    tries=100
    port=
    while [ "$tries" -gt 0 ]; do
        port=$(sed -n "s|.*$1\([0-9][0-9]*\).*|\1|p" "$scratch/log" | head -n 1)
        [ -z "$port" ] || return 0
        kill -0 "$pid" 2>/dev/null || break
        tries=$((tries - 1))
        sleep 0.1
    done
    return 1
}

failed() {
    echo "$server does not start:" >&2
    cat "$scratch/log" >&2
    exit 1
}

case $server in
websockets)
    need "$folder/venv/bin/python"
    start "$folder/venv/bin/python" "$(dirname "$0")/echo_server.py" ${ca:+"$folder/cert.pem" "$folder/key.pem"}
    port_after 'port ' || failed
    mode=all
    ;;
ws)
    need node
    need "$folder/npm/installed"
    start node "$folder/npm/echo_server.mjs" ${ca:+"$folder/cert.pem" "$folder/key.pem"}
    port_after 'port ' || failed
    mode=all
    ;;
libwebsockets)
    need libwebsockets-test-server
    # Port 0 is any; only the debug log (16) tells which.
    start timeout -k 1 100 libwebsockets-test-server --port=0 --interface=lo -d 23 \
        ${ca:+--ssl --ssl-cert="$folder/cert.pem" --ssl-key="$folder/key.pem"}
    port_after 'lws_socket_bind says ' || failed
    mode=mirror
    ;;
websocketd)
    need websocketd
    # It wants to be told a port, which may be taken.
    for try in 1 2 3; do
        start timeout -k 1 100 websocketd --address=127.0.0.1 --port=$((20000 + ($$ * 3 + try) % 12000)) \
            ${ca:+--ssl --sslcert="$folder/cert.pem" --sslkey="$folder/key.pem"} cat
        if port_after 'Starting WebSocket server *: wss*://127.0.0.1:'; then
            sleep 1 # it says so just before it listens
            ! kill -0 "$pid" 2>/dev/null || break
        fi
        end_server
    done
    [ -n "$pid" ] || failed
    mode=text
    ;;
*)
    echo "no such server: $server" >&2
    exit 1
    ;;
esac

"$@" "$mode" "$scheme://127.0.0.1:$port/" ${ca:+"$ca"} 9>&-
