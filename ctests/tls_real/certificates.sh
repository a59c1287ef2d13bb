#!/bin/sh
# sh certificates.sh FOLDER: makes there, as users do it with openssl,
#   ca.pem                            the authority
#   server.pem server.key             a server's
#   below.pem below.key both.pem      a server's below an authority in between, and that with the first one
#   between.pem client.pem            a client's, below an authority in between (which is in client.pem, too)
#   client.key client-*.key           its key in every format; the password of those that have one is "open sesame"
#   stranger.pem stranger.key         a client's that signed itself
set -eu
if ! command -v openssl >/dev/null; then
    echo "skipped: openssl is not installed"
    exit 77
fi
cd "$1"
{
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj "/CN=hostws real authority"

    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext \
        -out server.pem

    openssl req -newkey rsa:2048 -nodes -keyout between.key -out between.csr -subj "/CN=hostws real clients"
    printf 'basicConstraints=critical,CA:TRUE\n' >between.ext
    openssl x509 -req -in between.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile between.ext \
        -out between.pem
    openssl req -newkey rsa:2048 -nodes -keyout below.key -out below.csr -subj /CN=localhost
    openssl x509 -req -in below.csr -CA between.pem -CAkey between.key -CAcreateserial -days 30 -extfile server.ext \
        -out below.pem
    cat ca.pem between.pem >both.pem

    openssl req -newkey rsa:2048 -nodes -keyout client.key -out client.csr -subj "/CN=hostws real client"
    openssl x509 -req -in client.csr -CA between.pem -CAkey between.key -CAcreateserial -days 30 -out leaf.pem
    cat leaf.pem between.pem >client.pem

    openssl rsa -in client.key -traditional -out client-traditional.key
    openssl rsa -in client.key -traditional -aes256 -passout "pass:open sesame" -out client-traditional-encrypted.key
    openssl pkcs8 -topk8 -in client.key -passout "pass:open sesame" -out client-encrypted.key
    openssl pkcs8 -topk8 -in client.key -scrypt -passout "pass:open sesame" -out client-scrypt.key

    openssl ecparam -name prime256v1 -genkey -out client-ec.key # with its parameters before it
    openssl req -new -key client-ec.key -out client-ec.csr -subj "/CN=hostws real client"
    openssl x509 -req -in client-ec.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out client-ec.pem

    openssl req -x509 -newkey rsa:2048 -nodes -keyout stranger.key -out stranger.pem -days 30 -subj /CN=stranger
} 2>openssl.txt >&2 || {
    cat openssl.txt
    exit 1
}
