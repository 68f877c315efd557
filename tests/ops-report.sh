#!/bin/sh
# Writes the report card of docs/ops.md anew (between its markers): the op test
# on the CPU and on the CUDA kernels as the CPU runs them (tests/cuda-on-cpu).
#   tests/ops-report.sh [BUILD-FOLDER]
#   tests/ops-report.sh --check BUILD-FOLDER
# The second only looks whether the card has as many rows of each op as the op test.
check=
if [ "$1" = --check ]; then
  check=yes
  shift
fi
build=$(cd "${1:-build-tests}" && pwd) || exit 2
cd "$(dirname "$0")/.." || exit 1
doc=docs/ops.md
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

if [ -n "$check" ]; then
  NF_TEST_DEVICES=cpu "$build/tests/test-ops" -l | sed -n 's|^[# ]*/ops/cpu/\([^/]*\)/.*|\1|p' >"$out"
  awk -F ' *[|] *' '
    FNR == NR { tested[$1]++; next }
    /<!-- end report -->/ { inside = 0 }
    inside && $4 ~ /^[0-9]+$/ { told[$2] += $4 }
    /<!-- begin report -->/ { inside = 1 }
    END {
      for (op in tested) {
        n++
        if (told[op] != tested[op]) {
          print op ": " told[op] + 0 " rows, the op test has " tested[op] "; tests/ops-report.sh writes them"
          bad = 1
        }
      }
      print n + 0 " ops"
      exit bad || n == 0
    }' "$out" $doc
  exit
fi
NEXTFRAME_MODULE_PATH=$build/tests/cuda-on-cpu NF_TEST_DEVICES=cpu,cuda:0 \
  NF_OPS_REPORT=$out "$build/tests/test-ops" || exit 1
awk -v file="$out" '
  /<!-- begin report -->/ { print; print ""; while ((getline line < file) > 0) print line; print ""; skip = 1; next }
  /<!-- end report -->/ { skip = 0 }
  !skip { print }' "$doc" >"$doc.part" && mv "$doc.part" "$doc"
