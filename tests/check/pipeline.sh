#!/bin/sh
# The main pipelines as users type them, on the clip and the checkpoints that ship:
# they must end, score frames, write the mask, and leak no object. With the argument
# `device` only those in which a device does another work are run.
set -e
clip=$NF_SOURCE/examples/data/train/video_0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export NEXTFRAME_PATH="$NF_SOURCE/examples/checkpoints"

# runs a pipeline that must leave no object behind
launch() {
  LD_PRELOAD=$NF_PRELOAD GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE=$out/trace GST_DEBUG_NO_COLOR=1 gst-launch-1.0 -q "$@"
  grep -q 'GST_TRACER' "$out/trace"
  if grep ':: object-alive' "$out/trace"; then
    echo "objects were leaked"
    exit 1
  fi
}

launch multifilesrc location="$clip/image_%d.png" caps=image/png,framerate=25/1 ! pngdec ! \
  nfpredict steps=2 ! nfsegment ! nfiou.prediction \
  filesrc location="$clip/mask.npy" ! nfnpydec ! queue ! nfiou.truth \
  nfiou name=nfiou report="$out/report.json" ! nfnpyenc ! filesink location="$out/mask.npy"
grep -q '^  "jaccard" : [0-9]' "$out/report.json"
grep -q '^  "frames" : 1,' "$out/report.json"
[ "$(wc -c <"$out/mask.npy")" = $((128 + 160 * 240)) ]

if [ "$1" != device ]; then
# the same score comes from the source that reads the data set itself
mv "$out/report.json" "$out/expected.json"
launch nfclipsrc location="$NF_SOURCE/examples/data" name=clips \
  clips.video ! nfpredict steps=2 ! nfsegment ! nfiou.prediction \
  clips.mask ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! nfiou.truth \
  nfiou name=nfiou report="$out/report.json" ! fakesink
[ "$(grep '^  "jaccard"' "$out/report.json")" = "$(grep '^  "jaccard"' "$out/expected.json")" ]

# a prediction is scored by the frame that comes later
launch nfclipsrc location="$NF_SOURCE/examples/data" name=clips \
  clips.video ! tee name=video video. ! queue ! nfpredict steps=2 ! quality.prediction \
  video. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! quality.truth \
  nfquality name=quality report="$out/quality.json" ! fakesink
grep -q '^  "frames" : 1,' "$out/quality.json"
grep -q '^  "psnr" : [1-9][0-9]\.' "$out/quality.json"

fi

# and clips can be made up as they come
launch nfscenesrc name=scenes clips=3 width=96 height=64 scenes.video ! queue ! nfsegment ! nfiou.prediction \
  scenes.mask ! queue ! nfiou.truth nfiou name=nfiou report="$out/report.json" strict=true ! fakesink
grep -q '^  "frames" : 66,' "$out/report.json"

if [ "$1" != device ]; then
# which are those that nextframe-train writes, bit for bit
"$NF_TRAIN" synth --out "$out/data" --train 1 --val 1 --seed 9 --width 96 --height 64 2>"$out/synth.log"
launch nfscenesrc name=scenes seed=9 clips=2 width=96 height=64 scenes.video ! queue ! filesink location="$out/scenes.rgb" \
  scenes.mask ! queue ! filesink location="$out/scenes.ids"
launch nfclipsrc name=clips location="$out/data" clips.video ! queue ! filesink location="$out/clips.rgb" \
  clips.mask ! queue ! filesink location="$out/clips.ids"
cmp "$out/scenes.rgb" "$out/clips.rgb"
cmp "$out/scenes.ids" "$out/clips.ids"
[ "$(wc -c <"$out/clips.ids")" = $((2 * 22 * 96 * 64)) ]
fi

# the benchmark of elements finds both, and they give frames
"$NF_TRAIN" bench pipeline --network tiny --steps 2 --repeat 2 --size 64x96 >"$out/bench"
grep -q '^nfpredict .*%' "$out/bench"
"$NF_TRAIN" bench pipeline --checkpoint "$NEXTFRAME_PATH/unetpp.safetensors" --repeat 1 >"$out/bench"
grep -q '^nfsegment .*%' "$out/bench"
