# What the platforms differ in. Sourced by cmake/release.sh.

all_targets='x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf
    x86_64-unknown-linux-musl aarch64-apple-darwin x86_64-apple-darwin x86_64-pc-windows-gnu'

# describe TARGET sets:
#   glibc          what cargo-zigbuild takes behind the target's name
#   cargo          the command that builds
#   features       of the crate
#   linking        rustc's flags
#   cmake_options  for this platform
#   format         of the archive: tar.gz or zip
#   emulator       runs its programs, a ;-list
#   can_test       ON if the C tests can run
#   test_programs  what CMake calls them
#   untested       the tests that cannot
#   licences       of what cargo does not know of: FILE=NAME...
#   debian, multiarch, rpm, rpm_lib: names in the packages of distributions; empty if there are none
#   runs_on, tls, tested: words for the user
# One file a kind of system does it, after what it needs on this machine has been installed.
describe() {
    debian= multiarch= rpm= rpm_lib=lib64
    format=tar.gz glibc= emulator= can_test=ON test_programs='subjects hostws_tls_client' untested=nothing cmake_options=
    cargo=$PWD/build/zig/bin/cargo-zigbuild features=vendored-tls
    tls='OpenSSL is built in. It takes the certificates of authorities from where the system has them.'
    licences=$(echo build/zig/lib/python3*/site-packages/ziglang/LICENSE)=zig
    case $1 in
    *-linux-gnu*) . cmake/release/glibc.sh ;;
    *-linux-musl*) . cmake/release/musl.sh ;;
    *-apple-darwin) . cmake/release/macos.sh ;;
    *-windows-gnu) . cmake/release/windows.sh ;;
    *) fail "There is no recipe for $1. There is one for: $all_targets" ;;
    esac
    missing=
    needs_system "$1"
    install_missing
    describe_system "$1"
}
