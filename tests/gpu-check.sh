#!/bin/sh
# For a machine with an NVIDIA GPU: builds the CUDA backend, checks it against
# reference numbers, then measures it against the CPU.
#
#   tests/gpu-check.sh [--quick] [--device cuda:N] [REPORT]
#
# Prints one table and a verdict, and writes both, with all that the checks
# said, to REPORT (gpu-check.txt), which can be attached to a report of a bug.
# Exits with 1 if a check failed. NEXTFRAME_MODULE_PATH names another folder
# with a libnfcuda.so to check.
cd "$(dirname "$0")/.." || exit 1
quick=no
device=cuda:0
report=gpu-check.txt
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=yes ;;
    --device) shift; device=$1 ;;
    -h | --help) sed -n '2,/^cd /{/^cd /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    -*) echo "gpu-check: unknown option $1; see --help" >&2; exit 2 ;;
    *) report=$1 ;;
  esac
  shift
done

build=build-gpu
sh .ci/setup --tests || exit 1
[ -f $build/build.ninja ] || meson setup $build -Dcuda=enabled || exit 1
ninja -C $build || exit 1

root=$PWD
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
: "${NEXTFRAME_MODULE_PATH:=$root/$build/kernels/cuda}"
export NEXTFRAME_MODULE_PATH
export NF_TEST_DEVICES=$device
train=$root/$build/trainer/nextframe-train
failed=0
log=$work/log
: >"$log"
: >"$work/table"

row () { printf '%-34s %s\n' "$1" "$2" | tee -a "$work/table"; }

# check NAME COMMAND...: one row of the table; what it says goes to the log
check () {
  name=$1
  shift
  printf '\n== %s: %s\n' "$name" "$*" >>"$log"
  if "$@" >"$work/said" 2>&1; then
    row "$name" "ok"
  else
    row "$name" "FAILED, see $report"
    failed=$((failed + 1))
  fi
  cat "$work/said" >>"$log"
}

# number FILE KEY: a number from a benchmark's JSON
number () { sed -n "s/.*\"$2\" : \([0-9.e+-]*\).*/\1/p" "$1" | head -n 1; }

# compare NAME BENCH-ARGUMENTS...: median times on both devices, and their ratio
compare () {
  name=$1
  shift
  for on in cpu "$device"; do
    printf '\n== %s on %s: bench %s\n' "$name" "$on" "$*" >>"$log"
    if ! "$train" bench "$@" --no-profile --device "$on" -j "$work/$on.json" >>"$log" 2>&1; then
      row "$name" "FAILED on $on, see $report"
      failed=$((failed + 1))
      return
    fi
  done
  row "$name" "$(awk -v a="$(number "$work/cpu.json" median)" -v b="$(number "$work/$device.json" median)" \
    'BEGIN { printf "cpu %.4g ms, gpu %.4g ms: %.3g times as fast", 1e3 * a, 1e3 * b, a / b }')"
}

{
  echo "commit: $(git rev-parse HEAD 2>/dev/null || echo unknown)"
  echo "module: $NEXTFRAME_MODULE_PATH/libnfcuda.so"
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo "nvidia-smi: not found"
  nvcc --version 2>/dev/null | sed -n 's/.*release/nvcc: release/p'
  sed -n 's/^model name.*: /cpu: /p' /proc/cpuinfo | head -n 1
} | tee "$work/head"

cd $build/tests || exit 1
export NF_SOURCE="$root" NF_TEST_DATA="$root/tests/data" NF_SHARED="$root/../shared"
export NF_TRAIN="$train" GST_PLUGIN_PATH_1_0="$root/$build/gst" GST_REGISTRY="$work/registry.bin"
export G_DEBUG=fatal-criticals OMP_WAIT_POLICY=passive CK_DEFAULT_TIMEOUT=600
check "every op and its gradient" ./test-ops
check "ops: behaviour" ./test-ops-behaviour
check "ops: errors" ./test-ops-errors
check "pitched memory, masks" ./test-frames
check "video against GStreamer" ./test-video-ops
check "gradients of whole graphs" ./test-tape
check "an optimiser's step over all parameters" ./test-optim
check "captured graphs, several threads" ./test-graph
check "samplers" ./test-sampler
check "UNet++" ./test-unetpp
golden=$(find "$NF_SHARED/golden" -name '*.safetensors' 2>/dev/null)
if [ -n "$golden" ]; then
  for file in $golden; do
    check "golden: $(basename "$file" .safetensors)" ./golden-check --device "$device" "$file"
  done
else
  row "golden numbers" "skipped: not part of a clone"
fi
check "nfsegment" ./test-nfsegment
check "nfpredict" ./test-nfpredict
check "elements side by side" ./test-nfdevices
if [ -x ./test-nfcudamemory ] && ldconfig -p | grep -q 'libcuda\.so\.1'; then
  check "frames in the GPU's memory" ./test-nfcudamemory
else
  row "frames in the GPU's memory" "skipped: no gstreamer-cuda-1.0, or no driver"
fi
check "pipeline" sh "$root/tests/check/pipeline.sh"
check "short training, and resuming" ./test-training
cd "$root" || exit 1

if [ $quick = yes ]; then
  compare "tiny: an evaluation" network -n tiny --repeat 2
else
  compare "mid: an evaluation, f32" network -n mid
  compare "mid: an evaluation, bf16" network -n mid --precision bf16
  compare "mid: 50 DDIM steps, f32" sampling -n mid --repeat 2
  compare "full: an evaluation, bf16" network -n full --precision bf16 --repeat 2
  compare "UNet++ resnet34: a frame, f32" network -n unetpp-resnet34
  compare "UNet++ resnet34: 16 frames, bf16" network -n unetpp-resnet34 -b 16 --precision bf16
  compare "mid: a training step of 4" train -n mid -b 4
fi

if [ $failed = 0 ]; then verdict="all checks passed on $device"; else verdict="$failed FAILED on $device"; fi
echo
echo "$verdict"
{ cat "$work/head"; echo; cat "$work/table"; echo; echo "$verdict"; cat "$log"; } >"$report.part" && mv "$report.part" "$report"
echo "written: $report"
[ $failed = 0 ]
