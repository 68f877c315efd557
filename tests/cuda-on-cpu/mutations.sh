#!/bin/sh
# Plants one fault at a time in the CUDA backend and shows which of the checks
# finds it: the op test in both orders of threads, with lazy streams, with few
# blocks in a grid, and under each sanitizer; other programs forward, and with
# streams that are lazy and in a random order. Every fault must be found. Barriers,
# shuffles and matrices are left out or turned by the runner; for the others a
# copy of the source is changed. Takes many minutes: three modules are built, and
# one file of each again for each change.
#   mutations.sh [--plain] BUILD-FOLDER [OUTPUT-FOLDER [FAULT...]]
#   mutations.sh --places
# With --plain without the sanitizers, so with one module. The last only looks
# whether every fault still has its place in the source, which the test
# mutations-places does.
here=$(cd "$(dirname "$0")" && pwd)
kernels=$here/../../kernels/cuda
failed=0

# faults that the runner plants (faults.h), without another build: fault, op whose
# rows are run, kind, file, function, call, which one of those in the function
planted () {
  cat <<'FAULTS'
barrier-before-stats group_norm skip kernels/groupnorm.cu norm_whole_kernel __syncthreads 1
barrier-before-means group_norm skip kernels/groupnormback.cu norm_whole_backward_kernel __syncthreads 1
barrier-before-tile dice_loss skip kernels/loss.cu dice_sums_kernel __syncthreads 1
barrier-after-tile dice_loss skip kernels/loss.cu dice_sums_kernel __syncthreads 2
mask-of-half-a-warp argmax half kernels/move.cu argmax_kernel __shfl_xor_sync 1
shuffle-left-out argmax skip kernels/move.cu argmax_kernel __shfl_xor_sync 1
matrix-turned attention turn kernels/attentionbf16.cu multiply_turned nf_load_matrices 2
weights-turned attention turn kernels/attentionbf16.cu add_products nf_load_matrices_turned 1
tile-without-wait attention skip kernels/attentionbf16.cu attention_bf16_kernel nf_copies_end 1
tile-without-barrier attention skip kernels/attentionbf16.cu attention_bf16_kernel __syncthreads 1
row-without-neighbours attention skip kernels/attentionbf16.cu row_sum __shfl_xor_sync 2
barrier-before-counts confusion skip kernels/video.cu confusion_kernel __syncthreads 1
barrier-after-counts confusion skip kernels/video.cu confusion_kernel __syncthreads 2
FAULTS
}

# faults in the source's logic, for which it is changed: fault, file, op whose rows
# are run, or a program, perhaps @ and a variable that the stand-ins read, change
changed () {
  cat <<'FAULTS'
index-plus-one kernels/act.cu activation s/nf_load_pack (d, dy + i)/nf_load_pack (d, dy + i + 1)/
index-behind-end kernels/move.cu argmax s/lane == 0 && pixel < pixels/lane == 0 \&\& pixel <= pixels/
loop-without-step kernels/nfkernel.h axpby s/i += (gsize) gridDim.x . blockDim.x/i += (gsize) -1/
upload-without-event runtime/nfcudacopy.c adam s/cudaStreamWaitEvent (stream->handle, slot->done, 0)/cudaSuccess/
slot-used-too-early runtime/nfcudacopy.c batch_norm s/cudaEventSynchronize (slot->done)/cudaSuccess/
download-without-wait runtime/nfcudacopy.c adam s/cudaStreamSynchronize (stream->handle)/cudaSuccess/
plan-run-by-two cudnn/nfcudnnrun.c test-nfdevices s/g_mutex_\(un\)*lock (&plan->running)/(void) plan/
capture-keeps-memory runtime/nfcudagraph.c test-graph s/nf_cuda_pool_move (graph->pool, graph->home, FALSE)/(void) graph/
sums-in-bf16 kernels/matmul.c test-ops-behaviour s/if (!s->to_bf16)/if (TRUE)/
starts-without-pace runtime/nfcudagraph.c test-graph s/cudaEventSynchronize (\*done)/cudaSuccess/
streams-without-wait nfcuda.c test-nfdevices s/return stream == other/return TRUE || stream == other/
workspace-of-none runtime/nfcudamemory.c test-allocations s/if (bytes == 0)/if (FALSE)/
bf16-without-plan kernels/conv.cu conv2d@NF_CUDA_CAPABILITY=75 s/if (conv->bf16 && g_error_matches/if (FALSE \&\& g_error_matches/
error-for-the-next nfcuda.c attention@NF_CUDA_NO_SHARED=1 s/^  cudaGetLastError ();//
fault-of-a-graph runtime/nfcudagraph.c test-graph-threads s/nf_cuda_fault_expect (stream, graph->noted.note)/(void) stream/
FAULTS
}

is_wanted () { case $wanted in "  " | *" $1 "*) ;; *) return 1 ;; esac; }

# line of call number $4 to $3 in function $2 of file $1, from where it is defined
line_of () {
  awk -v name="$2" -v call="$3" -v number="$4" '
    { text = $0; sub (/^ */, "", text) }
    index (text, name " (") == 1 && $0 !~ /;$/ { inside = 1 }
    inside && index ($0, call " (") && ++n == number { print NR; exit }
    inside && /^}/ { exit }' "$kernels/$1"
}

# the file of a fault with its change, on standard output
change () { sed "$2" "$kernels/$1"; }

# says which faults have no place any more
find_places () {
  planted | {
    while read -r fault op kind file function call number; do
      line=$(line_of "$file" "$function" "$call" "$number")
      echo "$fault: $file:${line:-no call $number to $call in $function}"
      [ -n "$line" ] || missing=1
    done
    [ -z "$missing" ]
  } || failed=1
  changed | {
    while read -r fault file op what; do
      if change "$file" "$what" | cmp -s - "$kernels/$file"; then
        echo "$fault: nothing of $file is changed"
        missing=1
      else
        echo "$fault: $file"
      fi
    done
    [ -z "$missing" ]
  } || failed=1
}

if [ "$1" = --places ]; then
  find_places
  exit $failed
fi
kinds="plain address thread"
sanitizers=" address thread"
if [ "$1" = --plain ]; then
  kinds=plain
  sanitizers=
  shift
fi
build=$(cd "$1" && pwd) || exit 2
out=${2:-$build/tests/cuda-on-cpu/mutations}
[ $# -ge 2 ] && shift 2 || shift $#
wanted=" $* "
mkdir -p "$out/kernels/cuda" && out=$(cd "$out" && pwd) || exit 2

# all modules from the copy; @1: where to say what is wrong
build_all () {
  for kind in $kinds; do
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
  case $2 in *@*) variable=${2#*@} ;; *) variable= ;; esac
  set -- "$1" "${2%@*}"
  case $2 in
    test-*) checks="forward lazy random" ;;
    *) checks="forward reverse lazy few$sanitizers" ;;
  esac
  for check in $checks; do
    case $check in address | thread) kind=$check ;; *) kind=plain ;; esac
    env $variable "$here/run-ops.sh" "$build" "$out/$kind" $check "$2" \
      >"$out/$1-$check.log" 2>&1 || printf ' %s' $check
  done
}

restore
build_all "$out/log" || { cat "$out/log"; exit 1; }

# what is found where nothing is wrong proves nothing
for op in $({ planted | cut -d ' ' -f 1,2; changed | cut -d ' ' -f 1,3; } | while read -r fault op; do
  is_wanted "$fault" && echo "$op"
done | sort -u); do
  found=$(failing "none-$op" "$op")
  [ -z "$found" ] || { echo "$op fails without a fault:$found"; exit 1; }
done

# verdict FAULT FILE FOUND: by whom
verdict () {
  echo "$1 ($(basename "$2")):${3:- FAILED, nobody finds it}"
  [ -n "$3" ] || failed=1
}

while read -r fault op kind file function call number; do
  is_wanted "$fault" || continue
  line=$(line_of "$file" "$function" "$call" "$number")
  if [ -z "$line" ]; then
    echo "$fault: FAILED, $file has no call $number to $call in $function any more"
    failed=1
    continue
  fi
  export NF_CUDA_FAULT="$kind@$file:$line"
  verdict "$fault" "$file" "$(failing "$fault" "$op")"
  unset NF_CUDA_FAULT
done <<END
$(planted)
END

while read -r fault file op change; do
  is_wanted "$fault" || continue
  change "$file" "$change" >"$out/kernels/cuda/$file"
  if cmp -s "$kernels/$file" "$out/kernels/cuda/$file"; then
    echo "$fault: FAILED, nothing of $file is changed any more"
    failed=1
    continue
  fi
  build_all "$out/log" && found=$(failing "$fault" "$op") || found=" compiler"
  verdict "$fault" "$file" "$found"
  restore
done <<END
$(changed)
END
exit $failed
