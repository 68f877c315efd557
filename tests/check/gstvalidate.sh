#!/bin/sh
# Pipelines of the elements under GstValidate, which looks at every event, query,
# buffer and caps that passes a pad, while its scenarios play, seek, flush, pause
# and stop (tests/check/gstvalidate). Skipped where gst-validate-1.0 is not installed.
# From tests/meson.build: NF_SOURCE, the plugin's folder.
command -v gst-validate-1.0 >/dev/null || { echo "no gst-validate-1.0"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export NEXTFRAME_PATH="$NF_SOURCE/examples/checkpoints" GST_VALIDATE=fatal_issues
failed=0

# SCENARIO PIPELINE...
validate() {
  scenario=$1
  shift
  # shellcheck disable=SC2048,SC2086
  timeout 120 gst-validate-1.0 --set-scenario="$NF_SOURCE/tests/check/gstvalidate/$scenario.scenario" $* >"$out/said" 2>&1 && return
  echo "$scenario, $*:"
  tail -n 60 "$out/said"
  failed=1
}

gst-launch-1.0 -q nfscenesrc clips=2 width=48 height=32 name=s s.mask ! nfnpyenc ! filesink location="$out/masks.npy" || exit 1
for scenario in play seek states; do
  validate "$scenario" "nfscenesrc clips=1 ! nfsegment ! fakesink sync=true"
  validate "$scenario" "nfclipsrc location=$NF_SOURCE/examples/data clips=1 ! fakesink sync=true"
  validate "$scenario" "filesrc location=$out/masks.npy ! nfnpydec ! fakesink sync=true"
done
exit $failed
