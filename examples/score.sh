#!/bin/sh
# Scores predicted masks of frame 22 on every labelled clip below FOLDER (such as
# DATASET/train) in one pipeline, so the networks are loaded once and the Jaccard
# index is pooled over the clips. Writes OUT (JSON; default score.json).
# Usage: examples/score.sh FOLDER [OUT]; properties of the elements in the
# variables PREDICT and SEGMENT, as in PREDICT="steps=20 seed=1". SEGMENT_ONLY=1
# scores the masks of the given frames 1-22 instead: how well nfsegment does.
# Masks of clips without labels: nextframe-train predict, see docs/trainer.md.
set -e
usage () { sed -n '2,8s/^# //p' "$0"; }
refuse () { echo "score.sh: $*" >&2; exit 2; }
case $1 in -h|--help) usage; exit ;; "") usage >&2; exit 2 ;; esac
[ -d "$1" ] || refuse "$1: no such folder"
folder=$(realpath "$1")
ls "$folder"/*/mask.npy >/dev/null 2>&1 || refuse "$1: has no clip with a mask.npy; give the folder that holds video_0, such as DATASET/train"
out=$(realpath -m "${2:-score.json}")
[ -d "$(dirname "$out")" ] || refuse "$(dirname "$out"): no such folder; make it, or name another file to write to"
cd "$(dirname "$0")"
# from the source, or from an installation
devenv=""
[ -f ../meson.build ] && devenv="meson devenv -C ../build"
predict="nfpredict $PREDICT !"
[ -n "$SEGMENT_ONLY" ] && predict=""

set -- gst-launch-1.0 -q concat name=video ! $predict nfsegment $SEGMENT ! nfiou.prediction \
  concat name=masks ! nfiou.truth nfiou name=nfiou report="$out" ! fakesink
for clip in "$folder"/*/; do
  [ -f "$clip/mask.npy" ] || continue
  set -- "$@" multifilesrc location="${clip}image_%d.png" caps=image/png,framerate=25/1 ! pngdec ! queue ! video. \
    filesrc location="${clip}mask.npy" ! nfnpydec ! queue ! masks.
done
$devenv "$@"
sed -n 's/^ *"\(jaccard\|mean-clip-jaccard\|frames\)" *: *\([0-9.]*\).*/\1: \2/p' "$out" | head -n 3
