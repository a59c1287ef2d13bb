#!/bin/sh
# Is everything where a distribution expects it? sh installed_files.sh PREFIX LIBDIR DOCDIR LIBRARY LINK|IMPORT_LIBRARY...
set -eu

prefix=$1
lib=$2
doc=$3
library=$4
shift 4

cd "$prefix"
for file in "$library" "$lib/libhostws.a" "$lib/pkgconfig/hostws.pc" \
    "$lib/cmake/hostws/hostws-config.cmake" "$lib/cmake/hostws/hostws-config-version.cmake" \
    include/hostws.h include/hostws.hpp include/hostws.cdef.h "$doc/LICENSE-MIT" "$doc/LICENSE-APACHE" \
    "$doc/THIRD-PARTY-LICENSES.txt" "$doc/README.md" "$doc/CHANGELOG.md" "$doc/examples/ticker.c" \
    "$doc/docs/guide/first-program.md" \
    share/man/man3/ws_send.3 share/man/man7/hostws.7; do
    [ -s "$file" ] || { echo "$file is missing" >&2; exit 1; }
done
for link; do
    case $link in
    *.a | *.lib | *.def) [ -s "$lib/$link" ] || { echo "$lib/$link is missing" >&2; exit 1; } && continue ;;
    esac
    [ "$lib/$(readlink "$lib/$link")" = "$library" ] || { echo "$lib/$link is not a link to $library" >&2; exit 1; }
done

# Declarations and nothing else: what FFI parsers read.
grep -q 'ws_version' include/hostws.cdef.h || { echo "no ws_version in hostws.cdef.h" >&2; exit 1; }
if grep -n '#\|extern\|/\*\|__' include/hostws.cdef.h; then
    echo "that is no declaration of ours in hostws.cdef.h" >&2
    exit 1
fi
