#!/bin/sh
# Several processes that train together, started by mpirun: the same losses as one
# process, files of the first one alone, errors, signals and deaths that end all.
# From tests/meson.build: NF_TRAIN, NF_MPIRUN.
set -e
[ -n "$NF_MPIRUN" ] || { echo "no MPI, or no mpirun"; exit 77; }
out=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null || true; rm -rf "$out"' EXIT
cd "$out"
fail () { echo "FAIL: $*"; exit 1; }
# more processes than cores, by any user, without a network
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe OMPI_MCA_btl=self,vader OMPI_MCA_mpi_yield_when_idle=1

# runs the command in so many processes
ranks () {
  n=$1; shift
  if [ "$n" = 1 ]; then "$@"; else "$NF_MPIRUN" -n "$n" --bind-to none "$@"; fi
}

cat >tiny.ini <<'END'
[data]
image-size=24 32
[model]
ngf=8
ch-mult=1 2
num-res-blocks=1
attn-resolutions=12
n-head-channels=8
spade-dim=4
num-frames-cond=3
dropout=0.2
[train]
labels=stratified
warmup=2
learning-rate=0.0005
ema-rate=0.9
log-every=1
threads=1
batch-size=4
accumulate=2
checkpoint-every=2
device=cpu
END

# train RANKS RUN STEPS [OPTION...]: the noise predictor
train () {
  n=$1; run=$2; steps=$3; shift 3
  ranks "$n" "$NF_TRAIN" diffusion -c tiny.ini --data data --run "$run" --set train.steps="$steps" "$@"
}

# numbers RUN KEY: one a line
numbers () { sed -n "s/.*\"$2\":\\([-0-9.e+]*\\).*/\\1/p" "$1/metrics.jsonl"; }

# same RUN RUN KEY: as many numbers, equal but for rounding
same () {
  numbers "$1" "$3" >a; numbers "$2" "$3" >b
  [ -s a ] || fail "$1 has no $3"
  [ "$(wc -l <a)" = "$(wc -l <b)" ] || fail "$1 and $2 have not as many of $3"
  paste a b | awk -v what="$1 and $2: $3" '{
      d = $1 - $2; if (d < 0) d = -d
      if (!(d <= 1e-4 * ($1 < 0 ? -$1 : $1))) { print what " differ at line " NR ": " $0; bad = 1 }
      if ($1 != 0 && d / $1 > most) most = d / $1
    } END { print what ": largest relative difference " most + 0; exit bad }' || fail "$1 and $2 differ"
}

"$NF_TRAIN" synth --out data --train 4 --val 3 --width 32 --height 24 --frames 22 --seed 4 2>/dev/null

# the same losses, gradients and validations from 1, 2 and 4 processes
for n in 1 2 4; do
  train "$n" "d$n" 6 --set validate.every=3 2>"log$n" || fail "$n processes: $(cat "log$n")"
done
for n in 2 4; do
  for key in loss gradient-norm validation-loss; do same d1 d$n $key; done
  [ "$(find d$n -type f | sed "s/^d$n//" | sort)" = "$(find d1 -type f | sed 's/^d1//' | sort)" ] || fail "d$n has other files than d1"
  grep -q "processes: $n, each with" log$n || fail "the log does not tell of $n processes"
  [ "$(grep -c 'validation at step 6' log$n)" = 1 ] || fail "more than one process talks"
done

# a run goes on with another number of processes
train 2 other 2 --set validate.every=0 2>/dev/null
train 4 other 4 --set validate.every=0 --resume 2>/dev/null
train 1 other 6 --set validate.every=0 --resume 2>/dev/null
same d1 other loss

# pixels are counted exactly, however the clips are shared
cat >segment.ini <<'END'
[model]
encoder=resnet18
encoder-width=8
decoder-widths=4 4 4 4 4
[train]
batch-size=4
steps=2
warmup=1
threads=1
learning-rate=0.01
device=cpu
END
segment () {
  n=$1; run=$2; shift 2
  ranks "$n" "$NF_TRAIN" segment -c segment.ini --data data --run "$run" "$@" 2>log || fail "$run: $(cat log)"
}
segment 1 s --set validate.every=0
for n in 1 2 4; do
  cp -r s "s$n"
  segment "$n" "s$n" --set validate.every=2 --resume
  grep validation "s$n/metrics.jsonl" >"v$n"
done
[ -s v1 ] || fail "nothing was validated"
cmp v1 v2 || fail "2 processes validate otherwise than one"
cmp v1 v4 || fail "4 processes validate otherwise than one"

# clips are made, judged and predicted by parts that come together
ranks 3 "$NF_TRAIN" synth --out data3 --train 4 --val 3 --width 32 --height 24 --frames 22 --seed 4 2>/dev/null
diff -r data data3 || fail "3 processes make other clips than one"
for n in 1 3; do
  ranks "$n" "$NF_TRAIN" eval --data data --only hold --only linear --device cpu --out "eval$n" >"table$n" 2>log || fail "eval: $(cat log)"
  ranks "$n" "$NF_TRAIN" predict --data data --split train --row segment-hold --segment s/final.safetensors \
    --decision pixel --device cpu --threads 1 --out "masks$n" 2>log || fail "predict: $(cat log)"
done
cut -c 1-100 table1 >t1; cut -c 1-100 table3 | cmp - t1 || fail "3 processes judge otherwise than one"
cmp masks1/masks.npy masks3/masks.npy || fail "3 processes predict otherwise than one"
cmp masks1/index.csv masks3/index.csv || fail "3 processes have another index"
[ -d masks3/shard-3-of-3 ] || fail "the third process predicted nothing"
ranks 2 "$NF_TRAIN" eval --data data --only hold --device cpu 2>log && fail "eval has no folder for several processes"
[ "$(grep -c 'give --out' log)" = 1 ] || fail "it is not said once: $(cat log)"

# what cannot be shared is refused, once
train 2 odd 2 --set train.batch-size=3 2>log && fail "a batch of 3 was shared by 2"
[ "$(grep -c 'which 2 processes cannot share' log)" = 1 ] || fail "it is not said once: $(cat log)"
[ ! -e odd ] || fail "a refused run left a folder"

# a clip that one process cannot read ends all, which save first
cp -r data damaged
frame=damaged/train/video_0/image_12.png
cp $frame whole.png
: >$frame
train 2 bad 40 --data damaged --set validate.every=0 2>log && fail "a damaged clip was trained on"
grep -q 'process [12] of 2: .*image_12.png.*the run is saved at step' log || fail "no word of the clip: $(cat log)"
cp whole.png $frame
step=$(sed -n 's/.*saved at step \([0-9]*\),.*/\1/p' log)
train 1 bad $((step + 1)) --data damaged --set validate.every=0 --resume --other-data 2>/dev/null
[ -e bad/final.safetensors ] || fail "the run did not go on"

# waits until a run has a savepoint
wait_for () {
  tries=0
  until find "$1" -name 'checkpoint-*.safetensors' 2>/dev/null | grep -q .; do
    tries=$((tries + 1)); [ $tries -lt 600 ] || fail "$1 has no savepoint: $(cat log)"
    sleep 0.1
  done
}
# the last process of a run, whoever started it: mpirun, or what it hands this to
last_of () { pgrep -f "^$NF_TRAIN .*--run $1" | tail -n 1; }

# a process that dies ends all of them; the newest savepoint is whole
train 2 dead 100000 --set validate.every=0 2>log &
wait_for dead
kill -KILL "$(last_of dead)"
wait $! && fail "nobody noticed that a process died"
grep -qi 'signal 9' log || fail "nobody says that a process died: $(cat log)"
step=$(find dead -name 'checkpoint-*' | sed 's/.*-0*\([0-9]*\).safetensors/\1/' | sort -n | tail -n 1)
train 2 dead $((step + 1)) --set validate.every=0 --resume 2>log || fail "the run does not go on: $(cat log)"

# a signal to one of them saves, and all end well
train 2 asked 100000 --set validate.every=0 2>log &
wait_for asked
kill -TERM "$(last_of asked)"
wait $! || fail "a process that was asked to end failed: $(cat log)"
grep -q 'interrupted, saved at step' log || fail "the run was not saved: $(cat log)"
echo "all well"
