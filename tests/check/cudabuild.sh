#!/bin/sh
# What can be said of the CUDA module without a GPU: no kernel spills registers
# on any architecture, or has too many to be launched, nothing needs the driver's library, and without a GPU a
# clear message comes and device auto falls back to the CPU.
# From tests/meson.build: NF_CUDA_LOGS, NF_CUDA_MODULE, NF_TRAIN.
if [ -z "$NF_CUDA_MODULE" ]; then
  echo "skipped: the CUDA module was not built (no nvcc, cuBLAS or cuDNN 9)"
  exit 77
fi
failed=0
fail () { echo "FAIL: $*"; failed=1; }

kernels=0
for log in $NF_CUDA_LOGS; do
  n=$(grep -c 'Compiling entry function' "$log")
  kernels=$((kernels + n))
  awk -v file="$(basename "$log" .log)" '
    /Compiling entry function/ { split ($0, part, "\047"); kernel = part[2] " " part[4] }
    /spill stores/ { if ($5 + 0 > 0 || $9 + 0 > 0) { print file ": " kernel ": " $0; bad = 1 } }
    END { exit bad }' "$log" || fail "registers are spilled, see above"
  # a block has 65536 registers: 128 for each thread of nf_fold_block (), of
  # which there are 512, and 255, the most there are, for 256 elsewhere
  awk -v file="$(basename "$log" .log)" '
    /Compiling entry function/ { split ($0, part, "\047"); kernel = part[2] " " part[4] }
    /Used [0-9]+ registers/ && kernel ~ /fold|batch_stats/ {
      folds++
      for (i = 1; i < NF; i++)
        if ($i == "Used" && $(i + 1) > 128) { print file ": " kernel ": " $0; bad = 1 }
    }
    END { if (folds) print file ": " folds " kernels of 512 threads"; exit bad }' "$log" \
    || fail "registers are too many for a launch, see above"
done
[ "$kernels" -gt 0 ] || fail "no kernel was found in the logs"
echo "$kernels kernels (each counted once an architecture): spills looked for"

needed=$(readelf -d "$NF_CUDA_MODULE" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
case "$needed" in
  *libcuda.so*) fail "the module needs the driver's library: $needed" ;;
  *libcudnn*) echo "needs, beside the C library:" $needed ;;
  *) fail "readelf does not show what the module needs: $needed" ;;
esac

NEXTFRAME_MODULE_PATH=$(dirname "$NF_CUDA_MODULE")
export NEXTFRAME_MODULE_PATH
bench () { "$NF_TRAIN" bench network -n tiny --repeat 1 --no-profile --device "$1" 2>&1; }
if nvidia-smi -L >/dev/null 2>&1; then
  bench cuda || fail "there is a GPU, but device cuda does not work"
else
  said=$(bench cuda) && fail "device cuda works without a GPU"
  case "$said" in
    *"no NVIDIA driver was found; install one"*"or use device cpu"*) echo "$said" ;;
    *) fail "without a GPU it says: $said" ;;
  esac
  bench auto >/dev/null || fail "device auto does not fall back to the CPU"
fi
exit $failed
