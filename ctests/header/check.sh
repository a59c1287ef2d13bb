#!/bin/sh
# The checks that are not a compiler run: sh check.sh CHECK ARGUMENTS
set -eu

fail() {
    echo "$*" >&2
    exit 1
}

check=$1
shift
case $check in
preprocessed) # COMPILER HEADER: what LuaJIT's and cffi's cdef read is declarations and nothing else
    text=$("$1" -E -P "$2")
    case $text in
    *ws_version*) ;;
    *) fail "no ws_version in what the preprocessor leaves of $2" ;;
    esac
    case $text in
    *'#'*) fail "a # in what the preprocessor leaves of $2" ;;
    esac
    ;;
system-libraries) # FILE LIBRARY...: FILE is what rustc says, the rest is what our packages say
    said=$(sed 's/-framework /-framework_/g' "$1" | tr ' ' '\n' | sed 's/^-l//' | grep -vx -e gcc_s -e c | sort -u)
    shift
    ours=$(printf '%s\n' "$@" | tr ' ' '_' | sort -u)
    [ "$said" = "$ours" ] || fail "rustc says:" $said "- HOSTWS_SYSTEM_LIBRARIES says:" $ours
    ;;
dynamic-section) # READELF LIBRARY SONAME
    text=$("$1" -d "$2")
    case $text in
    *"[$3]"*) ;;
    *) fail "the SONAME is not $3: $text" ;;
    esac
    case $text in
    *NODELETE*) ;;
    *) fail "the library can be unloaded, though its threads may be running: $text" ;;
    esac
    ;;
symbols) # NM LIBRARY
    names=$("$1" -D --defined-only "$2" | sed 's/.* //')
    echo "$names" | grep -qx ws_version || fail "ws_version is not exported"
    if others=$(echo "$names" | grep -v '^ws_'); then
        fail "exported, and not ours:" $others
    fi
    ;;
*)
    fail "no such check: $check"
    ;;
esac
