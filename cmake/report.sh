# What a run of several stages says at its end: how long each took, what was not checked and why, and CTest's results.
# To be sourced after cmake/system.sh by a script with `set -eu`:
#
#   begin_report
#   work_ahead sh compile.sh
#   stage 'Rust tests' rust_tests
#   catch_up
#   stage 'C tests' c_tests
#   end_report
#
# What a stage starts, in a process of its own or not, says not_checked() of what it leaves out, and run_ctest()
# instead of ctest. Both work without a report, too.

begin_report() {
    HOSTWS_REPORT=$PWD/build/report
    export HOSTWS_REPORT
    rm -rf "$HOSTWS_REPORT"
    mkdir -p "$HOSTWS_REPORT"
    running=
    ahead=
    trap ended EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

ended() {
    [ -z "$ahead" ] || kill "$ahead" 2>/dev/null || true
    [ -z "$running" ] || echo "It ended in the stage: $running" >&2
}

# work_ahead COMMAND...: starts what later stages begin with, at the lowest priority, while others wait for servers and
# clocks. Those stages do it again and find it done: what fails here fails there, where it is seen.
work_ahead() {
    # `timeout` hands a signal on to all that the command has started.
    timeout -k 10 3600 nice -n 19 "$@" >"$HOSTWS_REPORT/ahead" 2>&1 </dev/null &
    ahead=$!
}

# catch_up: waits until that is done
catch_up() {
    wait "$ahead" || true
    ahead=
}

# stage NAME COMMAND...: ends this script if the command fails
stage() {
    running=$1
    began=$(date +%s)
    shift
    say "$running"
    "$@"
    printf '%s\t%s\n' "$(($(date +%s) - began))" "$running" >>"$HOSTWS_REPORT/times"
    running=
}

# not_checked WHAT AND WHY
not_checked() {
    printf 'Not checked: %s\n' "$*"
    [ -z "${HOSTWS_REPORT:-}" ] || printf '%s\n' "$*" >>"$HOSTWS_REPORT/not-checked"
}

# run_ctest NAME ARGUMENT...: NAME is that of the results in the report
run_ctest() {
    results=${HOSTWS_REPORT:-$PWD/build/report}/$1
    mkdir -p "${results%/*}"
    shift
    ctest "$@" --output-junit "$results.xml" --output-log "$results.log" --test-output-size-passed 1000000
}

end_report() {
    python3 cmake/report.py "$HOSTWS_REPORT"
}
