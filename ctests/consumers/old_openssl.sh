#!/bin/sh
# What the build says of an OpenSSL that is too old, or of LibreSSL: sh old_openssl.sh SOURCE CARGO_TARGET_FOLDER FOLDER
#
# The crate's own build script runs, told what openssl-sys would have found.
set -eu

source=$1
script=$(find "$2" -path '*/build/hostws-*/build-script-build' | head -n 1)
out="$3/results/build/hostws/out"

[ -n "$script" ] || { echo "no build script of hostws in $2" >&2; exit 1; }
rm -rf "$3"
mkdir -p "$out"

# build VARIABLES...: runs the script
build() {
    env CARGO_MANIFEST_DIR="$source" OUT_DIR="$out" TARGET=x86_64-unknown-linux-gnu CARGO_CFG_TARGET_OS=linux "$@" "$script" 2>&1
}

# refuses WORDS VARIABLES...: it fails, and says these words
refuses() {
    words=$1
    shift
    if said=$(cd "$source" && build "$@"); then
        echo "built with $*" >&2
        exit 1
    fi
    case $said in
    *"hostws needs OpenSSL 3.0 or later, and found $words"*) ;;
    *) echo "not said: $words; but: $said" >&2; exit 1 ;;
    esac
}

refuses 'OpenSSL 1' DEP_OPENSSL_VERSION_NUMBER=1010117f
refuses 'LibreSSL' DEP_OPENSSL_VERSION_NUMBER=20000000 DEP_OPENSSL_LIBRESSL_VERSION_NUMBER=3070300f
for version in 30000000 30000140 30600030; do
    (cd "$source" && build "DEP_OPENSSL_VERSION_NUMBER=$version") | grep -q 'rustc-cfg=tls_openssl' ||
        { echo "refused: $version" >&2; exit 1; }
done
