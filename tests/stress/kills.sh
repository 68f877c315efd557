#!/bin/sh
# Kills a training at random moments, and lets it run into a full disk, again and
# again; each time it must go on from what it saved, and in the end have the same
# bits as a run that nobody disturbed, with no more files than that one.
# It takes minutes, and is no part of the tests.
# Usage: tests/stress/kills.sh BUILD [KILLS [FULL]]   (50 kills and 10 full disks)
set -e
[ -x "$1/trainer/nextframe-train" ] || { sed -n '2,7s/^# //p' "$0"; exit 2; }
train=$(realpath "$1")/trainer/nextframe-train kills=${2:-50} full=${3:-10}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"
fail () { echo "FAIL: $*"; exit 1; }
cat >tiny.ini <<'END'
[data]
image-size=16 24
[model]
num-frames-cond=3
num-frames=1
ngf=8
ch-mult=1 2
num-res-blocks=1
attn-resolutions=8
n-head-channels=8
spade-dim=4
dropout=0.1
[train]
batch-size=1
log-every=1
threads=1
warmup=2
ema-rate=0.9
checkpoint-every=2
device=cpu
[validate]
every=0
END
"$train" synth --out data --train 2 --width 24 --height 16 --frames 6 --seed 1 2>/dev/null

# go RUN STEPS: begins, or goes on from what was saved
go () {
  resume=''
  if ls "$1"/checkpoint-*.safetensors >/dev/null 2>&1; then
    resume=--resume
  else
    rm -rf "$1"
  fi
  # shellcheck disable=SC2086
  exec "$train" diffusion -c tiny.ini --data data --run "$1" --set train.steps="$2" $resume
}
# how far a run was saved
saved () { find "$1" -name 'checkpoint-*.safetensors' 2>/dev/null | sed 's/.*checkpoint-0*\([0-9]*\).safetensors/\1/' | sort -n | tail -n 1; }
# a number below $1
random () { od -An -N4 -tu4 /dev/urandom | awk -v n="$1" '{ print $1 % n }'; }

steps=$((2 * kills + 2 * full + 20))
(go straight $steps) >log 2>&1 || fail "$(cat log)"

# how long a run takes here from its start to its second savepoint
begin=$(date +%s%N)
(go short 4) >log 2>&1 || fail "$(cat log)"
most=$(((($(date +%s%N) - begin) / 1000000) * 2))

# a kill comes up to twice as long after the run has begun; no kill takes back what was saved
n=0
gained=0
while [ $n -lt "$kills" ]; do
  before=$(saved run)
  [ "${before:-0}" -lt $((steps - 2 * full - 4)) ] || { rm -rf run; before=0; }
  (go run $steps) >log 2>&1 &
  sleep "$(random $most | awk '{ print $1 / 1000 }')"
  kill -KILL $! 2>/dev/null || true
  wait $! 2>/dev/null || true
  after=$(saved run)
  [ "${after:-0}" -ge "${before:-0}" ] || fail "kill $n: saved at $before before, at $after after it"
  [ "${after:-0}" = "${before:-0}" ] || gained=$((gained + 1))
  n=$((n + 1))
done
echo "$n kills, $gained of them after the run had saved once more; saved at step $(saved run)"
[ "$kills" = 0 ] || [ $gained -gt 0 ] || fail "all kills came before the run saved anything: nothing was tested"

# no file may grow beyond what is drawn: an error, or, for a third, a savepoint that is whole
n=0
gained=0
size=$(find straight -name 'state-*.safetensors' -printf '%k\n' | sort -n | tail -n 1)
while [ $n -lt "$full" ]; do
  before=$(saved run)
  (ulimit -f $((2 * $(random $((size * 3 / 2))))); go run $((${before:-0} + 2))) >log 2>&1 || true
  after=$(saved run)
  [ "${after:-0}" -ge "${before:-0}" ] || fail "full disk $n: saved at $before before, at $after after it"
  [ "${after:-0}" = "${before:-0}" ] || gained=$((gained + 1))
  rm -f run/final.safetensors
  n=$((n + 1))
done
echo "$n disks of little room, $gained with enough of it for a savepoint; saved at step $(saved run)"

(go run $steps) >log 2>&1 || fail "the run does not go on: $(cat log)"
cmp straight/final.safetensors run/final.safetensors || fail "other weights than of a run that nobody disturbed"
for state in straight/state-*.safetensors; do
  cmp "$state" "run/$(basename "$state")" || fail "another state"
done
# leftovers of dead programs go ten minutes after they were written
find run -name '.nextframe-*' -exec touch -d '20 minutes ago' {} +
(go run $steps) >log 2>&1 || fail "the run does not end again: $(cat log)"
find straight -type f | sed 's/^straight//' | sort >a
find run -type f | sed 's/^run//' | sort | cmp a - || fail "litter: $(find run -type f)"
echo "all well: the bits of a run that nobody disturbed, and no litter"
