# For a test's script to read.

# needs PROGRAM...: skips the test where one of them is not installed
needs() {
    for program; do
        command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
    done
}

# again COMMAND...: up to three times, because a server may fail to send a package
again() {
    for pause in 2 10; do
        ! "$@" || return 0
        sleep "$pause"
    done
    "$@"
}
