# macOS. Sourced by cmake/release/targets.sh. Nothing here runs what this makes.

sdk=$PWD/build/macos

needs_system() {
    linker=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/gcc-ld/ld64.lld
    [ -x "$linker" ] || fail "The linker for macOS is that of rustup's Rust, which is not here: see https://rustup.rs"
    build/zig/bin/pip install --quiet lief==1.0.0
}

describe_system() {
    case $1 in
    aarch64-*) architecture=arm64 least=11.0 named='11 (2020)' ;;
    x86_64-*) architecture=x86_64 least=10.13 named='10.13 (2017)' ;;
    esac
    runs_on="It runs on macOS $named or later."
    tested='not run. It was built on Linux; its exports, needs, names and signature were looked at, and programs linked with it.'
    can_test=OFF
    emulator=false
    make_sdk
    linking="-Clinker-flavor=gcc -Clinker=$sdk/ld"
    MACOSX_DEPLOYMENT_TARGET=$least
    SDKROOT=$sdk
    export MACOSX_DEPLOYMENT_TARGET SDKROOT
    # zig has the headers of the C library alone. OpenSSL would keep an option in itself, with the path.
    C_INCLUDE_PATH=$PWD/cmake/release/macos/include
    export C_INCLUDE_PATH
    compiler "${1%%-*}-macos.$least"
    cmake_options="-DCMAKE_SYSTEM_NAME=Darwin -DCMAKE_SYSTEM_PROCESSOR=$architecture
        -DCMAKE_C_COMPILER=$sdk/cc-$architecture -DCMAKE_INSTALL_NAME_TOOL=true
        -DCMAKE_USER_MAKE_RULES_OVERRIDE=$PWD/cmake/release/macos/rules.cmake"
}

# What Apple's SDK has of the libraries: their names and what is in them. zig brings libSystem's.
make_sdk() {
    mkdir -p "$sdk/usr/lib"
    cp build/zig/lib/python3*/site-packages/ziglang/lib/libc/darwin/libSystem.tbd "$sdk/usr/lib"
    # The C library under its older names.
    ln -sf libSystem.tbd "$sdk/usr/lib/libc.tbd"
    ln -sf libSystem.tbd "$sdk/usr/lib/libm.tbd"
    for framework in Security CoreFoundation; do
        place=System/Library/Frameworks/$framework.framework
        mkdir -p "$sdk/$place"
        stub "/$place/Versions/A/$framework" $framework >"$sdk/$place/$framework.tbd"
    done
    stub /usr/lib/libiconv.2.dylib libiconv >"$sdk/usr/lib/libiconv.tbd"
    printf '#!/bin/sh\nexec python3 "%s" "%s" "%s" "$@"\n' "$PWD/cmake/release/macos/ld.py" "$linker" "$sdk" >"$sdk/ld"
    chmod +x "$sdk/ld"
}

# stub PATH NAMES: a text that linkers take for the library at that path
stub() {
    names=$(sed "s/.*/_&/" "cmake/release/macos/$2.txt" | paste -s -d , -)
    printf -- '--- !tapi-tbd\ntbd-version: 4\ntargets: [ x86_64-macos, arm64-macos ]\ninstall-name: %s\n' "$1"
    printf 'exports:\n  - targets: [ x86_64-macos, arm64-macos ]\n    symbols: [ %s ]\n...\n' "$names"
}

# compiler TARGET: for programs that use the library
compiler() {
    printf '#!/bin/sh\nexec "%s" -m ziglang cc -target %s "-F%s" "-L%s" "$@"\n' "$PWD/build/zig/bin/python" "$1" \
        "$sdk/System/Library/Frameworks" "$sdk/usr/lib" >"$sdk/cc-$architecture"
    chmod +x "$sdk/cc-$architecture"
}
