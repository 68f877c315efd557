#!/bin/sh
# docs/file-formats.md has every field of the files that programs write: reports of
# nfiou, metrics of a training, an evaluation's report, clips and settings, the
# index of an array, and the metadata of the checkpoints that ship.
# From tests/meson.build: NF_SOURCE, NF_TRAIN.
set -e
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export NEXTFRAME_PATH="$NF_SOURCE/examples/checkpoints"
guide=$NF_SOURCE/docs/file-formats.md
failed=0

# documented HEADING FIELD...: each stands in backquotes in the part of the guide
# that begins with the heading
documented () {
  heading=$1
  shift
  part=$(awk -v heading="## $heading" '/^## / { inside = $0 == heading } inside' "$guide")
  [ $# -gt 0 ] || { echo "FAIL: no fields were found for $heading"; failed=1; }
  for field; do
    case $part in
      *"\`$field\`"*) ;;
      *) echo "FAIL: $heading: $field is not in docs/file-formats.md"; failed=1 ;;
    esac
  done
}

# the names of all members of objects in JSON files
members () {
  grep -oh '"[a-z0-9-]*" *:' "$@" | tr -d '": ' | sort -u
}

# the test can fail
[ -n "$(documented "Masks" none)" ] || {
  echo "FAIL: a field that is not documented is not found"
  exit 1
}

LD_PRELOAD=$NF_PRELOAD gst-launch-1.0 -q nfscenesrc clips=2 width=60 height=40 name=s \
  s.mask ! tee name=t t. ! queue ! i.prediction t. ! queue ! i.truth nfiou name=i report="$out/nfiou.json" ! \
  nfnpyenc index="$out/index.csv" ! filesink location="$out/masks.npy"
# shellcheck disable=SC2046
documented "The report of nfiou" $(members "$out/nfiou.json")
# shellcheck disable=SC2046
documented "Index of an array" $(head -n 1 "$out/index.csv" | tr ',' ' ')

"$NF_TRAIN" segment -d scenes:1:4 -r "$out/run" -s train.steps=1 -s train.log-every=1 -s train.batch-size=1 \
  -s data.image-size="32 48" -s model.encoder-width=4 -s validate.clips=1 -s validate.frames=1 >"$out/log" 2>&1 || {
  cat "$out/log"
  exit 1
}
# shellcheck disable=SC2046
documented "The folder of a run" $(members "$out/run/metrics.jsonl")
# shellcheck disable=SC2046
documented "The folder of a run" $(cd "$out/run" && ls -d ./*.ini ./*.jsonl ./best* ./final* | sed 's|./||')

"$NF_TRAIN" eval --data scenes:1:1 --only hold --no-curve --out "$out/eval" >"$out/log" 2>&1 || {
  cat "$out/log"
  exit 1
}
# shellcheck disable=SC2046
documented "The folder of an evaluation" $(members "$out/eval/report.json" "$out/eval/clips.jsonl") $(ls "$out/eval")

for network in "$NEXTFRAME_PATH"/*.safetensors; do
  # shellcheck disable=SC2046
  documented "Checkpoints" $(head -c 20000 "$network" | grep -ao 'nextframe\.[a-z-]*' | sort -u)
done
exit $failed
