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
#
#   tests/gpu-check.sh --on-cpu BUILD-FOLDER [REPORT]
#
# Shows without a GPU that this script works: builds nothing, and runs a few of
# the checks with the module of tests/cuda-on-cpu.
cd "$(dirname "$0")/.." || exit 1
root=$PWD
quick=no
device=cuda:0
report=gpu-check.txt
on_cpu=
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=yes ;;
    --device) shift; device=$1 ;;
    --on-cpu) shift; on_cpu=$1 ;;
    -h | --help) sed -n '2,/^cd /{/^cd /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    -*) echo "gpu-check: unknown option $1; see --help" >&2; exit 2 ;;
    *) report=$1 ;;
  esac
  shift
done
case $device in
  cuda:[0-9]*) index=${device#cuda:} ;;
  *) echo "gpu-check: --device $device: expected cuda:N" >&2; exit 2 ;;
esac

if [ -n "$on_cpu" ]; then
  build=$(cd "$on_cpu" && pwd) || exit 2
  [ -x "$build/tests/test-ops" ] || { echo "gpu-check: $build is not a build folder" >&2; exit 2; }
  : "${NEXTFRAME_MODULE_PATH:=$build/tests/cuda-on-cpu}"
else
  build=$root/build-gpu
  sh .ci/setup || echo "gpu-check: not all packages could be installed; it may build all the same"
  [ -f "$build/build.ninja" ] || meson setup "$build" -Dcuda=enabled || exit 1
  ninja -C "$build" || exit 1
  : "${NEXTFRAME_MODULE_PATH:=$build/kernels/cuda}"
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export NEXTFRAME_MODULE_PATH
# elements that look for a GPU themselves find this one alone
visible=$(echo "${CUDA_VISIBLE_DEVICES:-$(seq -s, 0 "$index")}" | cut -d, -f$((index + 1)))
export CUDA_VISIBLE_DEVICES="$visible" NF_TEST_DEVICES=cuda:0
train=$build/trainer/nextframe-train
failed=0
log=$work/log
: >"$log"
: >"$work/table"

row () { printf '%-40s %s\n' "$1" "$2" | tee -a "$work/table"; }

# check NAME COMMAND...: one row of the table; what it says goes to the log
check () {
  name=$1
  shift
  printf '\n== %s: %s\n' "$name" "$*" >>"$log"
  timeout 1800 "$@" >"$work/said" 2>&1
  status=$?
  case $status in
    0) row "$name" "ok" ;;
    77) row "$name" "skipped, see $report" ;;
    124) row "$name" "FAILED: no end in half an hour"; failed=$((failed + 1)) ;;
    *) row "$name" "FAILED, see $report"; failed=$((failed + 1)) ;;
  esac
  cat "$work/said" >>"$log"
  printf '== exit status %d\n' $status >>"$log"
}

# number FILE KEY: a number from a benchmark's JSON
number () { sed -n "s/.*\"$2\" : \([0-9.e+-]*\).*/\1/p" "$1" | head -n 1; }

# compare NAME BENCH-ARGUMENTS...: median times on both devices, and their ratio;
# the CPU has no TF32
compare () {
  name=$1
  shift
  for on in cpu cuda:0; do
    [ $on = cpu ] && words=$(echo "$*" | sed 's/tf32/f32/') || words=$*
    printf '\n== %s on %s: bench %s\n' "$name" "$on" "$words" >>"$log"
    # shellcheck disable=SC2086
    if ! "$train" bench $words --no-profile --device "$on" -j "$work/$on.json" >>"$log" 2>&1; then
      row "$name" "FAILED on $on, see $report"
      failed=$((failed + 1))
      return
    fi
  done
  row "$name" "$(awk -v a="$(number "$work/cpu.json" median)" -v b="$(number "$work/cuda:0.json" median)" \
    'BEGIN { printf "cpu %.4g ms, gpu %.4g ms: %.3g times as fast", 1e3 * a, 1e3 * b, a / b }')"
}

# ask nvidia-smi about the GPU
smi () { nvidia-smi --id="$visible" --query-gpu="$1" --format=csv,noheader 2>/dev/null; }

{
  echo "commit: $(git rev-parse HEAD 2>/dev/null || echo unknown)"
  echo "module: $NEXTFRAME_MODULE_PATH/libnfcuda.so"
  smi name,driver_version,memory.total || echo "nvidia-smi: not found"
  nvcc --version 2>/dev/null | sed -n 's/.*release/nvcc: release/p'
  sed -n 's/^model name.*: /cpu: /p' /proc/cpuinfo | head -n 1
} | tee "$work/head"

cd "$build/tests" || exit 1
export NF_SOURCE="$root" NF_SHARED="$root/../shared"
export NF_TRAIN="$train" GST_PLUGIN_PATH_1_0="$build/gst" GST_REGISTRY="$work/registry.bin"
export G_DEBUG=fatal-criticals OMP_WAIT_POLICY=passive CK_DEFAULT_TIMEOUT=600

# the checks that take a device, all with a name; their programs say what of
all_checks () {
  check "every op and its gradient" ./test-ops
  check "ops: behaviour" ./test-ops-behaviour
  check "ops: errors" ./test-ops-errors
  check "pitched memory, masks" ./test-frames
  check "video against GStreamer" ./test-video-ops
  check "gradients of whole graphs" ./test-tape
  check "an optimiser's step over all parameters" ./test-optim
  check "captured graphs" ./test-graph
  check "captured graphs, several threads" ./test-graph-threads
  case $(smi compute_cap) in
    7.*) row "f32 and TF32 side by side" "skipped: this GPU has no TF32" ;;
    *) check "f32 and TF32 side by side" ./test-matmulprecision ;;
  esac
  check "samplers" ./test-sampler
  check "UNet++" ./test-unetpp
  for file in "$root"/tests/golden/data/*.safetensors; do
    check "golden: $(basename "$file" .safetensors)" ./golden-check --device cuda:0 "$file"
  done
  for file in "$NF_SHARED"/golden/*.safetensors; do
    [ ! -f "$file" ] \
      || check "golden, large: $(basename "$file" .safetensors)" ./golden-check --device cuda:0 "$file"
  done
  check "nfsegment" ./test-nfsegment
  check "nfsegment-batch" ./test-nfsegment-batch
  check "nfpredict" ./test-nfpredict
  check "nfpredict-clips" ./test-nfpredict-clips
  check "elements side by side" ./test-nfdevices
  if [ -x ./test-nfcudamemory ] && ldconfig -p | grep -q "libcuda\.so\.1"; then
    check "frames in the GPU's memory" ./test-nfcudamemory
  else
    row "frames in the GPU's memory" "skipped: no gstreamer-cuda-1.0, or no driver"
  fi
  check "pipeline" sh "$root/tests/check/pipeline.sh"
  check "training steps as graphs" ./test-train-step
  check "short training, and resuming" ./test-training
  check "validation" ./test-validate
}

few_checks () {
  check "linear layers" ./test-ops -p /ops/cuda:0/linear
  check "ops: errors" ./test-ops-errors
  check "captured graphs" ./test-graph
  check "captured graphs, several threads" ./test-graph-threads
  check "f32 and TF32 side by side" ./test-matmulprecision
  check "golden: losses" ./golden-check --device cuda:0 "$root/tests/golden/data/losses.safetensors"
}

if [ -n "$on_cpu" ]; then
  few_checks
  compare "tiny: an evaluation" network -n tiny --repeat 1
  compare "tiny: an evaluation, TF32" network -n tiny --precision tf32 --repeat 1
elif [ $quick = yes ]; then
  all_checks
  compare "tiny: an evaluation" network -n tiny --repeat 2
else
  all_checks
  compare "mid: an evaluation, f32" network -n mid
  compare "mid: an evaluation, TF32" network -n mid --precision tf32
  compare "mid: an evaluation, bf16" network -n mid --precision bf16
  compare "mid: 50 DDIM steps, f32" sampling -n mid --repeat 2
  compare "full: an evaluation, bf16" network -n full --precision bf16 --repeat 2
  compare "UNet++ resnet34: a frame, f32" network -n unetpp-resnet34
  compare "UNet++ resnet34: 16 frames, bf16" network -n unetpp-resnet34 -b 16 --precision bf16
  compare "mid: a training step of 4" train -n mid -b 4
fi

cd "$root" || exit 1
if [ $failed = 0 ]; then verdict="all checks passed on $device"; else verdict="$failed FAILED on $device"; fi
echo
echo "$verdict"
{ cat "$work/head"; echo; cat "$work/table"; echo; echo "$verdict"; cat "$log"; } >"$report.part" \
  && mv "$report.part" "$report" || exit 1
echo "written: $report"
[ $failed = 0 ]
