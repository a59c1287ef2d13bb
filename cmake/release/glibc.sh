# Linux with the GNU C library. Sourced by cmake/release/targets.sh.

needs_system() {
    have rpmbuild || want rpm rpm-build rpm rpm-tools -
    have cpio || want cpio cpio cpio cpio -
    have dpkg-deb || want dpkg dpkg dpkg dpkg -
    case $1 in
    aarch64-*) cross_compiler aarch64 aarch64-linux-gnu ;;
    armv7-*) cross_compiler arm arm-linux-gnueabihf ;;
    esac
}

# cross_compiler PROCESSOR TRIPLE: with qemu, for which it brings the C library
cross_compiler() {
    have "$2-g++" || want "g++-$2" "gcc-c++-$2" - - -
    have "qemu-$1" || want qemu-user qemu-user "qemu-$1" qemu-user -
}

describe_system() {
    glibc=.2.17
    runs_on='It runs on every Linux with glibc 2.17 (2012) or later.'
    case $1 in
    x86_64-unknown-linux-gnu)
        for_packages amd64 x86_64-linux-gnu x86_64
        linking=$(with_unwinder cc)
        tested='all C tests, on glibc 2.36.'
        ;;
    aarch64-unknown-linux-gnu)
        for_packages arm64 aarch64-linux-gnu aarch64
        emulated aarch64 aarch64-linux-gnu
        tested="the C tests but $left_out, by qemu 7.2 with glibc 2.36; not on a machine of its kind."
        linking=$(with_unwinder aarch64-linux-gnu-gcc)
        ;;
    armv7-unknown-linux-gnueabihf)
        for_packages armhf arm-linux-gnueabihf armv7hl
        rpm_lib=lib
        emulated arm arm-linux-gnueabihf
        # Elsewhere compilers write these tables unasked.
        cmake_options="$cmake_options -DCMAKE_C_FLAGS=-funwind-tables"
        runs_on="$runs_on

A program in C that leaves a callback by longjmp(), or ends a thread of the library by pthread_exit(), is to be compiled
with -funwind-tables. Otherwise the library cannot see that the call has ended, and that connection gets no more events."
        tested="the C tests but $left_out, by qemu 7.2 with glibc 2.36; not on a machine of its kind."
        linking=$(with_unwinder arm-linux-gnueabihf-gcc)
        ;;
    *) fail "There is no recipe for $1" ;;
    esac
}

# emulated PROCESSOR TRIPLE: what starts its own program anew cannot run, since the kernel knows no emulator, nor what
# forks, since qemu fails an assertion of its own in a child of a process with threads.
emulated() {
    untested='closed_descriptors exit_blocked_wakeup exit_live exit_sends setuid standard_descriptors thread_setup
        wakeup_faults fork'
    left_out="$(echo "$untested" | wc -w) that start their own program anew or fork"
    cmake_options="-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=$1
        -DCMAKE_C_COMPILER=$2-gcc -DCMAKE_CXX_COMPILER=$2-g++"
    emulator="qemu-$1;-L;/usr/$2"
}

# for_packages DEBIAN MULTIARCH RPM
for_packages() {
    debian=$1 multiarch=$2 rpm=$3
}

# C++ hosts throw through the library: it must have the unwinder that they have. zig would link its own one into it.
with_unwinder() {
    unwinder=/lib/$("$1" -dumpmachine)/libgcc_s.so.1
    [ -e "$unwinder" ] || unwinder=$(realpath "$("$1" -print-file-name=libgcc_s.so.1)")
    echo "-Clink-arg=$unwinder"
}
