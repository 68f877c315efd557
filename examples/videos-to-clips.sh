#!/bin/sh
# Makes clips that nextframe-train and nfclipsrc read of videos of any kind that
# GStreamer plays: OUT/video_N with image_0.png and on. IN is a video, or a folder
# of videos and of folders of pictures (JPEG or PNG, in the order of their names).
# Usage: examples/videos-to-clips.sh IN OUT, in the shell of `meson devenv`, or
# where the project is installed. WIDTH, HEIGHT (240, 160) and RATE (25 frames a
# second) are variables; the picture keeps its shape, with black at its edges. Put
# masks beside the frames afterwards (mask.npy), where there are some.
set -e
usage () { sed -n '2,8s/^# //p' "$0"; }
refuse () { echo "videos-to-clips.sh: $*" >&2; exit 2; }
case $1 in -h|--help) usage; exit ;; esac
[ $# = 2 ] || { usage >&2; exit 2; }
[ -e "$1" ] || refuse "$1: no such file or folder"
command -v gst-launch-1.0 >/dev/null || refuse "gst-launch-1.0 is not installed (gstreamer1.0-tools)"
out=$2
mkdir -p "$out"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
trap 'exit 1' HUP INT TERM
number=0 made=0

# convert NAME SOURCE...: one clip of what the pipeline SOURCE gives; the folder
# is there when it is whole
convert () {
  name=$1
  shift
  while [ -e "$out/video_$number" ]; do number=$((number + 1)); done
  part=$out/.video_$number.part
  rm -rf "$part"
  mkdir "$part"
  if ! gst-launch-1.0 -q "$@" ! videoconvert ! videoscale add-borders=true ! videorate ! \
      "video/x-raw,format=RGB,width=${WIDTH:-240},height=${HEIGHT:-160},pixel-aspect-ratio=1/1,framerate=${RATE:-25}/1" ! \
      pngenc ! multifilesink location="$part/image_%d.png" || [ ! -e "$part/image_0.png" ]; then
    rm -rf "$part"
    refuse "$name: GStreamer cannot play it (for H.264 install gstreamer1.0-libav); $made clips were made before it"
  fi
  mv "$part" "$out/video_$number"
  made=$((made + 1))
  echo "$name: video_$number, $(find "$out/video_$number" -name 'image_*.png' | wc -l) frames"
}

# a folder of pictures, whatever they are called: links in the order of their names
convert_pictures () {
  links=$(mktemp -d)
  i=0
  for picture in "$1"/*; do
    case $picture in
      *.jpg | *.jpeg | *.JPG | *.JPEG | *.png | *.PNG)
        ln -s "$(realpath "$picture")" "$links/$(printf '%06d' $i)"
        i=$((i + 1)) ;;
    esac
  done
  if [ $i -gt 0 ]; then
    convert "$1" multifilesrc location="$links/%06d" caps="$2,framerate=${RATE:-25}/1" ! decodebin
  fi
  rm -rf "$links"
}

if [ -d "$1" ]; then
  find "$1" -mindepth 1 -maxdepth 1 ! -name '.*' | sort >"$list"
else
  echo "$1" >"$list"
fi
while read -r entry; do
  if [ -d "$entry" ]; then
    case $(find "$entry" -maxdepth 1 -type f | sort | head -n 1) in
      *.[jJ][pP][gG] | *.[jJ][pP][eE][gG]) convert_pictures "$entry" image/jpeg ;;
      *.[pP][nN][gG]) convert_pictures "$entry" image/png ;;
      *) refuse "$entry: begins with no picture (JPEG or PNG)" ;;
    esac
  else
    convert "$entry" filesrc location="$entry" ! decodebin
  fi
done <"$list"
[ $made -gt 0 ] || refuse "$1: holds no videos"
