#!/bin/sh
# tests/gpu-check.sh as a person with a GPU sees it, on the CPU: its table, its
# verdict, its report and its exit status, where all is well and where a device
# with little memory makes some of the checks fail.
# From tests/meson.build: NF_SOURCE, NF_BUILD.
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
failed=0
fail () { echo "FAIL: $*"; failed=1; }

# run NAME WANTED-STATUS: what it prints, its report, its exit status
run () {
  sh "$NF_SOURCE/tests/gpu-check.sh" --on-cpu "$NF_BUILD" "$out/$1.report" >"$out/$1" 2>&1
  status=$?
  [ $status = "$2" ] || fail "$1: exit status $status, wanted $2"
  cat "$out/$1"
  [ -f "$out/$1.report" ] || fail "$1: no report"
}

# has NAME FILE PATTERN: a line of it matches
has () { grep -q -- "$3" "$2" || fail "$1: no line like $3"; }

# the rows of the table
rows () { sed -n 's/^\(.\{40\}\) \(ok\|FAILED\|cpu [0-9]\).*/\1/p' "$1"; }

run well 0
has well "$out/well" '^all checks passed on cuda:0$'
has well "$out/well" '^linear layers  *ok$'
has well "$out/well" '^golden: losses  *ok$'
has well "$out/well" '^tiny: an evaluation  *cpu [0-9.e+-]* ms, gpu [0-9.e+-]* ms: [0-9.e+-]* times as fast$'
has well "$out/well" '^tiny: an evaluation, TF32  *cpu [0-9.]'
grep -q FAILED "$out/well" && fail "well: something failed"
# the report has the head, the table, the verdict, and what the checks said
has report "$out/well.report" '^module: .*libnfcuda.so$'
has report "$out/well.report" '^all checks passed on cuda:0$'
has report "$out/well.report" '^== linear layers: ./test-ops -p /ops/cuda:0/linear$'
has report "$out/well.report" '^ok 1 /ops/cuda:0/linear'
has report "$out/well.report" '^how  *tf32 on cuda:0,'

# 28 MiB are enough for small ops, not for a network
NF_CUDA_MEMORY=29360128 run scarce 1
has scarce "$out/scarce" ' *FAILED, see '
n=$(sed -n 's/^.\{40\} FAILED/&/p' "$out/scarce" | wc -l)
has scarce "$out/scarce" "^$n FAILED on cuda:0\$"
has scarce "$out/scarce" '^ops: errors  *ok$'
has scarce "$out/scarce" '^tiny: an evaluation  *FAILED on cuda:0, see '
has scarce.report "$out/scarce.report" '^[1-9][0-9]* FAILED on cuda:0$'
has scarce.report "$out/scarce.report" 'out of memory'
rows "$out/well" >"$out/wanted"
rows "$out/scarce" >"$out/found"
cmp "$out/wanted" "$out/found" || fail "rows are missing after a failure"
[ -s "$out/wanted" ] || fail "no rows"

sh "$NF_SOURCE/tests/gpu-check.sh" --no-such-option >/dev/null 2>&1
[ $? = 2 ] || fail "an unknown option is taken"
sh "$NF_SOURCE/tests/gpu-check.sh" --device gpu >/dev/null 2>&1
[ $? = 2 ] || fail "a wrong device is taken"
exit $failed
