#!/bin/sh
# Scores predicted masks of frame 22 on every labelled clip below FOLDER (such as
# DATASET/train) in one pipeline, so the networks are loaded once and the Jaccard
# index is pooled over the clips. Writes OUT (JSON; default score.json).
# Usage: examples/score.sh FOLDER [OUT]; properties of the elements in the
# variables PREDICT and SEGMENT, as in PREDICT="steps=20 seed=1". SEGMENT_ONLY=1
# scores the masks of the given frames 1-22 instead: how well nfsegment does.
set -e
[ -d "$1" ] || { sed -n '2,8s/^# //p' "$0"; exit 2; }
folder=$(realpath "$1")
out=$(realpath "${2:-score.json}")
cd "$(dirname "$0")/.."
predict="nfpredict $PREDICT !"
[ -n "$SEGMENT_ONLY" ] && predict=""

set -- gst-launch-1.0 -q concat name=video ! $predict nfsegment $SEGMENT ! nfiou.prediction \
  concat name=masks ! nfiou.truth nfiou name=nfiou report="$out" ! fakesink
for clip in "$folder"/*/; do
  [ -f "$clip/mask.npy" ] || continue
  set -- "$@" multifilesrc location="${clip}image_%d.png" caps=image/png,framerate=25/1 ! pngdec ! queue ! video. \
    filesrc location="${clip}mask.npy" ! nfnpydec ! queue ! masks.
done
meson devenv -C build "$@"
sed -n 's/^ *"\(jaccard\|mean-clip-jaccard\|frames\)" *: *\([0-9.]*\).*/\1: \2/p' "$out" | head -n 3
