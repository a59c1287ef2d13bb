# Rust, for this machine and for other platforms. To be sourced in the root of the sources, after cmake/system.sh,
# by a script with `set -eu`:
#
#   needs_rust
#   rust_for x86_64-pc-windows-gnu
#   cargo build --target x86_64-pc-windows-gnu

# Puts cargo on the PATH, or says how to get it.
needs_rust() {
    if ! have cargo && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
    least=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' Cargo.toml)
    how="Install Rust 1.$least or later, for instance with rustup (https://rustup.rs), and start again."
    have cargo || fail "There is no cargo. $how"
    minor=$(cargo --version | sed -n 's/^cargo 1\.\([0-9]*\)\..*/\1/p')
    [ "${minor:-0}" -ge "$least" ] || fail "This is too old: $(cargo --version). $how"
}

# rust_for TARGET: makes Rust's standard library for it available, or fails and says what is missing
rust_for() {
    rust_has "$1" && return
    if command -v rustup >/dev/null 2>&1 && rustup target add "$1"; then
        return
    fi
    rust_of_debian && rust_builds_std && return
    echo "There is no Rust for $1 here. To get it: install rustup (https://rustup.rs), and rustup target add $1" >&2
    return 1
}

rust_has() {
    [ -n "${CARGO_UNSTABLE_BUILD_STD:-}" ] ||
        ls "$("${RUSTC:-rustc}" --print sysroot 2>/dev/null)/lib/rustlib/$1/lib"/libstd-*.rlib >/dev/null 2>&1
}

# Debian has the sources of the standard library, but builds of it for this machine alone. Its compiler that is new
# enough contradicts rustup's, so it is unpacked instead of installed.
rust_of_debian() {
    debian=$PWD/build/toolchain
    [ ! -e "$debian/done" ] || return 0
    command -v apt-get >/dev/null 2>&1 || return 1
    mkdir -p "$debian/packages"
    names=$(apt-get install --simulate --no-install-recommends rustc-web cargo-web rust-web-src |
        sed -n 's/^Inst \([^ ]*\).*/\1/p')
    # Each word of $names is a package.
    # shellcheck disable=SC2086
    (cd "$debian/packages" && apt-get download -q $names) || return 1
    for package in "$debian"/packages/*.deb; do
        dpkg-deb -x "$package" "$debian" || return 1
    done
    rm -r "$debian/packages"
    touch "$debian/done"
}

rust_builds_std() {
    PATH="$debian/usr/bin:$PATH"
    LD_LIBRARY_PATH="$debian/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -dumpmachine)"
    RUSTC=$debian/usr/bin/rustc
    RUSTC_BOOTSTRAP=1
    CARGO_UNSTABLE_BUILD_STD=std,panic_unwind
    export PATH LD_LIBRARY_PATH RUSTC RUSTC_BOOTSTRAP CARGO_UNSTABLE_BUILD_STD
    cargo --version
}
