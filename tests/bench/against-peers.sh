#!/bin/sh
# Times of this project and of its peers on the same weights and inputs, by turns:
# PyTorch (eager, compiled, channels-last), ONNX Runtime and OpenVINO.
#
#   tests/bench/against-peers.sh [--quick] [--json FILE] [CASE...]
#
# PROGRAM  nextframe-train; default: build/trainer/nextframe-train
# PEERS    the virtual environment with the peers; default: build-peers, which is
#          made with the newest ones from PyPI where it is not there (some GB)
# ONLY     peers whose name has one of these words, with commas between them
# THREADS  of all; default 2
# RUNS     how often all cases are measured; default 3, with --quick 1
#
# Cases are those of peer_cases.py, by default all. Outputs must agree before a
# ratio is given. Ends with a table of the least ratio of all runs.
root=$(cd "$(dirname "$0")/../.." && pwd)
quick=
runs=${RUNS:-3}
json=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick="--rounds 1 --least 0"; runs=${RUNS:-1}; shift ;;
    --json) json=$2; shift 2 ;;
    --*) sed -n '2,17s/^# \{0,1\}//p' "$0"; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- segmenter predictor unetpp-resnet34 unetpp-resnet50 \
  mid-block full-block unetpp-train mid-train
program=${PROGRAM:-$root/build/trainer/nextframe-train}
if [ ! -x "$program" ]; then
  echo "needs PROGRAM ($program)" >&2
  exit 2
fi
peers=${PEERS:-$root/build-peers}
if [ ! -x "$peers/bin/python" ]; then
  python3 -m venv "$peers" || exit 2
  "$peers/bin/pip" install -q torch onnx onnxscript onnxruntime \
    openvino pillow numpy || {
    rm -rf "$peers"
    exit 2
  }
fi
if [ -z "$json" ]; then
  json=$(mktemp)
  trap 'rm -f "$json"' EXIT
fi

export PYTHONPATH="$root/tests/reference:$root/tests/bench"
export PYTHONDONTWRITEBYTECODE=1
export OMP_NUM_THREADS="${THREADS:-2}"
status=0
grep -m1 'model name' /proc/cpuinfo
for run in $(seq "$runs"); do
  for case in "$@"; do
    steps=5
    [ "$case" != full-block ] || steps=1
    # shellcheck disable=SC2086
    "$peers/bin/python" "$root/tests/bench/against_peers.py" "$case" $quick \
      --program "$program" --threads "${THREADS:-2}" --steps "$steps" \
      ${ONLY:+--only "$ONLY"} --run "$run" --json "$json" || status=1
  done
done
"$peers/bin/python" "$root/tests/bench/against_peers.py" --table "$json" || status=1
exit $status
