#!/bin/sh
# Starts TLS servers that nobody here wrote, has the client connect, and looks at what both sides tell:
#   sh run.sh SUBJECT FOLDER CLIENT...
#     FOLDER  the build tree's, with what certificates.sh has made
set -eu

subject=$1
folder=$2
shift 2

need() {
    if ! command -v "$1" >/dev/null; then
        echo "skipped: $1 is not installed"
        exit 77
    fi
}
need openssl
# These may lie where only root looks.
PATH="$PATH:/usr/sbin:/sbin"

scratch=$(mktemp -d)
: >"$scratch/log"
pid=
peer=
end_server() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
    pid=
}
finish() {
    end_server
    # The test server ends with its stdin.
    exec 9>&-
    [ -z "$peer" ] || wait "$peer" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM

failed() {
    echo "$1" >&2
    cat "$scratch/log" "$scratch/said" 2>/dev/null >&2 || true
    exit 1
}

# await WORDS FILE: until a line of the file, which a server writes, begins so
await() {
    tries=200
    until grep -q "$1" "$2"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] && kill -0 "$3" 2>/dev/null || return 1
        sleep 0.1
    done
}

. "$(dirname "$0")/../support/servers.sh"

# serve OPTIONS...: `openssl s_server`, which answers every request with a page about its TLS session; sets `port`.
# It lives no longer than the test could.
serve() {
    end_server
    : >"$scratch/log"
    timeout -k 1 100 openssl s_server -accept 127.0.0.1:0 -www -cert "$folder/server.pem" -key "$folder/server.key" \
        "$@" >"$scratch/log" 2>&1 </dev/null &
    pid=$!
    await '^ACCEPT' "$scratch/log" "$pid" || failed "openssl s_server does not start"
    port=$(sed -n 's/^ACCEPT.*:\([0-9][0-9]*\).*/\1/p' "$scratch/log" | head -n 1)
}

# serve_words OPTIONS...: one that shows what clients send, and sends what is written to descriptor 8; a line that begins
# with a certain letter is a command to it.
serve_words() {
    end_server
    : >"$scratch/log"
    rm -f "$scratch/words"
    mkfifo "$scratch/words"
    timeout -k 1 100 openssl s_server -state -accept 127.0.0.1:0 -crlf -cert "$folder/server.pem" -key "$folder/server.key" \
        -CAfile "$folder/ca.pem" "$@" <"$scratch/words" >"$scratch/log" 2>&1 &
    pid=$!
    exec 8>"$scratch/words"
    await '^ACCEPT' "$scratch/log" "$pid" || failed "openssl s_server does not start"
    port=$(sed -n 's/^ACCEPT.*:\([0-9][0-9]*\).*/\1/p' "$scratch/log" | head -n 1)
}

# asked_late COMMAND OPTIONS: the client, whom the server asks for a certificate after its request
asked_late() {
    sh "$scratch/client" "wss://localhost:$port/" "{$ca, $2}" >"$scratch/said" 8>&- &
    client=$!
    await '^Upgrade: websocket' "$scratch/log" "$pid" || failed "there is no request"
    printf '%s\n' "$1" >&8
    await 'depth=0 CN *= *hostws real client' "$scratch/log" "$pid" || failed "the client shows no certificate"
    printf 'HTTP/1.1 200 OK\nContent-Length: 0\n\n' >&8
    wait "$client" || failed "the client failed"
    says '^status 200' '^end 1006'
    await 'alert read:warning:close notify' "$scratch/log" "$pid" || failed "the client does not say that it ends"
    exec 8>&-
}

# Whom the client trusts.
ca="\"tls_ca\": \"@$folder/ca.pem\""

# The client's command may be of several words: an emulator, and a path with blanks.
{
    printf exec
    printf " '%s'" "$@"
    # shellcheck disable=SC2016
    printf ' "$@"\n'
} >"$scratch/client"

# connect OPTIONS [PATH]: the client, with these members besides tls_ca
connect() {
    sh "$scratch/client" "wss://localhost:$port${2:-/}" "{$ca${1:+, $1}}" "$scratch/der" >"$scratch/said" ||
        failed "the client failed"
}

says() {
    for words in "$@"; do
        grep -q -- "$words" "$scratch/said" || failed "the client does not say: $words"
    done
}

# The handshake is done: the page is what s_server gives, and it is no WebSocket.
reaches() {
    connect "$1"
    shift
    says '^status 200' '^end 1006' "$@"
}

# TLS ends the opening, with these words.
fails() {
    connect "$1"
    shift
    says '^ws -26' '^tls -23' '^end 1015' '^status 0' "$@"
}

# As an option: identity NAME [PASSWORD], the key's file being NAME.key
identity() {
    case $1 in
    client-ec) certificate=client-ec ;;
    client*) certificate=client ;;
    *) certificate=$1 ;;
    esac
    printf '"tls_cert": "@%s", "tls_key": "@%s"' "$folder/$certificate.pem" "$folder/$1.key"
    [ -z "${2:-}" ] || printf ', "tls_key_password": "%s"' "$2"
}

asking() {
    serve -Verify 3 -verify_return_error -CAfile "$folder/ca.pem" "$@"
}

case $subject in
client_certificate)
    for version in -tls1_2 -tls1_3; do
        asking $version
        reaches "$(identity client)" 'Subject: CN *= *hostws real client'
        fails '' tls_cert
        fails "$(identity stranger)" tls_cert
    done
    ;;
key_formats)
    asking
    for key in client client-traditional client-ec; do
        reaches "$(identity $key)" 'Subject: CN *= *hostws real client'
    done
    for key in client-encrypted client-scrypt client-traditional-encrypted; do
        reaches "$(identity $key 'open sesame')" 'Subject: CN *= *hostws real client'
        fails "$(identity $key 'close sesame')" tls_key_password "$key.key"
        ! grep -q sesame "$scratch/said" || failed "the client tells the password"
        fails "$(identity $key)" 'tls_key_password is not set'
    done
    ;;
late_certificate)
    # After the handshake in TLS 1.3, in a second one before that.
    serve_words -tls1_3
    asked_late c "$(identity client)"
    serve_words -tls1_2 -no_resumption_on_reneg
    asked_late R "$(identity client)"
    ;;
renegotiation)
    # A client without a certificate has nothing to say in a second handshake.
    serve_words -tls1_2
    sh "$scratch/client" "wss://localhost:$port/" "{$ca}" >"$scratch/said" 8>&- &
    client=$!
    await '^Upgrade: websocket' "$scratch/log" "$pid" || failed "there is no request"
    printf 'R\n' >&8
    await 'alert read:warning:no renegotiation' "$scratch/log" "$pid" || failed "the client begins a second handshake"
    exec 8>&-
    wait "$client" || failed "the client failed"
    says '^end 1006\|^end 1015'
    ;;
sessions)
    again='"reconnect_max": 2, "reconnect_min_ms": 1, "reconnect_codes": "200"'
    for version in -tls1_2 -tls1_3; do
        serve $version
        reaches '' '^New, TLS'
        reaches "$again" '^Reused, TLS'
        # Without tickets, TLS 1.2 has its session numbers.
        serve $version -no_ticket
        reaches "$again" '^Reused, TLS'
        # A server that resumes nothing.
        serve $version -no_ticket -no_cache
        reaches "$again" '^New, TLS'
    done
    ;;
nginx)
    need nginx
    for version in TLSv1.2 TLSv1.3; do
        # It wants to be told a port, which somebody may take first.
        for _ in 1 2 3; do
            end_server
            port=$(python3 "$servers")
            cat >"$scratch/nginx.conf" <<END
daemon off;
pid $scratch/nginx.pid;
error_log $scratch/log;
events {}
http {
    access_log off;
    client_body_temp_path $scratch/body;
    proxy_temp_path $scratch/proxy;
    fastcgi_temp_path $scratch/fastcgi;
    uwsgi_temp_path $scratch/uwsgi;
    scgi_temp_path $scratch/scgi;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $folder/server.pem;
        ssl_certificate_key $folder/server.key;
        ssl_protocols $version;
        ssl_client_certificate $folder/both.pem;
        ssl_verify_client optional;
        ssl_session_tickets on;
        location / {
            return 200 "resumed: \$ssl_session_reused, client: \$ssl_client_verify \$ssl_client_s_dn";
        }
    }
}
END
            : >"$scratch/log"
            timeout -k 1 100 nginx -c "$scratch/nginx.conf" -p "$scratch" >"$scratch/log" 2>&1 </dev/null &
            pid=$!
            ! answers tls || break
        done
        kill -0 "$pid" 2>/dev/null || failed "nginx does not start"
        again='"reconnect_max": 1, "reconnect_min_ms": 1, "reconnect_codes": "200"'
        reaches '' 'resumed: ., client: NONE'
        reaches "$again" 'resumed: r, client: NONE'
        reaches "$again, $(identity client)" 'resumed: r, client: SUCCESS CN=hostws real client'
    done
    ;;
versions)
    serve -tls1_2
    reaches '' 'Protocol *: TLSv1.2'
    fails '"tls_min_version": 13' 'no version of TLS from 1.3 up'
    serve -tls1_3
    reaches '' 'Protocol *: TLSv1.3'
    reaches '"tls_min_version": 13' 'Protocol *: TLSv1.3'
    ;;
ciphers)
    serve -tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305
    reaches '' 'Cipher is ECDHE-RSA-CHACHA20-POLY1305'
    serve -tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256
    reaches '' 'Cipher is TLS_AES_128_GCM_SHA256'
    # One that no client offers.
    serve -tls1_2 -cipher 'eNULL:@SECLEVEL=0'
    fails '' 'shares no cipher'
    ;;
alpn)
    serve -alpn http/1.1
    reaches ''
    serve -alpn h2,http/1.1
    reaches ''
    serve -alpn h2
    fails '' 'HTTP/1.1'
    ;;
pins)
    pin=sha256/$(openssl x509 -in "$folder/server.pem" -noout -pubkey | openssl pkey -pubin -outform der |
        openssl dgst -sha256 -binary | openssl base64)
    other=sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
    for version in -tls1_2 -tls1_3; do
        serve $version
        reaches "\"tls_pins\": \"$pin\""
        reaches "\"tls_pins\": \"$other;$pin\""
        fails "\"tls_pins\": \"$other\"" "$pin"
    done
    ;;
authorities)
    serve
    reaches '"tls_ca_only": 1'
    ca="\"tls_ca\": \"@$folder/stranger.pem\""
    fails '"tls_ca_only": 1' tls_ca
    ca="\"tls_ca\": \"@$folder/stranger.key\""
    fails '' 'no PEM with a certificate'
    ;;
intermediates)
    serve -cert "$folder/below.pem" -key "$folder/below.key"
    fails '"tls_ca_only": 1' 'does not send the certificates between'
    ca="\"tls_ca\": \"@$folder/both.pem\""
    reaches '"tls_ca_only": 1'
    ca="\"tls_ca\": \"@$folder/ca.pem\""
    serve -cert "$folder/below.pem" -key "$folder/below.key" -cert_chain "$folder/between.pem"
    reaches '"tls_ca_only": 1'
    ;;
peer_certificate)
    serve
    reaches ''
    openssl x509 -in "$folder/server.pem" -outform der >"$scratch/expected"
    cmp "$scratch/der" "$scratch/expected" || failed "it is another certificate"
    rm "$scratch/der"
    fails '"tls_pins": "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="' '^certificate [1-9]'
    cmp "$scratch/der" "$scratch/expected" || failed "it is another certificate"
    # What is not trusted cannot be had.
    ca='"tls_ca_only": 0'
    fails '' '^certificate -20'
    ;;
stunnel)
    need stunnel
    : >"$scratch/ports"
    mkfifo "$scratch/stdin"
    "$HOSTWS_TEST_PEER" >"$scratch/ports" <"$scratch/stdin" &
    peer=$!
    exec 9>"$scratch/stdin"
    await '^ready' "$scratch/ports" "$peer" || failed "the test server does not start"
    inner=$(sed -n 's/^ws \([0-9]*\).*/\1/p' "$scratch/ports")
    # It wants to be told a port, which somebody may take first.
    for _ in 1 2 3; do
        end_server
        port=$(python3 "$servers")
        cat >"$scratch/stunnel.conf" <<END
foreground = yes
pid =
[ws]
accept = 127.0.0.1:$port
connect = 127.0.0.1:$inner
cert = $folder/server.pem
key = $folder/server.key
CAfile = $folder/ca.pem
verifyChain = yes
requireCert = yes
END
        timeout -k 1 100 stunnel "$scratch/stunnel.conf" >"$scratch/log" 2>&1 </dev/null 9>&- &
        pid=$!
        ! answers tls || break
    done
    kill -0 "$pid" 2>/dev/null || failed "stunnel does not start"
    for key in client client-traditional client-ec; do
        connect "$(identity $key)" /echo
        says '^open' '^message echoed' '^end 1000'
    done
    connect "$(identity client-encrypted 'open sesame')" /echo
    says '^open' '^message echoed' '^end 1000'
    fails '' tls_cert
    fails "$(identity stranger)" tls_cert
    ;;
*)
    echo "no such subject: $subject" >&2
    exit 1
    ;;
esac
