#!/bin/sh
# sh certificate.sh FOLDER: makes cert.pem and key.pem there, self-signed, for localhost.
set -eu
if ! command -v openssl >/dev/null; then
    echo "skipped: openssl is not installed"
    exit 77
fi
cd "$1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>openssl.txt || {
    cat openssl.txt
    exit 1
}
