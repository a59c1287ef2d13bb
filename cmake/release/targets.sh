# What the platforms differ in. Sourced by cmake/release.sh.

all_targets=x86_64-unknown-linux-gnu

# describe TARGET sets:
#   glibc          what cargo-zigbuild takes behind the target's name
#   linking        rustc's flags
#   cmake_options  for this platform
#   format         of the archive: tar.gz or zip
#   emulator       runs its programs, a ;-list
#   can_test       ON if the C tests can run
#   untested       the tests that cannot
#   licences       of what cargo does not know of: FILE=NAME...
#   debian, multiarch, rpm, rpm_lib: names in the packages of distributions; empty if there are none
#   runs_on, tested: words for the user
describe() {
    missing=
    debian= multiarch= rpm= rpm_lib=lib64
    format=tar.gz glibc=.2.17 emulator= can_test=ON untested=nothing cmake_options=
    licences=$(echo build/zig/lib/python3*/site-packages/ziglang/LICENSE)=zig
    runs_on='It runs on every Linux with glibc 2.17 (2012) or later.'
    case $1 in
    x86_64-unknown-linux-gnu)
        for_packages amd64 x86_64-linux-gnu x86_64
        linking=$(with_unwinder cc)
        tested='all C tests, on glibc 2.36.'
        ;;
    *)
        fail "There is no recipe for $1. There is one for: $all_targets"
        ;;
    esac
}

# for_packages DEBIAN MULTIARCH RPM
for_packages() {
    debian=$1 multiarch=$2 rpm=$3
    have rpmbuild || want rpm rpm-build rpm rpm-tools -
    have cpio || want cpio cpio cpio cpio -
}

# C++ hosts throw through the library: it must have the unwinder that they have. zig would link its own one into it.
with_unwinder() {
    unwinder=/lib/$("$1" -dumpmachine)/libgcc_s.so.1
    [ -e "$unwinder" ] || unwinder=$(realpath "$("$1" -print-file-name=libgcc_s.so.1)")
    echo "-Clink-arg=$unwinder"
}
