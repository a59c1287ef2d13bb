#!/bin/sh
# From a fresh clone to something that runs:
#
#   sh cmake/bootstrap.sh demo        builds the library and shows quotes from a local server for ten seconds
#   sh cmake/bootstrap.sh test        runs the tests: here, of what users of Linux download, and for Windows by wine
#   sh cmake/bootstrap.sh test-all    and then what takes longer: the other platforms, fuzzing, the whole Autobahn suite,
#                                     and whether a second build gives the same archives
#   sh cmake/bootstrap.sh bench ...   measures the library beside other clients; ... goes to ctests/bench/run.py --peers
#
# Tests end at the first stage that fails. At the end is how long each stage took, and one list of what was not checked.
# What users download is built by cmake/release.sh, which this calls.
#
# All install what is missing (a C and C++ compiler, CMake, pkg-config, the OpenSSL headers; for test also the
# languages and servers that are tested against, for bench what the other clients need) with the system's package
# manager, and say so before they do it.
set -eu
cd "$(dirname "$0")/.."

. cmake/system.sh
. cmake/toolchain.sh
. cmake/report.sh

tests_portable() {
    [ "$(uname -sm)" = "Linux x86_64" ]
}

# ---- what is needed ----

needs_to_test() {
    missing=
    have abidiff || want abigail-tools libabigail - - -
    for loop in libuv:libuv1-dev libevent:libevent-dev glib-2.0:libglib2.0-dev sdl2:libsdl2-dev; do
        pkg-config --exists "${loop%:*}" 2>/dev/null || want "${loop#*:}" - - - -
    done
    [ -e /usr/include/ev.h ] || want libev-dev - - - -
    [ -e /usr/include/zlib.h ] || want zlib1g-dev zlib-devel zlib-dev zlib zlib
    have clang || want clang clang clang clang -
    have groff || want groff-base groff-base groff groff groff
    have php || want php-cli php-cli php83 php -
    have luajit || want luajit luajit luajit luajit luajit
    have luarocks || want luarocks luarocks luarocks luarocks luarocks
    for version in 5.3 5.4; do
        { have "lua$version" && pkg-config --exists "lua$version"; } 2>/dev/null ||
            want "lua$version liblua$version-dev" - "lua$version lua$version-dev" - -
    done
    have fpc || want fp-compiler fpc - fpc fpc
    { have mono && have mcs; } || want 'mono-runtime mono-mcs' mono-core mono mono mono
    have pypy3 || want pypy3 pypy3 - pypy3 -
    have javac || want default-jdk-headless java-latest-openjdk-devel openjdk17 jdk-openjdk openjdk
    [ -e /usr/share/java/jna.jar ] || want libjna-java jna - - -
    have ruby || want ruby ruby ruby ruby ruby
    ruby -e 'require "minitest"' 2>/dev/null || want ruby-minitest - ruby-minitest - -
    have go || want golang-go golang go go go
    have node || want nodejs nodejs nodejs nodejs node
    have npm || want npm nodejs-npm npm npm -
    python3 -c 'import venv, ensurepip' 2>/dev/null || want python3-venv python3 python3 python python3
    have openssl || want openssl openssl openssl openssl openssl
    have stunnel || want stunnel4 stunnel stunnel stunnel stunnel
    have websocketd || want websocketd - - - -
    pkg-config --exists libwebsockets 2>/dev/null || want libwebsockets-dev - - - -
    have libwebsockets-test-server || want libwebsockets-test-server - - - -
    have tinyproxy || want tinyproxy-bin tinyproxy tinyproxy tinyproxy tinyproxy
    have microsocks || want microsocks - microsocks - microsocks
    # These may lie where only root looks.
    PATH="$PATH:/usr/sbin:/sbin"
    have danted || want dante-server - dante-server dante -
    have nginx || want nginx-light nginx nginx nginx nginx
    { have apache2 || have httpd; } || want apache2-bin httpd apache2 apache httpd
    have ip || want iproute2 iproute iproute2 iproute2 -
    have mosquitto || want mosquitto mosquitto mosquitto mosquitto mosquitto
    [ -n "$(find /usr/lib /usr/lib64 /usr/local/lib /opt/homebrew/lib -name Qt6WidgetsConfig.cmake 2>/dev/null)" ] ||
        want qt6-base-dev qt6-qtbase-devel qt6-qtbase-dev qt6-base qt
    if tests_portable; then
        # Before it is compiled where nobody sees what is said.
        . cmake/release/glibc.sh
        needs_system x86_64-unknown-linux-gnu
    fi
    install_missing || not_checked "what needs one of these, which could not be installed:$missing"
}

needs_to_bench() {
    missing=
    [ -e /usr/include/zlib.h ] || want zlib1g-dev zlib-devel zlib-dev zlib zlib
    [ -e /usr/include/boost/beast.hpp ] || want libboost-dev boost-devel boost-dev boost boost
    pkg-config --exists libwebsockets 2>/dev/null ||
        want libwebsockets-dev libwebsockets-devel libwebsockets-dev libwebsockets libwebsockets
    have node || want nodejs nodejs nodejs nodejs node
    have npm || want npm nodejs-npm npm npm -
    python3 -m pip --version >/dev/null 2>&1 || want python3-pip python3-pip py3-pip python-pip python
    install_missing || say "These could not be installed:$missing"
}

# Registries may stumble: cargo, pip and npm ask again more often than by default.
ask_again() {
    export CARGO_NET_RETRY=10 PIP_RETRIES=10 PIP_TIMEOUT=60 npm_config_fetch_retries=5
}

# ---- demo ----

demo() {
    say "Building the library and the examples"
    cmake -S . -B build/release -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=ON
    cmake --build build/release --target ticker

    say "Building the demo server"
    cargo build --locked --example demo-server

    # The server says where it listens on the first line of its output, once it does.
    output=build/demo-server.txt
    cargo run --quiet --locked --example demo-server -- --seconds 60 >"$output" &
    server=$!
    trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM
    tries=30
    until grep -q '^ws ' "$output"; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ] || ! kill -0 "$server" 2>/dev/null; then
            fail "The demo server does not start."
        fi
        sleep 1
    done
    port=$(sed -n 's/^ws \([0-9]*\).*/\1/p' "$output")

    say "Quotes from ws://127.0.0.1:$port/ticker for ten seconds"
    build/release/examples/ticker "ws://127.0.0.1:$port/ticker" --seconds 10
}

# ---- test ----

# Does the C compiler bring AddressSanitizer, and is this a platform for which rustup does?
have_asan() {
    case $(rustc -vV | sed -n 's/^host: //p') in
    x86_64-unknown-linux-gnu | aarch64-unknown-linux-gnu) ;;
    *) return 1 ;;
    esac
    echo 'int main(void) { return 0; }' | cc -fsanitize=address -x c - -o /dev/null 2>/dev/null
}

lints() {
    for component in fmt clippy; do
        if ! cargo "$component" --version >/dev/null 2>&1; then
            have rustup || fail "There is no cargo $component: install it and start again."
            rustup component add "$(echo "$component" | sed 's/^fmt$/rustfmt/')"
        fi
    done
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
}

# Where native-tls is on top of OpenSSL, this is the code that other systems use.
native_tls_tests() {
    cargo test --locked --features native-tls --test tls --test tls_end --test tls_peers --test tls_pins --test tls_native
    cargo test --locked --features native-tls --lib tls
}

# build_c_tests PRESET
build_c_tests() {
    cmake --preset "$1" -DHOSTWS_TEST_PEER="$HOSTWS_TEST_PEER"
    cmake --build --preset "$1"
}

# c_tests NAME PRESET
c_tests() {
    build_c_tests "$2"
    run_ctest "$1" --preset "$2"
}

# rust_tests_with_asan [OPTION]: an option of cargo test
rust_tests_with_asan() {
    # A hundred thousand connections take a minute with it, and do nothing that ten do not. no_memory
    # and send_memory limit and measure what the sanitizer itself takes; interleavings and life are models without
    # unsafe code, and their runtime keeps what its coroutines need. Each word of $tests is an argument.
    tests=$(cd tests && printf -- '--test %s ' *.rs | sed 's/\.rs / /g; s/--test no_memory //; s/--test send_memory //;
        s/--test interleavings //; s/--test life //')
    # shellcheck disable=SC2086
    HOSTWS_STRESS_SECONDS=10 RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo test --locked --lib $tests \
        --target "$(rustc -vV | sed -n 's/^host: //p')" --target-dir build/asan-rust "$@" -- --skip a_hundred_thousand
}

# What takes longest to compile, and is needed last.
compile_ahead() {
    ! tests_portable || sh cmake/release.sh --library x86_64-unknown-linux-gnu
    ! have_asan || {
        rust_tests_with_asan --no-run
        build_c_tests asan
    }
}

test_here() {
    stage "Format and lints" lints
    stage "Packages" sh cmake/packages.sh

    # cargo test builds the test server, and CMake need not build it again.
    HOSTWS_TEST_PEER="${CARGO_TARGET_DIR:-$PWD/target}/debug/examples/test-peer"
    export HOSTWS_TEST_PEER
    # What is tried at random is the same in each run. Without these, and by fuzzing, it is always something else.
    export PROPTEST_RNG_SEED=6455 SHUTTLE_RANDOM_SEED=6455
    work_ahead sh cmake/bootstrap.sh compile-ahead
    stage "Rust tests" cargo test --locked
    stage "Rust tests of TLS by native-tls" native_tls_tests
    stage "C tests" c_tests "C tests" release

    ! tests_portable || stage "Windows" sh cmake/cross.sh windows
    stage "What is not compiled yet" catch_up
    if tests_portable; then
        stage "The portable library" sh cmake/release.sh x86_64-unknown-linux-gnu
    else
        not_checked "the portable library, and the one for Windows: they are tested on Linux x86-64"
    fi

    if have_asan; then
        stage "Rust tests with AddressSanitizer" rust_tests_with_asan
        stage "C tests with AddressSanitizer" c_tests "C tests with AddressSanitizer" asan
    else
        not_checked "everything with AddressSanitizer: it is not to be had here"
    fi
}

other_platforms() {
    . cmake/release/targets.sh
    others=$(echo "$all_targets" | tr ' ' '\n' | grep -v x86_64-unknown-linux-gnu)
    # Each word of $others is an argument.
    # shellcheck disable=SC2086
    sh cmake/release.sh $others
}

fuzzing() {
    have cargo-fuzz || cargo install --quiet --locked --root build/cargo-fuzz cargo-fuzz
    PATH="$PATH:$PWD/build/cargo-fuzz/bin" sh fuzz/run.sh 20
}

test_rest() {
    stage "Other platforms" other_platforms
    stage "The same archives again" sh cmake/release/reproduce.sh x86_64-unknown-linux-gnu
    stage "Fuzzing" fuzzing
    stage "All cases of Autobahn" sh ctests/autobahn/run.sh --all build/release/ctests/autobahn
    stage "All cases of Autobahn through the bindings, and their speeds" \
        run_ctest "Autobahn through the bindings" --preset release -C All -R '^bindings[.].*[.]all$'
}

case ${1:-} in
demo)
    needs_to_build
    needs_rust
    demo
    ;;
test | test-all)
    begin_report
    needs_to_build
    needs_to_test
    needs_rust
    CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(getconf _NPROCESSORS_ONLN)}
    export CMAKE_BUILD_PARALLEL_LEVEL
    ask_again
    test_here
    [ "$1" = test ] || test_rest
    end_report
    ;;
bench)
    shift
    [ "$(uname)" = Linux ] || fail "The benchmarks need Linux."
    needs_to_build
    needs_to_bench
    needs_rust
    exec python3 ctests/bench/run.py --peers "$@"
    ;;
compile-ahead) compile_ahead ;; # for `test`
*)
    fail "usage: sh cmake/bootstrap.sh demo|test|test-all|bench"
    ;;
esac
