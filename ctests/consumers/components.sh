#!/bin/sh
# Each component by itself, and all of it away again: sh components.sh CMAKE BUILD CONFIG FOLDER LIBDIR LIBRARY
set -eu

cmake=$1
build=$2
config=$3
folder=$4
lib=$5
library=$6

fail() {
    echo "$*" >&2
    exit 1
}

rm -rf "$folder"
install() { # COMPONENT
    "$cmake" --install "$build" --config "$config" --component "$1" --prefix "$folder/$1" >/dev/null
}

install runtime
[ -s "$folder/runtime/$lib/$library" ] || fail "the runtime has no $library"
if [ -e "$folder/runtime/include" ] || [ -e "$folder/runtime/$lib/libhostws.a" ]; then
    fail "the runtime has what only developers need"
fi

install development
[ -s "$folder/development/include/hostws.h" ] || fail "no header for developers"
[ ! -e "$folder/development/$lib/$library" ] || fail "the shared library is in two components"

install documentation
find "$folder/documentation" -name README.md | grep -q . || fail "no README in the documentation"

# The manifests of the build tree are of use to whoever installed from it before: put back what is not ours.
for component in runtime development documentation; do
    manifest="$build/install_manifest_$component.txt"
    [ -s "$manifest" ] || fail "no $manifest"
    mkdir -p "$folder/tree"
    mv "$manifest" "$folder/tree/"
done
"$cmake" "-DBUILD=$folder/tree" -P "$(dirname "$0")/../../cmake/uninstall.cmake" >/dev/null
left=$(find "$folder" ! -type d)
[ -z "$left" ] || fail "left after uninstalling:" "$left"
if "$cmake" "-DBUILD=$folder/tree" -P "$(dirname "$0")/../../cmake/uninstall.cmake" >/dev/null 2>&1; then
    fail "there was nothing left to uninstall, and it did not say so"
fi
