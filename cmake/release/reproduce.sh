#!/bin/sh
# Builds what cmake/release.sh has made again, and compares each byte: sh cmake/release/reproduce.sh [TARGET...]
#
# From a clone in another folder, at another time, with another umask, language and time zone.
set -eu
cd "$(dirname "$0")/../.."
. cmake/system.sh

first=$PWD/build/archives
[ -e "$first/SHA256SUMS" ] || fail "There is nothing to compare with. Start this before: sh cmake/release.sh"
[ -z "$(git status --porcelain)" ] || fail "There are changes that are not committed: a clone would not have them."

folder=$PWD/build/reproduced
rm -rf "$folder"
trap 'rm -rf "$folder"' EXIT
git clone --quiet . "$folder/a/longer/path/hostws"
cd "$folder/a/longer/path/hostws"
(
    umask 077
    unset CARGO_TARGET_DIR
    TZ=Pacific/Apia LC_ALL=C.UTF-8 HOSTWS_RELEASE_UNTESTED=1 sh cmake/release.sh "$@"
)

unpack() {
    case $1 in
    *.zip) python3 -m zipfile -e "$1" "$2" ;;
    *) tar -xf "$1" -C "$2" ;;
    esac
}

# What differs inside, of those that differ.
compare_inside() {
    mkdir -p "$folder/first" "$folder/second"
    unpack "$first/$1" "$folder/first"
    unpack "build/archives/$1" "$folder/second"
    diff -qr "$folder/first" "$folder/second" || true
}

differ=
while read -r sum file; do
    if echo "$sum  $first/$file" | sha256sum --check --status; then
        echo "$file: the same"
    else
        differ="$differ $file"
        echo "$file: not the same"
        case $file in *.tar.gz | *.zip) compare_inside "$file" ;; esac
    fi
done <build/archives/SHA256SUMS
[ -z "$differ" ] || fail "Built twice, and not the same:$differ"
