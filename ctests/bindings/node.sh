#!/bin/sh
# sh node.sh packages BINDINGS LIBRARY FOLDER    builds the packages, and installs them into FOLDER/node-KIND: "descriptor", as
#                                                they are published, and "wakeup", with the addon as on Windows
# sh node.sh types BINDINGS FOLDER               checks what TypeScript makes of the types, strictly
# sh node.sh test BINDINGS FOLDER KIND           runs the tests with what was installed
# FOLDER/node-npm has what npm brought for this.
set -eu
. "$(dirname "$0")/../needs.sh"

kinds="descriptor wakeup"
action=$1 bindings=$2

installed() {
    [ -e "$1/node_modules/hostws" ] || { echo "skipped: the packages were not built"; exit 77; }
}

case $action in
packages)
    library=$3 folder=$4
    needs node npm cc
    include=$(node -p 'require("path").resolve(process.execPath, "../../include/node")')
    if ! echo '#include <uv.h>' | cc -E -idirafter "$include" - >/dev/null 2>&1; then
        echo "skipped: there is no uv.h (Debian: libuv1-dev)"
        exit 77
    fi
    platform=$(node -p '`${process.platform}-${process.arch}` + (process.report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl")')
    for kind in $kinds; do
        packages="$folder/node-$kind-packages"
        rm -rf "$packages" "$folder/node-$kind"
        mkdir -p "$folder/node-$kind"
        if [ "$kind" = wakeup ]; then
            CFLAGS="-O2 -DHOSTWS_BY_WAKEUP"
            export CFLAGS
        fi
        node "$bindings/node/pack.mjs" "$library" "$packages" "$platform" "$folder/node-npm/node_modules/node-api-headers/include"
        python3 "$(dirname "$0")/licences.py" "$library" "$packages"/hostws-linux-*.tgz
        python3 "$(dirname "$0")/licences.py" - "$packages"/hostws-[0-9]*.tgz
        (cd "$folder/node-$kind" && echo '{ "private": true }' >package.json &&
            npm install --offline --ignore-scripts --no-audit --no-fund --loglevel=error "$packages"/*.tgz)
        # Node looks for a package from where the program lies.
        cp "$bindings"/node/test/* "$bindings/conformance/drivers/driver.mjs" "$bindings/bench/client.mjs" "$folder/node-$kind"
    done
    ;;
types)
    folder=$3
    installed "$folder/node-descriptor"
    cd "$folder/node-descriptor"
    mkdir -p node_modules/@types
    ln -sfn "$folder/node-npm/node_modules/@types/node" node_modules/@types/node
    node "$folder/node-npm/node_modules/typescript/bin/tsc" --noEmit --strict --target es2022 --module nodenext \
        --moduleResolution nodenext --types node types.ts
    ;;
test)
    folder=$3 kind=$4
    HOSTWS_README="$bindings/node/README.md"
    export HOSTWS_README
    installed "$folder/node-$kind"
    cd "$folder/node-$kind"
    exec node --test connection.test.mjs websocket.test.mjs process.test.mjs
    ;;
esac
