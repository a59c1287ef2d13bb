#!/bin/sh
# Runs every fuzz target for some seconds, 60 unless told: fuzz/run.sh [seconds [target...]]
#
# What was found interesting stays in fuzz/corpus, an input that failed in
# fuzz/artifacts. Ends with 1 if there was one.
set -u
cd "$(dirname "$0")" || exit 2
seconds=${1:-60}
[ $# -gt 1 ] && shift || set -- decoder decoder_deflate extensions response url options no_proxy chunked proxy

if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "cargo-fuzz is not installed: cargo install cargo-fuzz --locked" >&2
    exit 2
fi
# The sanitizers need a nightly compiler, or a stable one that is told to be one.
if cargo +nightly --version >/dev/null 2>&1; then
    fuzz() { cargo +nightly fuzz "$@"; }
else
    export RUSTC_BOOTSTRAP=1
    fuzz() { cargo fuzz "$@"; }
fi

fuzz build || exit 2
failed=
for target; do
    case $target in
        extensions) length=512 ;;
        response | proxy) length=2048 ;;
        url | no_proxy) length=300 ;;
        *) length=1500 ;;
    esac
    dictionary=
    [ -e "dict/$target.dict" ] && dictionary=-dict=dict/$target.dict
    mkdir -p "corpus/$target"
    echo "== $target, $seconds s"
    # shellcheck disable=SC2086
    fuzz run "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -max_len="$length" -timeout=20 $dictionary ||
        failed="$failed $target"
done
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
echo "all targets passed"
