#!/bin/sh
# The main pipeline as users type it, on the clip and the checkpoints that ship:
# it must end, score one frame, write the mask, and leak no object.
set -e
clip=$NF_SOURCE/examples/data/train/video_0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export NEXTFRAME_PATH="$NF_SOURCE/examples/checkpoints"
LD_PRELOAD=$NF_PRELOAD GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE=$out/trace GST_DEBUG_NO_COLOR=1 gst-launch-1.0 -q \
  multifilesrc location="$clip/image_%d.png" caps=image/png,framerate=25/1 ! pngdec ! \
  nfpredict steps=2 ! nfsegment ! nfiou.prediction \
  filesrc location="$clip/mask.npy" ! nfnpydec ! queue ! nfiou.truth \
  nfiou name=nfiou report="$out/report.json" ! nfnpyenc ! filesink location="$out/mask.npy"
grep -q '^  "jaccard" : [0-9]' "$out/report.json"
grep -q '^  "frames" : 1,' "$out/report.json"
[ "$(wc -c <"$out/mask.npy")" = $((128 + 160 * 240)) ]
grep -q 'GST_TRACER' "$out/trace"
if grep ':: object-alive' "$out/trace"; then
  echo "objects were leaked"
  exit 1
fi
