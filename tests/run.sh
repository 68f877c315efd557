#!/bin/sh
# Sets up, builds with warnings as errors and runs all tests; ends with a line
# "N passed, N failed, N skipped". Arguments go to meson test. Kernels are compiled
# for the oldest GPUs and for the H100 alone: nvcc takes longer than all the rest.
cd "$(dirname "$0")/.." || exit 1
sh .ci/setup --tests || exit 1
[ -f build-tests/build.ninja ] || meson setup build-tests -Dwerror=true -Dcuda-archs=75,90 || exit 1
ninja -C build-tests || exit 1
status=0
sh .ci/format --check || status=1
meson test -C build-tests --print-errorlogs "$@" || status=1
# what the tests that failed printed last, again, where a long log is cut in its middle
python3 - <<'END' || true
import json
for line in open('build-tests/meson-logs/testlog.json'):
    test = json.loads(line)
    if test['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL'):
        printed = (test.get('stdout') or '') + (test.get('stderr') or '')
        print(f"\n{test['name']}: {test['result']}; its last lines:")
        print('\n'.join(printed.splitlines()[-40:]))
END
count () { sed -n "s/^$1: *\([0-9]*\).*/\1/p" build-tests/meson-logs/testlog.txt | tail -n 1; }
echo "$(count Ok) passed, $(( $(count Fail) + $(count Timeout) + $(count 'Unexpected Pass') )) failed, $(count Skipped) skipped"
exit $status
