#!/bin/sh
# Compiles and runs a program with nothing but what pkg-config says: sh pkg_config.sh shared|static CC LIBDIR BUILD
set -eu

kind=$1
cc=$2
libdir=$3
build=$4
here=$(dirname "$0")

command -v pkg-config >/dev/null || { echo "skipped: pkg-config is not installed"; exit 77; }
mkdir -p "$build"
export PKG_CONFIG_PATH="$libdir/pkgconfig"

if [ "$kind" = static ]; then
    flags=$(pkg-config --static --cflags --libs hostws)
    # Both libraries lie in the same folder, and there -l prefers the shared one: name the archive by its path.
    flags=$(echo " $flags " | sed "s| -lhostws | '$libdir/libhostws.a' |")
else
    flags=$(pkg-config --cflags --libs hostws)
    flags="$flags -Wl,-rpath,'$libdir'"
fi

# pkg-config quotes for a shell what has a space in it.
eval "set -- $flags"
"$cc" -o "$build/consumer" "$here/main.c" "$@"
"$build/consumer"

# A static program must run where no libhostws.so is.
if [ "$kind" = static ] && grep -q 'libhostws\.so' "$build/consumer"; then
    echo "the static program still asks for libhostws.so" >&2
    exit 1
fi
