#!/bin/sh
# Reports of parts of the clips, merged by examples/merge-reports.py, are what one
# pipeline over all of them writes. From tests/meson.build: NF_SOURCE, and where
# GStreamer finds the plugin.
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
failed=0
fail () { echo "FAIL: $*"; failed=1; }

# compared ELEMENT FORMAT REPORT PART...: runs an element over the parts, each a clip:
# frames, pattern of the prediction, pattern of the truth
compared () {
  element=$1 caps="video/x-raw,format=$2,width=48,height=32,framerate=25/1" report=$3
  shift 3
  pipeline="concat name=p ! queue ! c.prediction concat name=t ! queue ! c.truth
    $element name=c report=$report ! fakesink"
  for part; do
    # shellcheck disable=SC2086
    set -- $part
    pipeline="$pipeline videotestsrc num-buffers=$1 pattern=$2 ! $caps ! queue ! p.
      videotestsrc num-buffers=$1 pattern=$3 ! $caps ! queue ! t."
  done
  # shellcheck disable=SC2086
  LD_PRELOAD=$NF_PRELOAD gst-launch-1.0 -q $pipeline || fail "$element: the pipeline fails"
}

cat >"$place/same.py" <<'END'
import json, math, sys

# what one pipeline and several name in different ways
OTHER = {"stream-id", "start", "end", "running-time"}

def differ(a, b, where):
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            return f"{where}: members {list(a)}, expected {list(b)}"
        found = (differ(a[k], b[k], f"{where}.{k}") for k in a if k not in OTHER)
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return f"{where}: {len(a)} elements, expected {len(b)}"
        found = (differ(x, y, f"{where}[{i}]") for i, (x, y) in enumerate(zip(a, b)))
    elif isinstance(a, float) and isinstance(b, float):
        return None if math.isclose(a, b, rel_tol=1e-12) else f"{where}: {a}, expected {b}"
    else:
        return None if a == b else f"{where}: {a}, expected {b}"
    return next((text for text in found if text), None)

a, b = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
text = differ(a, b, "")
if not b["clips"] or not b["horizon"]:
    text = "the report is empty"
sys.exit(text)
END

merge="$NF_SOURCE/examples/merge-reports.py"
one="3 smpte ball" two="5 ball smpte75" three="4 gradient gradient"
for run in nfiou:GRAY8 nfquality:RGB; do
  element=${run%:*} format=${run#*:}
  compared "$element" "$format" "$place/whole.json" "$one" "$two" "$three"
  compared "$element" "$format" "$place/a.json" "$one"
  compared "$element" "$format" "$place/b.json" "$two" "$three"
  "$merge" "$place/a.json" "$place/b.json" >"$place/merged.json" || fail "$element: nothing was merged"
  python3 "$place/same.py" "$place/merged.json" "$place/whole.json" || fail "$element: merged reports differ"
  # the comparison can fail
  python3 "$place/same.py" "$place/a.json" "$place/whole.json" 2>/dev/null && fail "all reports are the same"
done

echo '{}' >"$place/other.json"
"$merge" "$place/a.json" "$place/other.json" 2>"$place/said" && fail "another file is merged"
grep -q 'other.json: is no report' "$place/said" || { fail "it does not say what is wrong:"; cat "$place/said"; }
exit $failed
