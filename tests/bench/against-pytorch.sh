#!/bin/sh
# Times of this project and of PyTorch on the same weights and inputs, by turns.
#
#   tests/bench/against-pytorch.sh [--quick] [--json FILE] [CASE...]
#
# PROGRAM    nextframe-train; default: build/trainer/nextframe-train
# PYTHON     a further interpreter that has a PyTorch, beside /usr/bin/python3
# THREADS    of both; default 2
# PRECISION  of ours; default f32
# POLICY     how the threads of both wait (OMP_WAIT_POLICY): passive (default),
#            where other programs run; none, as both do by themselves
# RUNS       how often all cases are measured; default 3, with --quick 1
#
# Outputs must agree before a ratio is told (against_pytorch.py, where the cases
# are). Ends with a table of the least ratio of all runs and interpreters.
root=$(cd "$(dirname "$0")/../.." && pwd)
repeat=5
full=5
runs=${RUNS:-3}
json=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) repeat=2; full=2; runs=${RUNS:-1}; shift ;;
    --json) json=$2; shift 2 ;;
    --*) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- mid-sampling-5 mid-sampling mid-train unetpp-network \
  unetpp-train "full-sampling-$full"
program=${PROGRAM:-$root/build/trainer/nextframe-train}
if [ ! -x "$program" ]; then
  echo "needs PROGRAM ($program)" >&2
  exit 2
fi
if [ -z "$json" ]; then
  json=$(mktemp)
  trap 'rm -f "$json"' EXIT
fi

export OMP_WAIT_POLICY="${POLICY:-passive}"
[ "$OMP_WAIT_POLICY" != none ] || unset OMP_WAIT_POLICY
export OMP_NUM_THREADS="${THREADS:-2}"
status=0
for run in $(seq "$runs"); do
  for case in "$@"; do
    for python in /usr/bin/python3 $PYTHON; do
      "$python" -c 'import torch' 2>/dev/null || continue
      "$python" "$root/tests/bench/against_pytorch.py" "$case" \
        --program "$program" --reference "$root/tests/reference" --repeat "$repeat" \
        --threads "${THREADS:-2}" --precision "${PRECISION:-f32}" \
        --json "$json" || status=1
    done
  done
done
python3 "$root/tests/bench/performance.py" --table "$json" || status=1
exit $status
