#!/bin/sh
# How much faster 2 processes of one thread each train than one, by turns: a small
# noise predictor, the same batches, whole programs from start to end.
#   ranks.sh BUILD-FOLDER [cpu|cuda-on-cpu] [PAIRS] [STEPS]
# cuda-on-cpu: with the stand-in for NCCL, which shows that the way is right, not
# how fast a GPU is. Needs mpirun and the build's nextframe-train.
set -e
build=$(cd "$1" && pwd) device=${2:-cpu} pairs=${3:-3} steps=${4:-12}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe OMPI_MCA_mpi_yield_when_idle=1
width=64 height=48 frames=3 ngf=16 mult='1 2'
if [ "$device" = cuda-on-cpu ]; then
  export NEXTFRAME_MODULE_PATH="${NEXTFRAME_MODULE_PATH:-$build/tests/cuda-on-cpu}"
  device=cuda width=24 height=16 frames=1 ngf=8 mult=1
fi
cat >small.ini <<INI
[data]
path=data
image-size=$height $width
[model]
ngf=$ngf
ch-mult=$mult
num-res-blocks=1
attn-resolutions=
n-head-channels=8
spade-dim=8
num-frames-cond=$frames
num-frames=$frames
[train]
warmup=2
log-every=$steps
threads=1
batch-size=4
checkpoint-every=0
steps=$steps
device=$device
[validate]
every=0
INI
train=$build/trainer/nextframe-train
"$train" synth --out data --train 4 --width $width --height $height --seed 4 2>/dev/null

# seconds COMMAND...
seconds () {
  rm -rf run
  begin=$(date +%s.%N)
  "$@" "$train" diffusion -c small.ini --run run >log 2>&1 || { cat log >&2; exit 1; }
  echo "$begin $(date +%s.%N)" | awk '{ printf "%.2f", $2 - $1 }'
}

i=0
while [ $i -lt "$pairs" ]; do
  one=$(seconds env)
  two=$(seconds mpirun -n 2 --bind-to none)
  echo "$one $two" | awk '{ printf "1 process %s s, 2 processes %s s, ratio %.2f\n", $1, $2, $1 / $2 }' | tee -a pairs
  i=$((i + 1))
done
sed 's/.*ratio //' pairs | sort -n | awk '{ r[NR] = $1 } END { print "median of the ratios: " r[int ((NR + 1) / 2)] }'
