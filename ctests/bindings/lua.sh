#!/bin/sh
# sh lua.sh rock PACKAGE LIBRARY FOLDER         builds the rock, and installs it for each Lua into FOLDER/lua-VERSION
# sh lua.sh source PACKAGE INCLUDE LIBRARIES FOLDER    builds the package over an installed library, and runs it
# sh lua.sh run INTERPRETER VERSION FOLDER PROGRAM...  runs a program with what was installed for that version of Lua
# sh lua.sh states FOLDER                       compiles lua_states.c, which has Lua 5.4 inside, and runs it
set -eu

# Not to stdout, where a driver answers.
skip() {
    echo "skipped: $1" >&2
    exit 77
}

# with_tree TREE VERSION COMMAND...
with_tree() {
    LUA_PATH="$1/share/lua/$2/?.lua" LUA_CPATH="$1/lib/lua/$2/?.so"
    export LUA_PATH LUA_CPATH
    shift 2
    exec "$@"
}

has_luarocks() {
    command -v luarocks >/dev/null || skip "luarocks is not installed"
    # It writes a cache into the home folder.
    HOME=$1
    export HOME
}

case $1 in
rock)
    package=$2 library=$3 folder=$4
    mkdir -p "$folder/lua-home"
    has_luarocks "$folder/lua-home"
    rm -rf "$folder/rocks" "$folder"/lua-5.*
    python3 "$package/rock.py" "$library" "$folder/rocks"
    python3 "$(dirname "$0")/licences.py" "$library" "$folder/rocks"/*.rock
    # LuaJIT takes what was installed for 5.1.
    for version in 5.1 5.3 5.4; do
        luarocks --lua-version "$version" --tree "$folder/lua-$version" install --deps-mode=none "$folder/rocks"/*.rock
    done
    ;;
source)
    package=$2 include=$3 libraries=$4 folder=$5
    mkdir -p "$folder/lua-home"
    has_luarocks "$folder/lua-home"
    [ -e /usr/include/lua5.4/lua.h ] || skip "the headers of Lua 5.4 are not installed"
    rm -rf "$folder/lua-source" "$folder/lua-source-tree"
    cp -R "$package" "$folder/lua-source"
    cd "$folder/lua-source"
    luarocks --lua-version 5.4 --tree "$folder/lua-source-tree" make --deps-mode=none hostws-scm-1.rockspec \
        HOSTWS_INCDIR="$include" HOSTWS_LIBDIR="$libraries"
    LD_LIBRARY_PATH=$libraries
    export LD_LIBRARY_PATH
    with_tree "$folder/lua-source-tree" 5.4 lua5.4 -e 'assert(require "hostws".library_version() == require "hostws".VERSION)'
    ;;
run)
    interpreter=$2 version=$3 folder=$4
    shift 4
    command -v "$interpreter" >/dev/null || skip "$interpreter is not installed"
    tree="$folder/lua-$version"
    [ -e "$tree/share/lua/$version/hostws.lua" ] || skip "the rock was not built"
    if [ "$interpreter" != luajit ]; then
        core="core$(echo "$version" | sed 's/[.]/0/').so"
        [ -e "$tree/lib/lua/$version/hostws/$core" ] || skip "the headers of Lua $version were not there"
    fi
    with_tree "$tree" "$version" "$interpreter" "$@"
    ;;
states)
    folder=$2
    pkg-config --exists lua5.4 2>/dev/null || skip "the headers of Lua 5.4 are not installed"
    [ -e "$folder/lua-5.4/lib/lua/5.4/hostws/core504.so" ] || skip "the rock was not built"
    # Each word is an argument.
    # shellcheck disable=SC2046
    cc -std=gnu11 -Wall -Wextra "$(dirname "$0")/lua_states.c" $(pkg-config --cflags --libs lua5.4) -lpthread \
        -o "$folder/lua_states"
    with_tree "$folder/lua-5.4" 5.4 "$folder/lua_states" "$HOSTWS_WS"
    ;;
esac
