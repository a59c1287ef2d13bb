# Windows, by MinGW. Sourced by cmake/release/targets.sh.

mingw_licence=/usr/share/doc/mingw-w64-common/copyright

needs_system() {
    needs_mingw
}

describe_system() {
    # MinGW's own linker, and the system's TLS.
    cargo=$(command -v cargo) features='' format=zip
    # A part of MinGW is in every DLL, and wants to be named with it.
    [ -e "$mingw_licence" ] || fail "The licence of MinGW-w64 is not where Debian has it: $mingw_licence"
    licences=$mingw_licence=mingw-w64
    runs_on='It runs on Windows 10 or later, and needs nothing that does not come with it. bin/hostws.dll goes beside your
program. Link with lib/libhostws.dll.a (MinGW) or lib/hostws.lib (Microsoft); lib/hostws.def has the names for other linkers.
lib/libhostws.a is for MinGW alone.'
    tls='TLS is that of Windows, Schannel, with the authorities that the system trusts.'
    tested='the C tests but those of what only Unix has, by wine 8 with the
hostws.dll that is in bin. Nothing was run on Windows itself.'
    test_programs=subjects
    # The linker would write the time into it.
    linking="-Clink-arg=-Wl,--no-insert-timestamp -Cdlltool=$PWD/cmake/release/windows/dlltool.sh"
    cmake_options="-DCMAKE_TOOLCHAIN_FILE=$PWD/cmake/mingw.cmake"
    emulator="python3;$PWD/ctests/support/wine/run.py"
    # Wine may lack a library that every Windows has: the tests bring it.
    HOSTWS_WINE_FOLDERS=$tree/lib
    export HOSTWS_WINE_FOLDERS
}
