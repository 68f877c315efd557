#!/bin/sh
# Trains both networks of the published pipeline on a data set, judges them on
# its val/ and predicts the masks of its hidden/: on all GPUs of this machine.
# The same command goes on where it stopped, after Ctrl-C (which saves) as well.
# Usage: examples/train-h100.sh DATASET [OUT]   (OUT: runs-h100 by default)
# Variables: GPUS, how many (default: all that nvidia-smi lists); TRAIN, the
# program (default: that of build/); SEGMENT_SET and PREDICT_SET, settings such
# as "train.steps=1000 train.seed=2"; REHEARSE=1, small networks and few steps on
# the CPU, to see that all is in place before hours are spent.
set -e
usage () { sed -n '2,9s/^# //p' "$0"; }
refuse () { echo "train-h100.sh: $*" >&2; exit 2; }
case $1 in -h|--help) usage; exit ;; "") usage >&2; exit 2 ;; esac
[ -d "$1/train" ] || refuse "$1: has no train/; give the folder that holds train/, val/, unlabeled/, hidden/"
data=$(realpath "$1")
out=$(realpath -m "${2:-runs-h100}")
[ ! -e "$out" ] || [ -d "$out" ] || refuse "$out: is a file; name a folder to write to"
here=$(realpath "$(dirname "$0")")
train=${TRAIN:-$here/../build/trainer/nextframe-train}
[ -x "$train" ] || refuse "$train: no such program; build it (meson setup build && ninja -C build), or name it in TRAIN"
gpus=${GPUS:-$(nvidia-smi -L 2>/dev/null | grep -c '^GPU' || true)}
[ "$gpus" -gt 0 ] 2>/dev/null || gpus=1
segment=$here/configs/unetpp-h100.ini predict=$here/configs/next-frame-h100.ini steps=50
if [ -n "$REHEARSE" ]; then
  segment=$here/configs/unetpp-cpu.ini predict=$here/configs/next-frame-direct-cpu.ini steps=2
  short="train.steps=2 train.batch-size=$((2 * gpus)) validate.every=2 validate.clips=2 train.warmup=1"
  SEGMENT_SET="$short $SEGMENT_SET" PREDICT_SET="$short $PREDICT_SET"
fi
mkdir -p "$out"

# one process a GPU
start () {
  if [ "$gpus" -gt 1 ]; then mpirun -n "$gpus" "$train" "$@"; else "$train" "$@"; fi
}

# run KIND NAME CONFIG SETTINGS: trains a network, or goes on; its end is
# final.safetensors
run () {
  kind=$1 folder=$out/$2 config=$3 resume=''
  [ ! -e "$folder/final.safetensors" ] || return 0
  if ls "$folder"/checkpoint-*.safetensors >/dev/null 2>&1; then
    resume=--resume
  else # a run that ended before it saved anything begins anew
    rm -f "$folder/config.ini" "$folder/metrics.jsonl" "$folder"/.nextframe-*
  fi
  options=''
  for setting in $4; do options="$options --set $setting"; done
  echo "== $kind: $folder"
  # shellcheck disable=SC2086
  start "$kind" --config "$config" --data "$data" --run "$folder" $options $resume
  if [ ! -e "$folder/final.safetensors" ]; then
    echo "stopped; the same command goes on"
    exit 0
  fi
}

run segment unetpp "$segment" "$SEGMENT_SET"
run diffusion next-frame "$predict" "$PREDICT_SET"

# the best weights by val/, where there are some
best () { if [ -e "$out/$1/best.safetensors" ]; then echo "$out/$1/best.safetensors"; else echo "$out/$1/final.safetensors"; fi; }
networks="--segment $(best unetpp) --predict $(best next-frame) --steps $steps"
if [ -d "$data/val" ]; then
  echo "== evaluation: $out/eval/report.html"
  # shellcheck disable=SC2086
  start eval --data "$data" $networks --out "$out/eval"
fi
if [ -d "$data/hidden" ]; then
  echo "== hidden split: $out/hidden/masks.npy"
  # shellcheck disable=SC2086
  start predict --data "$data" --split hidden $networks --out "$out/hidden"
fi
