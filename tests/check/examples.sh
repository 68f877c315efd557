#!/bin/sh
# The example scripts refuse what they cannot work on at once: before anything
# is built, with what is wrong and what to do; and --help says how they are called.
# From tests/meson.build: NF_SOURCE.
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
failed=0

# refused SCRIPT TEXT ARGUMENTS...: it ends with 2 and says the text
refused () {
  script=$1 text=$2
  shift 2
  timeout 20 sh "$NF_SOURCE/examples/$script" "$@" >"$place/said" 2>&1
  rc=$?
  if [ $rc != 2 ] || ! grep -qF "$text" "$place/said"; then
    echo "FAIL: $script $*: ended with $rc, expected 2 and '$text', got:"
    head -n 5 "$place/said"
    failed=1
  fi
}

# helped COMMAND...: it ends well and says its usage, and nothing else of what it is
helped () {
  timeout 20 "$@" --help >"$place/said" 2>"$place/errors"
  rc=$?
  if [ $rc != 0 ] || [ -s "$place/errors" ] || ! grep -q "[Uu]sage: \|^  [a-z0-9-]*\.py " "$place/said" \
    || grep -q 'set -e\|^#\|()' "$place/said"; then
    echo "FAIL: $* --help: ended with $rc, expected 0 and its usage, got:"
    head -n 12 "$place/said" "$place/errors"
    failed=1
  fi
}

mkdir -p "$place/clips/video_0" "$place/short" "$place/unlabelled" || exit 1
: >"$place/short/image_0.png"
for i in $(seq 0 21); do : >"$place/unlabelled/image_$i.png"; done
: >"$place/file"

refused demo.sh "$place/nowhere: no such folder" "$place/nowhere"
refused demo.sh "$place/file: no such folder" "$place/file"
refused demo.sh "$place/short: has no image_1.png" "$place/short"
refused demo.sh "$place/unlabelled: has no mask.npy" "$place/unlabelled"
refused demo.sh "$place/file: is a file" "$NF_SOURCE/examples/data/train/video_0" "$place/file"
refused score.sh "Usage:"
refused score.sh "$place/nowhere: no such folder" "$place/nowhere"
refused score.sh "has no clip with a mask.npy" "$place/clips"
refused score.sh "$place/none: no such folder" "$NF_SOURCE/examples/data/train" "$place/none/score.json"
for script in "$NF_SOURCE"/examples/*.sh; do helped sh "$script"; done
command -v python3 >/dev/null && helped python3 "$NF_SOURCE/examples/merge-reports.py"
# those in examples/python need packages, which the test applications looks for
exit $failed
