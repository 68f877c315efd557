#!/bin/sh
# The source in its order: what a file includes or calls stands below it. Fails on
# an arrow from a folder to one above it, on a folder that has no place in the
# order, and on files of a folder that include or call each other in a circle (a
# file and its header count as one).
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
trainer/parallel
trainer/config
trainer/data
trainer/watch
trainer/train
trainer/bench
trainer/synth
trainer/eval
trainer/predict
trainer/import
trainer
gst
gst/common
gst/clips
gst/predict
gst/compare
gst/iou
gst/quality
gst/npy
gst/segment
'
# calls that go upwards, each for a reason: what opens devices knows the backend
# that is always there
up_allowed='
kernels/core/tensor/nfdevice.c kernels/cpu/kernels/backend.c
'

# "FILE INCLUDED" of all includes -> "FILE FILE" of those that are ours; a header
# that is installed is <nextframe/...>
resolve () {
  awk -v files="$work/files" '
    function folder (path) { sub (/\/[^\/]*$/, "", path); return path }
    BEGIN { while ((getline f < files) > 0) known[f] = 1 }
    {
      top = $1
      sub (/\/.*/, "", top)
      if (sub (/^nextframe\//, "kernels/", $2)) { if ($2 in known) print; next }
      if ((folder($1) "/" $2) in known) print $1, folder($1) "/" $2
      else if ((top "/" $2) in known) print $1, top "/" $2
      else if (("kernels/" $2) in known) print $1, "kernels/" $2
    }'
}

# "CALLER DEFINER" of the files given: functions of library, plugin and trainer,
# whose names begin a line where they are defined and stand before " (" where they
# are called. A file that defines a function of that name itself calls its own
calls () {
  awk '
    FNR == 1 { pass = FILENAME in seen ? 2 : 1; seen[FILENAME] = 1; comment = 0 }
    pass == 1 && match ($0, /^(gst_)?nf_[a-z0-9_]+ \(/) {
      name = substr ($0, 1, RLENGTH - 2)
      by[name] = FILENAME
      own[FILENAME, name] = 1
    }
    pass == 2 && !/^(gst_)?nf_/ {
      rest = $0
      if (rest ~ /^ *\/\*/) comment = 1
      while (!comment && match (rest, /(^|[^a-z0-9_])(gst_)?nf_[a-z0-9_]+ \(/)) {
        name = substr (rest, RSTART, RLENGTH - 2)
        sub (/^[^a-z]/, "", name)
        if (name in by && !((FILENAME, name) in own)) print FILENAME, by[name]
        rest = substr (rest, RSTART + RLENGTH)
      }
      if ($0 ~ /\*\//) comment = 0
    }' "$@" "$@" | sort -u
}

# arrows to a folder above, or of a folder without a place
upward () {
  awk -v order="$order" -v allowed="$up_allowed" '
    function folder (path) { sub (/\/[^\/]*$/, "", path); return path }
    BEGIN { n = split (order, list); for (i = 1; i <= n; i++) rank[list[i]] = i }
    {
      from = folder($1); to = folder($2)
      if (!(from in rank)) print from ": has no place in the order"
      else if (!(to in rank)) print to ": has no place in the order"
      else if (rank[to] > rank[from] && !index (allowed, "\n" $1 " " $2 "\n"))
        print $1 ": uses " $2 ", which stands above it"
    }' | sort -u
}

# files of one folder that include or call each other in a circle
circles () {
  awk '
    function folder (path) { sub (/\/[^\/]*$/, "", path); return path }
    function unit (path) { sub (/\.[^.\/]*$/, "", path); return path }
    folder($1) == folder($2) && unit($1) != unit($2) { print unit($1), unit($2) }' \
    | sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: //'
}

find kernels gst trainer -name '*.[ch]' -o -name '*.cu' >"$work/files"
xargs awk '/^#include ["<]/ { split ($0, part, /["<>]/); print FILENAME, part[2] }' \
  <"$work/files" | resolve >"$work/arrows"
[ -s "$work/arrows" ] || { echo "FAIL: no file includes another"; exit 1; }

# shellcheck disable=SC2046 # names of files have no spaces
calls $(grep '\.cu*$' "$work/files") >"$work/calls"
[ -s "$work/calls" ] || { echo "FAIL: no file calls another"; exit 1; }
cat "$work/calls" >>"$work/arrows"

# the test can fail: what is planted is found, in every folder
must () { # NAME FOUND
  [ -n "$2" ] || { echo "FAIL: $1 is not found"; exit 1; }
}
must 'an upward arrow' \
  "$(echo kernels/core/tensor/nftensor.c kernels/core/ops/nfops.h | upward)"
must 'a folder without a place' \
  "$(echo kernels/core/tensor/nftensor.c kernels/none/nfnone.h | upward)"
mkdir "$work/planted"
printf 'void\nnf_planted_a (void)\n{\n}\n' >"$work/planted/a.c"
printf 'void\nnf_planted_b (void)\n{\n  nf_planted_a ();\n}\n' \
  >"$work/planted/b.c"
must 'a call' "$(calls "$work/planted/a.c" "$work/planted/b.c")"
# shellcheck disable=SC2013
for folder in $(sed 's:/[^/]*$::' "$work/files" | sort -u); do
  # an arrow that is there, turned round; else two that are not
  grep "^$folder/[^/]* $folder/[^/]*\$" "$work/arrows" >"$work/within"
  pair=$(awk '
    function unit (path) { sub (/\.[^.\/]*$/, "", path); return path }
    unit($1) != unit($2) { print $2, $1; exit }' "$work/within")
  [ -n "$pair" ] || pair="$folder/a.c $folder/b.h
$folder/b.c $folder/a.h"
  must "a circle in $folder" "$( (cat "$work/within"; echo "$pair") | circles)"
done

bad=$(upward <"$work/arrows"; circles <"$work/arrows")
[ -z "$bad" ] && exit 0
echo "$bad"
echo "FAIL: put what both need below both, or move the file; the order is in $0"
exit 1
