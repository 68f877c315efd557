#!/bin/sh
# Plants one fault at a time in a copy of the CUDA backend and shows which of
# the checks finds it: the op test in both orders of threads, with lazy
# streams, with few blocks in a grid, and under each sanitizer. Every fault must
# be found. Takes many minutes: four modules are built, and one file of each
# again for each fault.
#   mutations.sh BUILD-FOLDER [OUTPUT-FOLDER [FAULT...]]
build=$(cd "$1" && pwd) || exit 2
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$build/tests/cuda-on-cpu/mutations}
[ $# -ge 2 ] && shift 2 || shift $#
wanted=" $* "
kernels=$here/../../kernels/cuda
mkdir -p "$out/kernels/cuda" && out=$(cd "$out" && pwd) || exit 2
failed=0

# fault, file, op whose rows are run, or a program, change
faults () {
  cat <<'FAULTS'
barrier-before-stats kernels/groupnorm.cu group_norm /norm_whole_kernel/,/nf_norm_terms/ s/__syncthreads ();//
barrier-before-means kernels/groupnormback.cu group_norm /means.2 . g . 1. = hx/,/b.template rows/ s/__syncthreads ();//
barrier-before-tile kernels/loss.cu dice_loss /const gsize base = n . d.plane/,/for (unsigned int at/ s/__syncthreads ();//
barrier-after-tile kernels/loss.cu dice_loss /place = MIN (place, base . i)/,/for (unsigned int i = first/ s/__syncthreads ();//
index-plus-one kernels/act.cu activation s/nf_load_pack (d, dy + i)/nf_load_pack (d, dy + i + 1)/
index-behind-end kernels/move.cu argmax s/lane == 0 && pixel < pixels/lane == 0 \&\& pixel <= pixels/
mask-of-half-a-warp kernels/move.cu argmax s/__shfl_xor_sync (0xffffffffu, best/__shfl_xor_sync (0x0000ffffu, best/
half-of-the-shuffles kernels/move.cu argmax /^argmax_kernel/,/^}/ s/step = group . 2/step = group \/ 4/
matrix-turned kernels/attentionbf16.cu attention s/wmma::col_major/wmma::row_major/
matrix-without-wait kernels/attentionbf16.cu attention /SIDE, sums.i., SCORES, wmma/,/^}/ s/__syncwarp ();//
weights-without-wait kernels/attentionbf16.cu attention /store_weights (desk, v);/,/^}/ s/__syncwarp ();//
barrier-before-counts kernels/video.cu confusion /own.i. = 0/,/count_pixels<V>/ s/__syncthreads ();//
barrier-after-counts kernels/video.cu confusion /count_pixels<V> (own/,/for (unsigned/ s/__syncthreads ();//
loop-without-step kernels/nfkernel.h axpby s/i += (gsize) gridDim.x . blockDim.x/i += (gsize) -1/
upload-without-event runtime/nfcudacopy.c adam s/cudaStreamWaitEvent (stream->handle, slot->done, 0)/cudaSuccess/
slot-used-too-early runtime/nfcudacopy.c batch_norm s/cudaEventSynchronize (slot->done)/cudaSuccess/
download-without-wait runtime/nfcudacopy.c adam s/cudaStreamSynchronize (stream->handle)/cudaSuccess/
plan-run-by-two cudnn/nfcudnnrun.c test-nfdevices s/g_mutex_\(un\)*lock (&plan->running)/(void) plan/
capture-keeps-memory runtime/nfcudagraph.c test-graph s/nf_cuda_pool_move (graph->pool, graph->home, FALSE)/(void) graph/
sums-in-bf16 kernels/matmul.c test-ops-behaviour s/if (!s->to_bf16)/if (TRUE)/
starts-without-pace runtime/nfcudagraph.c test-graph s/cudaEventSynchronize (\*done)/cudaSuccess/
streams-without-wait nfcuda.c test-nfdevices s/return stream == other/return TRUE || stream == other/
FAULTS
}

# all modules from the copy; @1: where to say what is wrong
build_all () {
  for kind in plain few address thread; do
    "$here/build-module.sh" "$build" "$out/$kind" $kind "$out/kernels/cuda" \
      >"$1" 2>&1 || return 1
  done
}

restore () {
  (cd "$kernels" && find . -type f) | while read -r file; do
    mkdir -p "$out/kernels/cuda/${file%/*}"
    cmp -s "$kernels/$file" "$out/kernels/cuda/$file" \
      || cp "$kernels/$file" "$out/kernels/cuda/$file"
  done
}

# which checks of op or program $2 fail; $1: name of the logs
failing () {
  case $2 in
    test-*) checks="forward lazy" ;;
    *) checks="forward reverse lazy few address thread" ;;
  esac
  for check in $checks; do
    case $check in few | address | thread) kind=$check ;; *) kind=plain ;; esac
    "$here/run-ops.sh" "$build" "$out/$kind" $check "$2" \
      >"$out/$1-$check.log" 2>&1 || printf ' %s' $check
  done
}

restore
build_all "$out/log" || { cat "$out/log"; exit 1; }

# what is found where nothing is wrong proves nothing
for op in $(faults | while read -r fault file op change; do
  case $wanted in "  " | *" $fault "*) echo "$op" ;; esac
done | sort -u); do
  found=$(failing "none-$op" "$op")
  [ -z "$found" ] || { echo "$op fails without a fault:$found"; exit 1; }
done

while read -r fault file op change; do
  case $wanted in "  " | *" $fault "*) ;; *) continue ;; esac
  sed "$change" "$kernels/$file" >"$out/kernels/cuda/$file"
  if cmp -s "$kernels/$file" "$out/kernels/cuda/$file"; then
    echo "$fault: FAILED, nothing of $file is changed any more"
    failed=1
    continue
  fi
  if build_all "$out/log"; then
    found=$(failing "$fault" "$op")
  else
    found=" compiler"
  fi
  echo "$fault ($file):${found:- FAILED, nobody finds it}"
  [ -n "$found" ] || failed=1
  restore
done <<END
$(faults)
END
exit $failed
