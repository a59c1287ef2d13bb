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

. "$(dirname "$0")/server.sh"

ca=
question=http
if [ "$scheme" = wss ]; then
    need openssl # or there is no certificate
    ca=@$folder/cert.pem
    question=tls
fi

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
    # It wants to be told a port, which somebody may take first.
    for _ in 1 2 3; do
        port=$(python3 "$servers")
        start timeout -k 1 100 websocketd --address=127.0.0.1 --port="$port" \
            ${ca:+--ssl --sslcert="$folder/cert.pem" --sslkey="$folder/key.pem"} cat
        ! answers "$question" || break
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
