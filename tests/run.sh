#!/bin/sh
# Sets up, builds with warnings as errors and runs all tests; then runs the quick ones
# once more with AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer. Ends
# with a line "N passed, N failed, N skipped". Arguments go to meson test, and the
# sanitizers are left out. Kernels are compiled for the oldest GPUs and for the H100
# alone: nvcc takes longer than all the rest.
cd "$(dirname "$0")/.." || exit 1
sh .ci/setup --tests || exit 1
[ -f build-tests/build.ninja ] || meson setup build-tests -Dwerror=true -Dcuda-archs=75,90 || exit 1
ninja -C build-tests || exit 1
status=0 passed=0 failed=0 skipped=0
sh .ci/format --check || status=1

count () { sed -n "s/^$1: *\([0-9]*\).*/\1/p" "$build/meson-logs/testlog.txt" | tail -n 1; }

# run_tests BUILD ARGUMENT...
run_tests () {
  build=$1
  shift
  rm -f "$build/meson-logs/testlog.txt"
  meson test -C "$build" --print-errorlogs "$@" || status=1
  [ -f "$build/meson-logs/testlog.txt" ] || exit 1
  # what the tests that failed printed last, again, where a long log is cut in its middle
  python3 - "$build" <<'END' || true
import json
import sys
for line in open(f'{sys.argv[1]}/meson-logs/testlog.json'):
    test = json.loads(line)
    if test['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL'):
        printed = (test.get('stdout') or '') + (test.get('stderr') or '')
        print(f"\n{test['name']}: {test['result']}; its last lines:")
        print('\n'.join(printed.splitlines()[-40:]))
END
  passed=$((passed + $(count Ok)))
  failed=$((failed + $(count Fail) + $(count Timeout) + $(count 'Unexpected Pass')))
  skipped=$((skipped + $(count Skipped)))
}

run_tests build-tests "$@"
if [ $# = 0 ]; then
  [ -f build-sanitized/build.ninja ] \
    || meson setup build-sanitized -Dcuda=disabled -Db_sanitize=address,undefined \
      -Dbuildtype=debug -Doptimization=1 || exit 1
  # by name, for which Meson builds what they need alone
  # shellcheck disable=SC2046
  run_tests build-sanitized $(meson test -C build-sanitized --list --suite quick | sed -n 's|.* / ||p')
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
