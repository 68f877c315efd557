#!/bin/sh
# For a machine with an NVIDIA GPU: checks the CUDA backend against reference
# numbers, then measures it. Prints a table and a verdict; REPORT (gpu-check.txt)
# gets both line by line as results come, REPORT.log all that the checks said, with
# a backtrace where a program died. Both can be attached to a report of a bug.
# Exits with 1 if a check failed.
#
#   tests/gpu-check.sh [--quick] [--device cuda:N] [--budget SECONDS] [REPORT]
#
# On a machine with compilers: looks for a GPU, builds, runs all checks, and
# measures against the CPU; --quick measures little. With --budget all is over after
# so many seconds: the checks that tell most come first, then speed on the GPU
# alone, then PyTorch's results and speed on the same weights and inputs where that
# is installed, then compute-sanitizer.
# NEXTFRAME_MODULE_PATH names another folder with a libnfcuda.so to check.
#
#   tests/gpu-check.sh --make-kit DIR [--arch 90]
#   tests/gpu-check.sh --kit DIR [--device cuda:N] [--budget SECONDS] [REPORT]
#
# For a machine with a GPU where nothing can be built or installed: the first, on
# one with compilers, packs programs, libraries, the module for one architecture,
# reference numbers and a clip into a new folder DIR, less than 60 MB; copied to the
# other machine, the second runs from there. cuDNN and cuBLAS are found in a
# toolkit or a Python environment. --budget is 480 there if nothing else is said.
#
#   tests/gpu-check.sh --on-cpu BUILD-FOLDER [--make-kit DIR] [--budget SECONDS] [REPORT]
#
# Shows without a GPU that this script works: builds nothing, and runs a few of
# the checks, or packs them, with the module of tests/cuda-on-cpu.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
root=$(dirname "$here")
invoked=$PWD
quick=no
device=cuda:0
report=gpu-check.txt
on_cpu=
kit=
make_kit=
arch=
budget=
usage () { echo "gpu-check: $1; see --help" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case "$1" in
    --device | --on-cpu | --kit | --make-kit | --arch | --budget)
      [ $# -gt 1 ] || usage "$1 needs a value" ;;
  esac
  case "$1" in
    --quick) quick=yes ;;
    --device) shift; device=$1 ;;
    --on-cpu) shift; on_cpu=$1 ;;
    --kit) shift; kit=$1 ;;
    --make-kit) shift; make_kit=$1 ;;
    --arch) shift; arch=$1 ;;
    --budget) shift; budget=$1 ;;
    -h | --help) sed -n '2,/^here=/{/^here=/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    -*) usage "unknown option $1" ;;
    *) report=$1 ;;
  esac
  shift
done
case $device in
  cuda:[0-9] | cuda:[0-9][0-9]) index=${device#cuda:} ;;
  *) usage "--device $device: expected cuda:N" ;;
esac
case $budget in
  '') ;;
  *[!0-9]* | 0*) usage "--budget $budget: expected seconds" ;;
esac
case $arch in
  *[!0-9]*) usage "--arch $arch: expected a compute capability such as 90" ;;
esac
case $report in /*) ;; *) report=$invoked/$report ;; esac
log=${report%.txt}.log
NF_PEER_LIBRARIES=$LD_LIBRARY_PATH
. "$here/gpu-check/run.sh"
. "$here/gpu-check/kit.sh"

# where there is no GPU nothing needs to be built
gpu_there () {
  nvidia-smi -L >/dev/null 2>&1 || [ -e /dev/nvidia0 ] || [ -e /dev/dxg ]
}

need_gpu () {
  gpu_there && return
  echo "gpu-check: no NVIDIA GPU here: nvidia-smi lists none, and there is no /dev/nvidia0." >&2
  echo "gpu-check: --on-cpu BUILD-FOLDER shows how this script works, --make-kit DIR packs it for another machine" >&2
  exit 2
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'stop_all; exit 129' HUP
trap 'stop_all; exit 130' INT
trap 'stop_all; exit 143' TERM
watch_over

if [ -n "$kit" ]; then
  [ -f "$kit/kit.conf" ] || usage "--kit $kit: no kit, which --make-kit makes"
  kit=$(cd "$kit" && pwd)
  root=$kit
  glibc=
  . "$kit/kit.conf"
  : "${budget:=480}"
  [ -n "$on_cpu" ] || need_gpu
  find_nvidia || exit 1
  programs=$kit/bin
  : "${NEXTFRAME_MODULE_PATH:=$kit/module}"
  plugins=$kit/gst
  golden=$kit/tests/golden/data
  train=$programs/nextframe-train
  unpack_libraries || { echo "gpu-check: the kit's libraries cannot be unpacked" >&2; exit 1; }
  export LD_LIBRARY_PATH="$libraries${nvidia:+:$nvidia}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export GST_PLUGIN_SYSTEM_PATH_1_0="$kit/gst" GST_PLUGIN_SCANNER="$kit/bin/gst-plugin-scanner"
  if ! said=$("$programs/golden-check" "$golden/losses.safetensors" 2>&1); then
    echo "gpu-check: the kit's programs do not run here (made with glibc $glibc): $said" >&2
    exit 1
  fi
else
  cd "$root" || exit 1
  if [ -n "$on_cpu" ]; then
    build=$(cd "$invoked" && cd "$on_cpu" && pwd) || exit 2
    [ -x "$build/tests/test-ops" ] || usage "$build is not a build folder"
    module=$build/tests/cuda-on-cpu/libnfcuda.so
  else
    build=$root/build-gpu${arch:+-$arch}
    [ -n "$make_kit" ] || need_gpu
    sh .ci/setup || echo "gpu-check: not all packages could be installed; it may build all the same"
    [ -f "$build/build.ninja" ] \
      || meson setup "$build" -Dcuda=enabled -Dbuildtype=release ${arch:+-Dcuda-archs="$arch"} || exit 1
    ninja -C "$build" || exit 1
    module=$build/kernels/cuda/libnfcuda.so
  fi
  if [ -n "$make_kit" ]; then
    case $make_kit in /*) ;; *) make_kit=$invoked/$make_kit ;; esac
    make_kit "$make_kit"
    exit
  fi
  : "${NEXTFRAME_MODULE_PATH:=$(dirname "$module")}"
  programs=$build/tests
  plugins=$build/gst
  golden=$root/tests/golden/data
  train=$build/trainer/nextframe-train
fi
deadline=${budget:+$(($(date +%s) + budget))}

: >"$report" && : >"$log" || exit 1
died=$programs/libnfdied.so
[ -f "$died" ] || died=
export NEXTFRAME_MODULE_PATH
# elements that look for a GPU themselves find this one alone
visible=$(echo "${CUDA_VISIBLE_DEVICES:-$(seq -s, 0 "$index")}" | cut -d, -f$((index + 1)))
export CUDA_VISIBLE_DEVICES="$visible" NF_TEST_DEVICES=cuda:0
cores=$(nproc 2>/dev/null || echo 1)
[ "$cores" -le 8 ] || cores=8

# ask nvidia-smi about the GPU
smi () { nvidia-smi --id="$visible" --query-gpu="$1" --format=csv,noheader 2>/dev/null; }

say "commit: ${commit:-$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)}"
say "module: $NEXTFRAME_MODULE_PATH/libnfcuda.so"
say "$(smi name,driver_version,memory.total || echo "nvidia-smi: not found")"
nvcc --version 2>/dev/null | sed -n 's/.*release/nvcc: release/p' | tee -a "$report"
sed -n 's/^model name.*: /cpu: /p' /proc/cpuinfo | head -n 1 | tee -a "$report"
[ -z "$budget" ] || say "budget: $budget s"

. "$here/gpu-check/peers.sh"
cd "$programs" || exit 1
export NF_SOURCE="$root" NF_SHARED="$root/../shared"
export NF_TRAIN="$train" GST_PLUGIN_PATH_1_0="$plugins" GST_REGISTRY="$work/registry.bin"
export G_DEBUG=fatal-criticals OMP_WAIT_POLICY=passive CK_DEFAULT_TIMEOUT=600

check_products () {
  case $(smi compute_cap) in
    7.*) row "f32 and TF32 side by side" "skipped: this GPU has no TF32" ;;
    *) check "f32 and TF32 side by side" ./test-matmulprecision ;;
  esac
}

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
  check_products
  check "samplers" ./test-sampler
  check "predictions" ./test-prediction
  check "UNet++" ./test-unetpp
  for file in "$golden"/*.safetensors; do
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

# a share of the op test's rows in a process, as many processes as cores
all_ops () {
  ./test-ops -l 2>/dev/null | sed -n 's|^[# ]*\(/ops/cuda:0/[^/]*\).*|\1|p' | sort -u >"$work/ops"
  for part in $(seq "$cores"); do
    paths=$(awk -v n="$cores" -v k="$part" 'NR % n == k % n { printf " -p %s", $0 }' "$work/ops")
    # shellcheck disable=SC2086
    [ -z "$paths" ] || start "all ops, part $part of $cores" ./test-ops $paths
  done
  gather
}

# what tells most first: an op of each library, all ops, reference numbers
telling_checks () {
  check "linear layers (cuBLAS)" ./test-ops -p /ops/cuda:0/linear
  if [ -z "$on_cpu" ]; then
    check "convolution (cuDNN)" ./test-ops -p /ops/cuda:0/conv2d
    check "attention (tensor cores)" ./test-ops -p /ops/cuda:0/attention
    check "normalisation (our kernels)" ./test-ops -p /ops/cuda:0/group_norm
    all_ops
  fi
  for file in "$golden"/*.safetensors; do
    name=$(basename "$file" .safetensors)
    case $on_cpu:$name in
      :* | *:losses | *:resample) start "golden: $name" ./golden-check --device cuda:0 "$file" ;;
    esac
    [ $jobs -lt "$cores" ] || gather
  done
  gather
  start "captured graphs" ./test-graph
  start "captured graphs, several threads" ./test-graph-threads
  gather
  check "an optimiser's step over all parameters" ./test-optim
  check_products
  [ -z "$on_cpu" ] || return
  check "nfsegment" ./test-nfsegment
  check "nfpredict" ./test-nfpredict
  check "elements side by side" ./test-nfdevices
}

few_checks () {
  check "linear layers" ./test-ops -p /ops/cuda:0/linear
  check "ops: errors" ./test-ops-errors
  check "captured graphs" ./test-graph
  check "captured graphs, several threads" ./test-graph-threads
  check "f32 and TF32 side by side" ./test-matmulprecision
  check "golden: losses" ./golden-check --device cuda:0 "$golden/losses.safetensors"
}

# alone on the GPU
speeds () {
  for batch in 1 32; do
    for precision in f32 tf32 bf16; do
      speed "full: an evaluation of $batch, $precision" network -n full --precision $precision -b $batch --repeat 2
    done
  done
  speed "full: 50 DDIM steps, bf16" sampling -n full --precision bf16 --repeat 1
  speed "full: a training step of 16, bf16" train -n full --precision bf16 -b 16 --repeat 2
  speed "UNet++ resnet34: a frame, f32" network -n unetpp-resnet34
  speed "UNet++ resnet34: 16 frames, bf16" network -n unetpp-resnet34 -b 16 --precision bf16
}

sanitizer () {
  for tool in memcheck racecheck; do
    check "compute-sanitizer: $tool" "$sanitizer" --tool $tool --error-exitcode 9 \
      ./test-ops -p /ops/cuda:0/group_norm -p /ops/cuda:0/attention -p /ops/cuda:0/softmax
  done
}
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null)

if [ -n "$budget" ]; then
  telling_checks
  if [ -n "$on_cpu" ]; then
    speed "tiny: an evaluation, f32" network -n tiny --repeat 1
    find_peer cpu
    agree tiny
    peers
  else
    speeds
    find_peer cuda
    agree full
    agree unetpp-resnet34
    peers
    [ -z "$sanitizer" ] || sanitizer
  fi
elif [ -n "$on_cpu" ]; then
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

say ""
[ $left_out = 0 ] || say "$left_out not run or without an end: the time was over"
if [ $failed != 0 ]; then
  say "$failed FAILED on $device"
elif [ $left_out != 0 ]; then
  say "all that ran passed on $device"
else
  say "all checks passed on $device"
fi
echo "written: $report, $log"
[ $failed = 0 ]
