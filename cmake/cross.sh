#!/bin/sh
# Builds for another platform, and tests there as far as this machine can:
#
#   sh cmake/cross.sh windows    hostws.dll with MinGW; its C tests run by wine, with their server beside it
#
# It installs what is missing. The results are in build/PLATFORM.
set -eu
cd "$(dirname "$0")/.."
. cmake/system.sh
. cmake/toolchain.sh
. cmake/report.sh

windows() {
    missing=
    needs_mingw
    install_missing || fail "Install these and start again:$missing"

    say "The test server, for this machine"
    cargo build --locked --example test-peer
    peer="${CARGO_TARGET_DIR:-$PWD/target}/debug/examples/test-peer"

    say "hostws.dll and the tests"
    rust_for x86_64-pc-windows-gnu
    # Without optimization, which takes longest and changes nothing that these tests look at.
    cmake -S . -B build/windows -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/mingw.cmake" -DCMAKE_BUILD_TYPE=Debug \
        -DBUILD_TESTING=ON -DHOSTWS_TEST_PEER="$peer"
    cmake --build build/windows

    # What does not run by wine is in the list at the end, as disabled.
    say "C tests for Windows"
    run_ctest "C tests for Windows" --test-dir build/windows --output-on-failure --parallel "$(getconf _NPROCESSORS_ONLN)"
}

needs_to_build
needs_rust
CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(getconf _NPROCESSORS_ONLN)}
export CMAKE_BUILD_PARALLEL_LEVEL
case ${1:-} in
windows) windows ;;
*) fail "usage: sh cmake/cross.sh windows" ;;
esac
