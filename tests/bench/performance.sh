#!/bin/sh
# Measures everything that docs/performance.md has and writes it there.
#
#   tests/bench/performance.sh [--quick] [FOLDER]
#
# FOLDER keeps the figures (default: a temporary one); PARTS says which of
# "profiles against pipelines" are measured, the others stay as they are. PROGRAM,
# PEERS, THREADS and RUNS are as in against-peers.sh, BUILD as in pipelines.sh.
root=$(cd "$(dirname "$0")/../.." && pwd)
quick=
repeat=9
if [ "$1" = --quick ]; then
  quick=--quick
  repeat=3
  shift
fi
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
program=${PROGRAM:-$root/build/trainer/nextframe-train}

# bench NAME WORDS...: figures to NAME.json
bench ()
{
  name=$1
  shift
  echo "$name: nextframe-train bench $*"
  "$program" bench "$@" --threads "${THREADS:-2}" --json "$folder/$name.json" \
    >"$folder/$name.txt" || exit 1
}

profiles ()
{
  bench profile-mid-evaluation network -n mid --repeat "$repeat"
  bench profile-mid-sampling sampling -n mid --steps 10 --repeat "$repeat"
  bench profile-mid-train train -n mid --batch 4 --repeat "$repeat"
  bench profile-unetpp-resnet34 network -n unetpp-resnet34 --repeat "$repeat"
  bench profile-unetpp-resnet34-train train -n unetpp-resnet34 --batch 2 \
    --repeat "$repeat"
  bench profile-full-evaluation network -n full --repeat 1
}

against ()
{
  rm -f "$folder/against.jsonl"
  "$root/tests/bench/against-peers.sh" $quick --json "$folder/against.jsonl" &&
    python3 "$root/tests/bench/against_peers.py" \
      --table "$folder/against.jsonl" >"$folder/against.md"
}

pipelines ()
{
  "$root/tests/bench/pipelines.sh" $quick >"$folder/pipelines.md"
}

for part in ${PARTS:-profiles against pipelines}; do
  case $part in
    profiles | against | pipelines) $part || exit 1 ;;
    *) echo "PARTS: no part \"$part\"" >&2; exit 2 ;;
  esac
done
python3 "$root/tests/bench/performance.py" "$folder"
