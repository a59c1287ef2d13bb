#!/bin/sh
# What CMake says where Rust is too old, missing or broken: sh old_rust.sh CMAKE SOURCE LEAST FOLDER
set -eu

cmake=$1
source=$2
least=$3
folder=$4

fail() {
    echo "$*" >&2
    exit 1
}

# refuses WORDS CARGO: CMake fails, and says these words
refuses() {
    rm -rf "$folder/build"
    if said=$(env -u RUSTC "$cmake" -S "$source" -B "$folder/build" "-DHOSTWS_CARGO=$2" 2>&1); then
        fail "configured with $2"
    fi
    # CMake breaks lines.
    said=$(echo "$said" | tr -s ' \n' '  ')
    case $said in
    *"$1"*"Install Rust $least or later"*) ;;
    *) fail "not said: $1; but: $said" ;;
    esac
}

# compiler STATUS WORDS: a folder with a cargo and a rustc that says so
compiler() {
    rm -rf "$folder/bin"
    mkdir -p "$folder/bin"
    printf '#!/bin/sh\necho "%s"\nexit %s\n' "$2" "$1" >"$folder/bin/rustc"
    printf '#!/bin/sh\nexit 1\n' >"$folder/bin/cargo"
    chmod +x "$folder/bin/rustc" "$folder/bin/cargo"
}

compiler 0 'rustc 1.63.0 (Debian)'
refuses 'This is too old: rustc 1.63.0' "$folder/bin/cargo"
compiler 1 ''
refuses 'does not run' "$folder/bin/cargo"
refuses 'there is no cargo here' HOSTWS_CARGO-NOTFOUND
