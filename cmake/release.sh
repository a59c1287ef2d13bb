#!/bin/sh
# Builds, tests and packs what users download: sh cmake/release.sh [TARGET...]
#
#   x86_64-unknown-linux-gnu       glibc 2.17 and later; also as .deb and .rpm
#   aarch64-unknown-linux-gnu      the same for 64-bit ARM; its programs run by qemu here
#   armv7-unknown-linux-gnueabihf  the same for 32-bit ARM
#   x86_64-unknown-linux-musl      musl 1.2, as on Alpine
#   aarch64-apple-darwin           macOS 11 and later; nothing here runs its programs
#   x86_64-apple-darwin            macOS 10.13 and later; as above
#   x86_64-pc-windows-gnu          Windows 10 and later; its programs run by wine here
#
# Without a TARGET: all of them. OpenSSL is built in, but for Windows, which has its own TLS. build/archives gets the results
# and SHA256SUMS. An archive is only made of a library that has passed the C tests, and is then checked by
# cmake/release/check.py. The same sources, compiler and tools give the same bytes, in whatever folder:
# cmake/release/reproduce.sh looks at that.
#
# build/archives/recipes gets a recipe for Conan and a port for vcpkg that take the archives from HOSTWS_RELEASE_URL, where
# they will be; from build/archives if it is not set.
#
# HOSTWS_RELEASE_UNTESTED=1 leaves the tests and the checks out. With --library before the targets, it ends once their
# libraries are built.
set -eu
cd "$(dirname "$0")/.."

. cmake/system.sh
. cmake/toolchain.sh
. cmake/report.sh
. cmake/release/targets.sh

out=$PWD/build/archives
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
date=$(git log -1 --format=%ct 2>/dev/null || echo 1767225600)
jobs=$(getconf _NPROCESSORS_ONLN)
untested_release=${HOSTWS_RELEASE_UNTESTED:-}

# cargo-zigbuild links with an old glibc, and for other systems. OpenSSL is configured by perl.
needs_zig() {
    missing=
    python3 -c 'import venv, ensurepip' 2>/dev/null || want python3-venv python3 python3 python python3
    perl -MFindBin -MIPC::Cmd -e 1 2>/dev/null || want perl 'perl-FindBin perl-IPC-Cmd' perl perl perl
    install_missing || fail "Install these and start again:$missing"
    [ -x build/zig/bin/cargo-zigbuild ] || {
        say "Installing zig into build/zig"
        python3 -m venv build/zig
        build/zig/bin/pip install --quiet ziglang==0.15.2 cargo-zigbuild==0.24.1
    }
    PATH="$PWD/build/zig/bin:$PATH"
}

# What is the same for every target: no traces of this machine, nothing that only a debugger reads.
cargo_environment() {
    variable=CARGO_TARGET_$(echo "$target" | tr 'a-z-' 'A-Z_')_RUSTFLAGS
    flags="$linking --remap-path-prefix=$PWD=/hostws"
    for sources in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
        flags="$flags --remap-path-prefix=$sources=/registry"
    done
    export "$variable=$flags" CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=symbols
    OPENSSL_SRC_PERL=$PWD/cmake/release/perl.sh
    export OPENSSL_SRC_PERL
}

# What only a debugger reads is most of the static library: Rust's own parts bring it along, and cargo lets it be.
strip_static() {
    rust=$(rustc --print sysroot)
    objcopy=$rust/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-objcopy
    [ -x "$objcopy" ] || objcopy=llvm-objcopy
    LD_LIBRARY_PATH=$rust/lib "$objcopy" --strip-debug "$tree/lib/libhostws.a"
}

configure() {
    # Each word of $cmake_options is an argument.
    # shellcheck disable=SC2086
    cmake -S . -B "$tree" -DCMAKE_BUILD_TYPE=Release "-DHOSTWS_CARGO=$cargo" \
        "-DHOSTWS_CARGO_TARGET_DIR=$out/cargo" "-DHOSTWS_RUST_TARGET=$target$glibc" \
        "-DHOSTWS_CARGO_FEATURES=$features" "-DHOSTWS_TEST_PEER=$peer" -DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON \
        -DCMAKE_STRIP= -DCMAKE_SKIP_INSTALL_ALL_DEPENDENCY=ON $cmake_options "-DCMAKE_CROSSCOMPILING_EMULATOR=$emulator" "$@"
}

# The C tests, with the very file that is packed.
test_library() {
    # Each word of $test_programs is one.
    # shellcheck disable=SC2086
    cmake --build "$tree" --target $test_programs -j "$jobs"
    # Each word of $untested is one.
    # shellcheck disable=SC2086
    run_ctest "C tests of $target" --test-dir "$tree" --output-on-failure -j "$jobs" -R '\.shared$|^trust\.' \
        -E "^($(echo $untested | tr ' ' '|'))\.shared$"
}

# What is inside, for the archive and the packages.
describe_contents() {
    rm -rf "$tree/contents"
    mkdir -p "$tree/contents"
    # Each word of $licences is an argument.
    # shellcheck disable=SC2086
    python3 cmake/release/contents.py "$tree/contents" "$target" "$features" "$version" "$date" $licences
    {
        printf '# hostws %s for %s\n\n%s\n\n%s\n\n' "$version" "$target" "$runs_on" "$tls"
        printf 'How this build was tested: %s\n' "$tested"
    } >"$tree/contents/PLATFORM.md"
}

pack() {
    name=hostws-$version-$target
    rm -rf "$tree/$name"
    cmake --install "$tree" --prefix "$tree/$name" >/dev/null
    # It is what was tested.
    for file in "$tree"/lib/*hostws*; do
        cmp "$file" "$(find "$tree/$name" -name "${file##*/}")"
    done
    python3 cmake/release/pack.py "$tree/$name" "$out/$name.$format" "$date"
    [ -z "$untested_release" ] || return 0
    # Each word of $cmake_options and $emulator is an argument.
    # shellcheck disable=SC2046,SC2086
    build/zig/bin/python cmake/release/check.py "$out/$name.$format" "$peer" $cmake_options -- $(echo "$emulator" | tr ';' ' ')
}

# package GENERATOR LIBDIR ARCHITECTURE: two .deb or two .rpm
package() {
    configure -DCMAKE_INSTALL_PREFIX=/usr "-DCMAKE_INSTALL_LIBDIR=$2" -DCMAKE_INSTALL_DOCDIR=share/doc/hostws \
        "-DCPACK_DEBIAN_PACKAGE_ARCHITECTURE=$3" "-DCPACK_RPM_PACKAGE_ARCHITECTURE=$3" >/dev/null
    (cd "$tree" && cpack -G "$1" -B "$tree/packages" >/dev/null)
}

release() {
    target=$1
    tree=$out/$target
    say "$target"
    describe "$target"
    rust_for "$target"
    cargo_environment
    configure "-DBUILD_TESTING=$can_test" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_DOCDIR=.
    cmake --build "$tree" --target hostws_cargo hostws_cdef hostws_man hostws_guide
    [ -z "$library_alone" ] || return 0
    [ "$can_test$untested_release" != ON ] || test_library
    strip_static
    describe_contents
    pack
    [ -n "$debian" ] || return 0
    rm -rf "$tree/packages"
    package DEB "lib/$multiarch" "$debian"
    package RPM "$rpm_lib" "$rpm"
    # shellcheck disable=SC2046,SC2086
    [ -n "$untested_release" ] ||
        python3 cmake/release/check_packages.py "$tree/packages" "$peer" $cmake_options -- $(echo "$emulator" | tr ';' ' ')
    mv "$tree"/packages/*.deb "$tree"/packages/*.rpm "$out"
}

write_recipes() {
    python3 cmake/release/recipes.py "$out" "$out/recipes" "$version" "${HOSTWS_RELEASE_URL:-file://$out}"
    [ -z "$untested_release" ] || return 0
    if ! [ -e "$out/hostws-$version-$(uname -m)-unknown-linux-gnu.tar.gz" ]; then
        not_checked "recipes for Conan and vcpkg: there is no archive for this machine"
        return
    fi
    [ -x build/conan/bin/conan ] || {
        python3 -m venv build/conan
        build/conan/bin/pip install --quiet conan==2.34.0
    }
    python3 cmake/release/check_recipes.py "$out" "$version" "$peer" "$PWD/build/conan/bin/conan"
}

library_alone=
[ "${1:-}" != --library ] || {
    library_alone=yes
    shift
}
needs_to_build
needs_rust
needs_zig
mkdir -p "$out"

# The tests talk to it. Whoever has built it already says where it is.
peer=${HOSTWS_TEST_PEER:-}
if [ -z "$peer$untested_release" ]; then
    say "The test server"
    cargo build --locked --example test-peer
    peer=${CARGO_TARGET_DIR:-$PWD/target}/debug/examples/test-peer
fi

# OpenSSL would write the time into itself. Any will do, if it is always the same: OpenSSL is built anew when it changes.
SOURCE_DATE_EPOCH=1767225600
export SOURCE_DATE_EPOCH
# CPack makes folders with it.
umask 022

[ $# -gt 0 ] || set -- $all_targets
for wanted; do
    # What one target needs in the environment is nothing to the next.
    (release "$wanted")
done
[ -z "$library_alone" ] || exit 0
(cd "$out" && for file in hostws* libhostws*; do [ ! -f "$file" ] || sha256sum "$file"; done >SHA256SUMS)
say "Recipes for Conan and vcpkg"
write_recipes
say "Done"
cat "$out/SHA256SUMS"
