#!/bin/sh
# tests/gpu-check.sh as a person with a GPU sees it, on the CPU: its table, its
# verdict, its report and its exit status, where all is well and where a device
# with little memory makes some of the checks fail; its kit; its budget; what
# stands there when it is killed and when a program dies.
# From tests/meson.build: NF_SOURCE, NF_BUILD.
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
failed=0
fail () { echo "FAIL: $*"; failed=1; }

script=$NF_SOURCE/tests/gpu-check.sh

# run NAME WANTED-STATUS OPTION...: what it prints, its report, its exit status
run () {
  name=$1
  wanted=$2
  shift 2
  sh "$script" "$@" "$out/$name.txt" >"$out/$name" 2>&1
  status=$?
  [ $status = "$wanted" ] || fail "$name: exit status $status, wanted $wanted"
  cat "$out/$name"
  [ -f "$out/$name.txt" ] || fail "$name: no report"
  [ -f "$out/$name.log" ] || fail "$name: nothing of what the checks said"
}

# has NAME FILE PATTERN: a line of it matches
has () { grep -q -- "$3" "$2" || fail "$1: no line like $3"; }

# the rows of the table
rows () { sed -n 's/^\(.\{40\}\) \(ok\|FAILED\|cpu [0-9]\).*/\1/p' "$1"; }

run well 0 --on-cpu "$NF_BUILD"
has well "$out/well" '^all checks passed on cuda:0$'
has well "$out/well" '^linear layers  *ok$'
has well "$out/well" '^golden: losses  *ok$'
has well "$out/well" '^tiny: an evaluation  *cpu [0-9.e+-]* ms, gpu [0-9.e+-]* ms: [0-9.e+-]* times as fast$'
has well "$out/well" '^tiny: an evaluation, TF32  *cpu [0-9.]'
grep -q FAILED "$out/well" && fail "well: something failed"
# the report has the head, the table and the verdict, the log what the checks said
has report "$out/well.txt" '^module: .*libnfcuda.so$'
has report "$out/well.txt" '^linear layers  *ok$'
has report "$out/well.txt" '^all checks passed on cuda:0$'
has log "$out/well.log" '^== linear layers: ./test-ops -p /ops/cuda:0/linear$'
has log "$out/well.log" '^ok 1 /ops/cuda:0/linear'
has log "$out/well.log" '^how  *tf32 on cuda:0,'

# 28 MiB are enough for small ops, not for a network
NF_CUDA_MEMORY=29360128 run scarce 1 --on-cpu "$NF_BUILD"
has scarce "$out/scarce" ' *FAILED: died of signal 6, see '
n=$(sed -n 's/^.\{40\} FAILED/&/p' "$out/scarce" | wc -l)
has scarce "$out/scarce" "^$n FAILED on cuda:0\$"
has scarce "$out/scarce" '^ops: errors  *ok$'
has scarce "$out/scarce" '^tiny: an evaluation  *FAILED on cuda:0, see '
has scarce.txt "$out/scarce.txt" '^[1-9][0-9]* FAILED on cuda:0$'
has scarce.log "$out/scarce.log" 'out of memory'
rows "$out/well" >"$out/wanted"
rows "$out/scarce" >"$out/found"
cmp "$out/wanted" "$out/found" || fail "rows are missing after a failure"
[ -s "$out/wanted" ] || fail "no rows"

# a kit has all that it needs but NVIDIA's libraries: an empty environment
sh "$script" --on-cpu "$NF_BUILD" --make-kit "$out/kit" >"$out/made" 2>&1 || fail "no kit: $(cat "$out/made")"
has made "$out/made" '^made: .*, [1-5][0-9]* MiB; '
tar -C "$out" -xzf "$out/kit/lib.tar.gz" || fail "the kit has no libraries"
for library in "$out/lib"/*; do
  case $(basename "$library") in
    libcu* | libnv* | libc.so* | libm.so* | ld-linux*) fail "$library is in the kit" ;;
  esac
done
[ -f "$out/lib/libglib-2.0.so.0" ] || fail "GLib is not in the kit"
env -i PATH=/usr/bin:/bin HOME="$out" LD_LIBRARY_PATH="$(dirname "$(ldd "$NF_BUILD/tests/cuda-on-cpu/libnfcuda.so" | sed -n 's/.*libcudnn.so.9 => \(\/[^ ]*\).*/\1/p')")" \
  sh "$out/kit/tests/gpu-check.sh" --kit "$out/kit" "$out/kit.txt" >"$out/kit.said" 2>&1 \
  || fail "the kit's checks: $(cat "$out/kit.said")"
cat "$out/kit.said"
has kit "$out/kit.txt" '^budget: 480 s$'
has kit "$out/kit.txt" '^golden: losses  *ok$'
has kit "$out/kit.txt" '^tiny: an evaluation, f32  *[0-9.e+-]* ms$'
has kit "$out/kit.txt" '^all checks passed on cuda:0$'

# when the time is over the rest is reported as not run
run short 0 --on-cpu "$NF_BUILD" --budget 4
has short "$out/short.txt" ': the time is over$'
has short "$out/short.txt" '^all that ran passed on cuda:0$'

# what was done stands there when it is killed with all its group
setsid sh "$script" --on-cpu "$NF_BUILD" --budget 400 "$out/killed.txt" >/dev/null 2>&1 &
killed=$!
for second in $(seq 120); do
  grep -q '^linear layers (cuBLAS)  *ok$' "$out/killed.txt" 2>/dev/null && break
  sleep 1
done
kill -9 -$killed
wait $killed 2>/dev/null
has killed "$out/killed.txt" '^linear layers (cuBLAS)  *ok$'
has killed "$out/killed.log" '^ok 1 /ops/cuda:0/linear'
grep -q 'passed on' "$out/killed.txt" && fail "killed: a verdict"

# a signal ends what runs at once, not when that is done
sh -c '
  report=$1/ended.txt log=$1/ended.log deadline="" work=$1 died="" root=$2
  . "$2/tests/gpu-check/run.sh"
  trap "stop_all; exit 143" TERM
  check "takes long" sh -c "echo begun; sleep 60; : >$1/late"
' sh "$out" "$NF_SOURCE" >/dev/null 2>&1 &
ended=$!
for second in $(seq 120); do
  grep -q '^begun$' "$out/ended.log" 2>/dev/null && break
  sleep 1
done
kill $ended
wait $ended
[ $? = 143 ] || fail "ended: another exit status than 143"
[ ! -e "$out/late" ] || fail "ended: it went on to the end"

# killed outright: what runs ends soon, by itself and beside, and leaves no folder
mkdir "$out/work"
setsid sh -c '
  report=$1/outright.txt log=$1/outright.log deadline="" work=$1/work died="" root=$2
  . "$2/tests/gpu-check/run.sh"
  watch_over
  start "beside" sh -c "echo \$\$ >$1/beside; exec sleep 300"
  check "takes long" sh -c "echo \$\$ >$1/alone; exec sleep 300"
' sh "$out" "$NF_SOURCE" >/dev/null 2>&1 &
outright=$!
for second in $(seq 120); do
  [ -s "$out/beside" ] && [ -s "$out/alone" ] && break
  sleep 1
done
kill -9 -$outright
wait $outright 2>/dev/null
for second in $(seq 60); do
  kill -0 "$(cat "$out/beside")" 2>/dev/null || kill -0 "$(cat "$out/alone")" 2>/dev/null \
    || [ -e "$out/work" ] || break
  sleep 1
done
for check in beside alone; do
  kill "$(cat "$out/$check")" 2>/dev/null && fail "outright: the check $check goes on"
done
[ ! -e "$out/work" ] || fail "outright: its folder is left"

# whether PyTorch says the same, where it is installed
if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  has peer "$out/kit.txt" '^PyTorch [0-9.]*'
  has peer "$out/kit.txt" '^tiny: what PyTorch makes  *ok$'
  has peer "$out/kit.txt" '^PyTorch: tiny: an evaluation, f32  *[0-9.e+-]* ms, ours [0-9.e+-]* ms: [0-9.e+-]* times as fast$'
  has peer "$out/kit.log" '^largest difference: '
else
  has peer "$out/kit.txt" '^PyTorch: none that computes on cpu here$'
fi

# a program that dies says where
(
  report=$out/died.txt log=$out/died.log deadline='' work=$out died=$NF_BUILD/tests/libnfdied.so
  . "$NF_SOURCE/tests/gpu-check/run.sh"
  check "dies" sh -c 'kill -SEGV $$'
  check "sleeps" sleep 0
) >/dev/null 2>&1
has died "$out/died.txt" '^dies  *FAILED: died of signal 11, see '
has died "$out/died.txt" '^sleeps  *ok$'
has died "$out/died.log" '^died of a signal, called from:$'
has died "$out/died.log" 'libc.so.6(kill'

# nothing is built where there is no GPU
if ! nvidia-smi -L >/dev/null 2>&1 && [ ! -e /dev/nvidia0 ] && [ ! -e /dev/dxg ]; then
  sh "$script" "$out/none.txt" >"$out/none" 2>&1
  [ $? = 2 ] || fail "without a GPU: another exit status than 2"
  has none "$out/none" 'no NVIDIA GPU here'
  [ ! -e "$NF_SOURCE/build-gpu" ] || fail "a build without a GPU"
fi

sh "$NF_SOURCE/tests/gpu-check.sh" --budget 8m >/dev/null 2>&1
[ $? = 2 ] || fail "a wrong budget is taken"
sh "$NF_SOURCE/tests/gpu-check.sh" --kit "$out" >/dev/null 2>&1
[ $? = 2 ] || fail "a folder that is no kit is taken"
sh "$NF_SOURCE/tests/gpu-check.sh" --no-such-option >/dev/null 2>&1
[ $? = 2 ] || fail "an unknown option is taken"
sh "$NF_SOURCE/tests/gpu-check.sh" --device gpu >/dev/null 2>&1
[ $? = 2 ] || fail "a wrong device is taken"
exit $failed
