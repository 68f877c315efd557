#!/bin/sh
# The source in its order: what a file includes stands below it. Fails on an arrow
# from a folder to one above it, on a folder that has no place in the order, and on
# files of a folder that include each other in a circle (a file and its header
# count as one), in the folders where that is so throughout.
# From tests/meson.build: NF_SOURCE.
cd "$NF_SOURCE" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# from the ground up; docs/architecture.md says what each is
order='
kernels/core
kernels/core/random
kernels/core/tensor
kernels/core/threads
kernels/core/ops
kernels/core/params
kernels/cpu
kernels/cpu/dnnl
kernels/cpu/avx512
kernels/cpu/kernels
kernels/cuda
kernels/cuda/runtime
kernels/cuda/cudnn
kernels/cuda/kernels
kernels/metrics
kernels/regions
kernels/scene/world
kernels/scene/render
kernels/scene/track
kernels/scene/guide
kernels/regions
kernels/io
kernels/clips
kernels/nets
kernels/diffusion
kernels/video
kernels/scene/stats
trainer/config
trainer/data
trainer/train
trainer/eval
trainer/bench
trainer/synth
trainer/eval
trainer
gst
gst/common
gst/clips
gst/predict
gst/iou
gst/npy
gst/segment
'
circles_in='kernels/core kernels/cpu kernels/cuda'

# "FILE INCLUDED" of all quoted includes -> "FILE FILE" of those that are ours
resolve () {
  awk -v files="$work/files" '
    function folder (path) { sub (/\/[^\/]*$/, "", path); return path }
    BEGIN { while ((getline f < files) > 0) known[f] = 1 }
    {
      top = $1
      sub (/\/.*/, "", top)
      if ((folder($1) "/" $2) in known) print $1, folder($1) "/" $2
      else if ((top "/" $2) in known) print $1, top "/" $2
      else if (("kernels/" $2) in known) print $1, "kernels/" $2
    }'
}

# arrows to a folder above, or of a folder without a place
upward () {
  awk -v order="$order" '
    function folder (path) { sub (/\/[^\/]*$/, "", path); return path }
    BEGIN { n = split (order, list); for (i = 1; i <= n; i++) rank[list[i]] = i }
    {
      from = folder($1); to = folder($2)
      if (!(from in rank)) print from ": has no place in the order"
      else if (!(to in rank)) print to ": has no place in the order"
      else if (rank[to] > rank[from])
        print $1 ": includes " $2 ", which stands above it"
    }' | sort -u
}

# files that include each other in a circle, folder by folder
circles () {
  awk -v among="$circles_in" '
    function folder (path) { sub (/\/[^\/]*$/, "", path); return path }
    function unit (path) { sub (/\.[^.\/]*$/, "", path); return path }
    BEGIN { n = split (among, list) }
    {
      inside = 0
      for (i = 1; i <= n; i++)
        inside = inside || index (folder($1) "/", list[i] "/") == 1
      if (inside && folder($1) == folder($2) && unit($1) != unit($2))
        print unit($1), unit($2)
    }' | sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: //'
}

find kernels gst trainer -name '*.[ch]' -o -name '*.cu' >"$work/files"
xargs awk '/^#include "/ { split ($0, part, "\""); print FILENAME, part[2] }' \
  <"$work/files" | resolve >"$work/arrows"
[ -s "$work/arrows" ] || { echo "FAIL: no file includes another"; exit 1; }

# the test can fail: what is planted is found
planted=$(echo kernels/core/tensor/nftensor.c kernels/core/ops/nfops.h | upward)
[ -n "$planted" ] || { echo "FAIL: an upward arrow is not found"; exit 1; }
planted=$(printf '%s\n' 'kernels/cpu/dnnl/a.c kernels/cpu/dnnl/b.h' \
  'kernels/cpu/dnnl/b.c kernels/cpu/dnnl/a.h' | circles)
[ -n "$planted" ] || { echo "FAIL: a circle is not found"; exit 1; }

bad=$(upward <"$work/arrows"; circles <"$work/arrows")
[ -z "$bad" ] && exit 0
echo "$bad"
echo "FAIL: put what both need below both, or move the file; the order is in $0"
exit 1
