#!/bin/sh
# Several processes that train on GPUs, which cuda-on-cpu plays, with the stand-in
# for NCCL: the same losses as one process, one sum a step, and an end with a
# message for whatever goes wrong. From tests/meson.build: NF_TRAIN, NF_MPIRUN,
# NEXTFRAME_MODULE_PATH.
set -e
[ -n "$NF_MPIRUN" ] || { echo "no MPI, or no mpirun"; exit 77; }
[ -n "$NEXTFRAME_MODULE_PATH" ] || { echo "no cuda-on-cpu with NCCL"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"
fail () { echo "FAIL: $*"; exit 1; }
# more processes than cores, by any user, without a network
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe OMPI_MCA_btl=self,vader OMPI_MCA_mpi_yield_when_idle=1
export NF_CUDA_DEVICES=4 OMP_NUM_THREADS=1

cat >tiny.ini <<'INI'
[data]
image-size=16 24
[model]
ngf=8
ch-mult=1
num-res-blocks=1
attn-resolutions=
n-head-channels=8
spade-dim=4
num-frames-cond=1
num-frames=1
dropout=0.2
[train]
labels=stratified
warmup=2
learning-rate=0.0005
log-every=1
threads=1
batch-size=4
[validate]
every=0
INI
"$NF_TRAIN" synth --out data --train 4 --width 24 --height 16 --frames 22 --seed 4 2>/dev/null

# train RANKS RUN STEPS [OPTION...]
train () {
  n=$1; run=$2; steps=$3; shift 3
  set -- "$NF_TRAIN" diffusion -c tiny.ini --data data --run "$run" --set train.steps="$steps" "$@"
  [ "$n" = 1 ] || set -- "$NF_MPIRUN" -n "$n" --bind-to none "$@"
  "$@" 2>log
}
losses () { sed -n 's/.*"loss":\([-0-9.e+]*\).*/\1/p' "$1/metrics.jsonl"; }

# same RUN RUN: as many losses, equal but for rounding
same () {
  losses "$1" >a; losses "$2" >b
  [ -s a ] || fail "$1 has no losses"
  [ "$(wc -l <a)" = "$(wc -l <b)" ] || fail "$1 and $2 have not as many losses"
  paste a b | awk -v what="$1 and $2" '{
      d = ($1 - $2) / $1; if (d < 0) d = -d
      if (!(d <= 1e-4)) { print what " differ at line " NR ": " $0; bad = 1 }
      if (d > most) most = d
    } END { print what ": largest relative difference " most + 0; exit bad }' || fail "$1 and $2 differ"
}

# the same losses from 1, 2 and 4 GPUs, each process on its own one, also where
# streams work late; gradients go through NCCL in one call a step, after that of
# one number before all steps
train 1 g1 3 || fail "1 process: $(cat log)"
for n in 2 4; do
  rm -f calls
  NF_CUDA_LAZY=$((n - 2)) NF_NCCL_LOG=calls train "$n" "g$n" 3 || fail "$n processes: $(cat log)"
  same g1 "g$n"
  [ "$(wc -l <calls)" = "$n" ] || fail "not all processes used NCCL: $(cat calls)"
  [ "$(cut -d ' ' -f 3- calls | sort -u | wc -l)" = 1 ] || fail "the processes summed different things: $(cat calls)"
  grep -q 'calls 4 ' calls || fail "not one call a step: $(cat calls)"
done
grep -q 'device: cuda:0' log || fail "the first process is not on its own GPU: $(cat log)"

# without NCCL through the host's memory, which is said where it was not asked for
NEXTFRAME_NCCL=0 NF_NCCL_LOG=none train 2 host 3 || fail "without NCCL: $(cat log)"
same g1 host
[ ! -e none ] || fail "NCCL was used though NEXTFRAME_NCCL is 0"
for rank in 0 1; do
  NF_NCCL_FAIL=library:$rank train 2 "missing$rank" 1 || fail "NCCL that cannot be used in one process: $(cat log)"
  words="gradients go through the host.s memory.*process $((rank + 1)) of 2: NCCL cannot be loaded"
  [ "$(grep -c "$words" log)" = 1 ] || fail "missing NCCL is not reported once: $(cat log)"
done

# refused RUN WHERE WORDS [OPTION...]: both end, the message is given once
refused () {
  run=$1; export NF_NCCL_FAIL="$2"; words=$3; shift 3
  train 2 "$run" 3 "$@" && fail "$NF_NCCL_FAIL: nobody noticed"
  unset NF_NCCL_FAIL
  [ "$(grep -c "$words" log)" = 1 ] || fail "$run: it is not said once: $(cat log)"
}
refused init init:1 'process 2 of 2: NCCL cannot bring the processes together: unhandled system error: no shared memory left'
refused late late:0 'process 1 of 2: NCCL cannot bring the processes together: internal error: a proxy did not start'
refused call call:1:4 'process 2 of 2: NCCL cannot add up gradients: internal error.*saved at step 2'
refused async async:0:4 'process 1 of 2: NCCL cannot add up gradients: unhandled system error.*saved at step 2'
refused shared none:0 'NCCL cannot bring the processes together: invalid usage.*a GPU of its own' --set train.device=cuda:1
train 2 call 3 --resume || fail "a run that NCCL ended does not go on: $(cat log)"
same g1 call

# a process that dies in a sum ends the job; what was saved before is whole
NF_NCCL_FAIL=killed:1:4 train 2 dead 3 --set train.checkpoint-every=2 && fail "nobody noticed that a process died"
grep -qi 'signal 9' log || fail "nobody says that a process died: $(cat log)"
train 2 dead 3 --resume || fail "the run does not go on: $(cat log)"
same g1 dead
echo "all well"
