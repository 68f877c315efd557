#!/bin/sh
# The main job on the clip that ships here: predicts frame 22 from frames 1-11,
# names its pixels' objects, scores the masks and draws a picture. In the source it
# first installs what is missing and builds.
# Usage: examples/demo.sh [CLIP-FOLDER [OUT-FOLDER]]
set -e
case $1 in -h|--help) sed -n '2,5s/^# //p' "$0"; exit ;; esac
refuse () { echo "demo.sh: $*" >&2; exit 2; }
here=$(realpath "$(dirname "$0")")
clip=${1:-$here/data/train/video_0}
[ -d "$clip" ] || refuse "$clip: no such folder; give one with image_0.png to image_21.png and mask.npy"
for i in $(seq 0 21); do
  [ -f "$clip/image_$i.png" ] || refuse "$clip: has no image_$i.png; a clip has image_0.png to image_21.png"
done
[ -f "$clip/mask.npy" ] || refuse "$clip: has no mask.npy, so its masks cannot be scored; nfclipsrc and nfpredict do without"
clip=$(realpath "$clip")
# from the source, or from an installation, where there is nothing to build
source=""
[ -f "$here/../meson.build" ] && source=$(realpath "$here/..")
out=$(realpath -m "${2:-${source:-.}/demo-out}")
[ ! -e "$out" ] || [ -d "$out" ] || refuse "$out: is a file; name a folder to write to"
if [ -n "$source" ]; then
  cd "$source"
  sh .ci/setup
  [ -f build/build.ninja ] || meson setup build >/dev/null
  ninja -C build product >/dev/null
fi
mkdir -p "$out"

${source:+meson devenv -C build} gst-launch-1.0 -q \
  multifilesrc location="$clip/image_%d.png" caps=image/png,framerate=25/1 ! pngdec ! \
  nfpredict ! tee name=future \
  future. ! queue ! nfsegment tta=true ! nfiou.prediction \
  filesrc location="$clip/mask.npy" ! nfnpydec ! queue max-size-buffers=0 ! nfiou.truth \
  nfiou name=nfiou report="$out/report.json" ! nfnpyenc ! filesink location="$out/mask.npy" \
  compositor name=sheet background=black sink_1::xpos=244 sink_2::xpos=488 sink_3::xpos=732 ! \
  videoconvert ! pngenc ! multifilesink location="$out/picture.png" \
  multifilesrc location="$clip/image_10.png" index=0 stop-index=21 caps=image/png,framerate=25/1 ! pngdec ! queue ! sheet.sink_0 \
  future. ! queue ! sheet.sink_1 \
  future. ! queue ! nfsegment tta=true output=palette ! queue ! sheet.sink_2 \
  filesrc location="$clip/mask.npy" ! nfnpydec palette=true ! queue max-size-buffers=0 ! sheet.sink_3

sed -n 's/^ *"jaccard" *: *\([0-9.]*\).*/Jaccard index of frame 22: \1/p' "$out/report.json" | head -n 1
echo "context (frame 11), prediction, its mask, true mask: $out/picture.png"
