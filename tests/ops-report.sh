#!/bin/sh
# Writes the report card of docs/ops.md anew (between its markers): the op test
# on the CPU and on the CUDA kernels as the CPU runs them (tests/cuda-on-cpu).
#   tests/ops-report.sh [BUILD-FOLDER]
cd "$(dirname "$0")/.." || exit 1
build=${1:-build-tests}
doc=docs/ops.md
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
NEXTFRAME_MODULE_PATH=$PWD/$build/tests/cuda-on-cpu NF_TEST_DEVICES=cpu,cuda:0 \
  NF_OPS_REPORT=$out "$build/tests/test-ops" || exit 1
awk -v file="$out" '
  /<!-- begin report -->/ { print; print ""; while ((getline line < file) > 0) print line; print ""; skip = 1; next }
  /<!-- end report -->/ { skip = 0 }
  !skip { print }' "$doc" >"$doc.part" && mv "$doc.part" "$doc"
