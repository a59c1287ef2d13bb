#!/bin/sh
# Stages that pass, skip and fail, and what is said of them: sh run.sh SCRIPTS CMAKE
set -eu

scripts=$1
cmake=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/cmake" "$folder/tests"
cp "$scripts/report.sh" "$scripts/report.py" "$scripts/system.sh" "$folder/cmake"
cat >"$folder/tests/CMakeLists.txt" <<'end'
cmake_minimum_required(VERSION 3.16)
project(tests NONE)
enable_testing()
add_test(NAME whole COMMAND ${CMAKE_COMMAND} -E echo "all of it")
add_test(NAME partly COMMAND ${CMAKE_COMMAND} -E echo "skipped: half of it")
add_test(NAME missing COMMAND sh -c "echo skipped: no cat is installed; exit 77")
add_test(NAME silent COMMAND sh -c "exit 77")
set_tests_properties(missing silent PROPERTIES SKIP_RETURN_CODE 77)
end
cat >"$folder/run.sh" <<'end'
set -eu
cd "$(dirname "$0")"
. cmake/system.sh
. cmake/report.sh
tests() {
    "$1" -S tests -B build/tests
    run_ctest "C tests" --test-dir build/tests
}
begin_report
[ "$2" = well ] && seconds=1 || seconds=100
work_ahead sh -c "trap 'touch ended' TERM; touch begun; sleep $seconds; nice >ahead; cat"
stage "First" not_checked "the moon: too far"
stage "C tests" tests "$1"
fails() {
    tries=100
    until [ -e begun ] || [ "$tries" -eq 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    false
}
[ "$2" = well ] || stage "Third" fails
catch_up
[ "$(cat ahead)" = 19 ]
end_report
end

fail() {
    echo "$1, in:" >&2
    cat "$folder/said" >&2
    exit 1
}
unset HOSTWS_REPORT
sh "$folder/run.sh" "$cmake" well >"$folder/said" 2>&1 || fail "it ends with $?"
for words in "the moon: too far" "C tests: missing: no cat is installed" "C tests: partly: half of it" \
    "C tests: silent: it did not say why" "  0 min .* s C tests"; do
    grep -q "^$words\$" "$folder/said" || fail "there is no: $words"
done
! grep -q '^== ahead' "$folder/said" || fail "what was done ahead stands among the results"
tail -n 2 "$folder/said" | grep -q '^100% tests passed, 0 tests failed out of 4$' || fail "CTest's result is not at the end"

rm "$folder/begun"
status=0
sh "$folder/run.sh" "$cmake" badly >"$folder/said" 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "it ends with $status"
tail -n 1 "$folder/said" | grep -q '^It ended in the stage: Third$' || fail "it does not say where it ended"
tries=100
until [ -e "$folder/ended" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "what it does ahead goes on"
    sleep 0.1
done
