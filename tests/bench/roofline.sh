#!/bin/sh
# Writes the computed tables of docs/gpu-performance.md anew (between its
# markers), with the program of PROGRAM (build/trainer/nextframe-train).
cd "$(dirname "$0")/../.." || exit 1
program=${PROGRAM:-build/trainer/nextframe-train}
doc=docs/gpu-performance.md
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

table () {
  printf '### %s\n\n    nextframe-train bench roofline %s\n\n' "$1" "$2"
  # shellcheck disable=SC2086
  "$program" bench roofline $2 || exit 1
  echo
}
{
  table "Full network, drawing, H100, bf16" "-n full --precision bf16 --gpu h100"
  table "Full network, drawing, H100, f32" "-n full --gpu h100"
  table "Full network, drawing, A100 40 GB, bf16" "-n full --precision bf16 --gpu a100-40"
  table "Full network, drawing 32 clips at once, A100 80 GB, bf16" "-n full --precision bf16 --gpu a100-80 -b 32"
  table "Full network, a training step of 64, H100, bf16" "-n full --precision bf16 --gpu h100 --training -b 64"
  table "Full network, a training step of 16, A100 40 GB, bf16" "-n full --precision bf16 --gpu a100-40 --training -b 16"
  table "UNet++ resnet34, segmenting 16 frames of 160x240, H100, bf16" "-n unetpp-resnet34 --precision bf16 --gpu h100 -b 16"
  table "UNet++ resnet50, a training step of 32, A100 40 GB, bf16" "-n unetpp-resnet50 --precision bf16 --gpu a100-40 --training -b 32"
} >"$out"
awk -v file="$out" '
  /<!-- begin computed -->/ { print; print ""; while ((getline line < file) > 0) print line; skip = 1; next }
  /<!-- end computed -->/ { skip = 0 }
  !skip { print }' "$doc" >"$doc.part" && mv "$doc.part" "$doc"
