# Servers that want to be told a port. To be sourced by a script in a folder beside this one:
#
#   port=$(python3 "$servers")    a free port
#   answers http                  after the server was started as $pid

servers=$(dirname "$0")/../support/servers.py

# answers QUESTION: waits until the server answers to it at $port; fails if the server ends.
answers() {
    tries=200
    until python3 "$servers" "$1" "$port"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.1
    done
}
