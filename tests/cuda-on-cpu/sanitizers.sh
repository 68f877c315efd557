#!/bin/sh
# The CUDA backend on the CPU under AddressSanitizer with UndefinedBehavior-
# Sanitizer, and under ThreadSanitizer: every row of the op test, in both orders
# of threads. Takes minutes, most of them to compile the module twice.
#   sanitizers.sh BUILD-FOLDER [OUTPUT-FOLDER [OP...]]
build=$(cd "$1" && pwd) || exit 2
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$build/tests/cuda-on-cpu}
[ $# -ge 2 ] && shift 2 || shift $#
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
failed=0
# all ops in one go, on a machine with other work
export NF_RUN_TIMEOUT=3600

for sanitizer in address thread; do
  "$here/build-module.sh" "$build" "$out/$sanitizer" $sanitizer || exit 1
  for order in forward reverse; do
    for op in "${@:-}"; do
      log=$out/$sanitizer-$order${op:+-$op}.log
      result=ok
      NF_CUDA_ORDER=$order "$here/run-ops.sh" "$build" "$out/$sanitizer" \
        $sanitizer $op >"$log" 2>&1 || result="FAILED, see $log"
      cases=$(grep -c '^ok' "$log")
      [ "$cases" -gt 0 ] || result="FAILED, see $log"
      [ "$result" = ok ] || failed=1
      echo "$sanitizer $order ${op:-all ops}: $cases cases, $result"
    done
  done
done
exit $failed
