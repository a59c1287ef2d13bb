# The system's package manager. To be sourced by a script with `set -eu`:
#
#   . cmake/system.sh
#   have luajit || want luajit luajit luajit luajit luajit
#   install_missing

say() { printf '\n== %s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

manager=none
for candidate in apt-get dnf apk pacman brew; do
    if have "$candidate"; then
        manager=$candidate
        break
    fi
done

missing=

# want PACKAGES...: what the package manager calls it, in the order apt-get dnf apk pacman brew; - is nothing
want() {
    case $manager in
    apt-get) names=$1 ;;
    dnf) names=$2 ;;
    apk) names=$3 ;;
    pacman) names=$4 ;;
    brew) names=$5 ;;
    none) names=$1 ;;
    esac
    [ "$names" = - ] || missing="$missing $names"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        printf '%s\n' "This needs root, and there is no sudo: $*" >&2
        return 1
    fi
}

# Installs what want() collected.
install_missing() {
    [ -n "$missing" ] || return 0
    say "Installing with $manager:$missing"
    # Each word of $missing is a package.
    # shellcheck disable=SC2086
    case $manager in
    apt-get)
        # A mirror may stumble, and another program may be installing.
        as_root apt-get -o Acquire::Retries=5 update -q && as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=120 install -q -y --no-install-recommends $missing
        ;;
    dnf) as_root dnf install -y $missing ;;
    apk) as_root apk add $missing ;;
    pacman) as_root pacman -S --needed --noconfirm $missing ;;
    brew) brew install $missing ;;
    none)
        echo "No package manager that this script knows."
        return 1
        ;;
    esac
}

# What building for Windows and running its programs needs besides that.
needs_mingw() {
    have x86_64-w64-mingw32-g++-posix || have x86_64-w64-mingw32-g++ ||
        want 'gcc-mingw-w64-x86-64-posix g++-mingw-w64-x86-64-posix' 'mingw64-gcc mingw64-gcc-c++' mingw-w64-gcc \
            mingw-w64-gcc mingw-w64
    # Debian has it in no folder of the PATH.
    have wine64 || have wine || [ -x /usr/lib/wine/wine64 ] || want wine64 wine wine wine wine-stable
}

# What building the library needs besides Rust.
needs_to_build() {
    missing=
    if ! have cc || ! have c++ || ! have make; then
        [ "$(uname)" != Darwin ] || fail "There is no C compiler: run xcode-select --install"
        want 'gcc g++ make libc6-dev' 'gcc gcc-c++ make' build-base base-devel -
    fi
    have cmake || want cmake cmake cmake cmake cmake
    have pkg-config || want pkg-config pkgconf-pkg-config pkgconf pkgconf pkgconf
    # macOS has a TLS library of its own.
    if [ "$(uname)" != Darwin ] && ! pkg-config --exists openssl 2>/dev/null; then
        want libssl-dev openssl-devel openssl-dev openssl -
    fi
    install_missing || fail "Install these and start again:$missing"
}
