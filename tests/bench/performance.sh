#!/bin/sh
# Measures everything that docs/performance.md tells and writes it there.
#
#   tests/bench/performance.sh [--quick] [FOLDER]
#
# FOLDER keeps the figures (default: a temporary one); PARTS says which of
# "against profiles growth" are measured, the others stay as they are. PROGRAM,
# REFERENCE, PYTHON, THREADS, RUNS and POLICY are as in against-pytorch.sh.
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
export OMP_WAIT_POLICY="${POLICY:-passive}"
[ "$OMP_WAIT_POLICY" != none ] || unset OMP_WAIT_POLICY

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

growth ()
{
  for n in 5 10 20 50; do
    bench "growth-steps-$n" sampling -n mid --steps "$n" --no-profile --repeat 3
  done
  for n in 32 64 96 128; do
    bench "growth-side-$n" sampling -n mid --steps 5 --size "${n}x$n" \
      --no-profile --repeat 3
  done
  for n in 1 2 4 8; do
    bench "growth-batch-$n" sampling -n mid --steps 5 --batch "$n" \
      --no-profile --repeat 3
  done
}

for part in ${PARTS:-profiles growth against}; do
  case $part in
    against)
      rm -f "$folder/against.jsonl"
      "$root/tests/bench/against-pytorch.sh" $quick \
        --json "$folder/against.jsonl" || exit 1
      # what is computed in bf16, too
      PRECISION=bf16 "$root/tests/bench/against-pytorch.sh" $quick \
        --json "$folder/against.jsonl" mid-sampling-5 mid-sampling \
        mid-train unetpp-network unetpp-train full-sampling-5 || exit 1
      ;;
    profiles | growth) $part ;;
    *) echo "PARTS: no part \"$part\"" >&2; exit 2 ;;
  esac
done
python3 "$root/tests/bench/performance.py" "$folder"
