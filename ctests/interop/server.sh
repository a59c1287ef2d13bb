# What the scripts here share that start a server: to be read with `.`, with $server set. The server ends with the
# script.

need() {
    if ! command -v "$1" >/dev/null && ! [ -e "$1" ]; then
        echo "skipped: $1 is not installed"
        exit 77
    fi
}

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
    tries=200
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

. "$(dirname "$0")/../support/servers.sh"

failed() {
    echo "$server does not start:" >&2
    cat "$scratch/log" >&2
    exit 1
}
