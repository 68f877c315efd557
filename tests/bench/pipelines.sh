#!/bin/sh
# Whole pipelines with the networks that ship, beside the same work in PyTorch.
#
#   tests/bench/pipelines.sh [--quick] [CLIPS]
#
# CLIPS    synthetic clips to work through; default 200
# BUILD    the build folder; default: build
# PEERS    the virtual environment of against-peers.sh; default build-peers;
#          where there is none, PyTorch is left out
# THREADS  of all; default 2
# RUNS     how often each is measured; default 3, with --quick 1
root=$(cd "$(dirname "$0")/../.." && pwd)
quick=
runs=${RUNS:-3}
if [ "$1" = --quick ]; then
  quick=--quick
  runs=${RUNS:-1}
  shift
fi
case ${1:-200} in
  *[!0-9]*) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
build=${BUILD:-$root/build}
peers=${PEERS:-$root/build-peers}
python=python3
if [ -x "$peers/bin/python" ]; then
  python=$peers/bin/python
  quick="$quick --peers"
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GST_REGISTRY="$folder/registry" GST_PLUGIN_PATH="$build/gst"
export NEXTFRAME_PATH="$root/examples/checkpoints"
export PYTHONPATH="$root/tests/reference:$root/tests/bench" PYTHONDONTWRITEBYTECODE=1
export OMP_NUM_THREADS="${THREADS:-2}"
"$build/trainer/nextframe-train" synth --seed 600613 --train "${1:-200}" \
  -o "$folder/clips" >/dev/null || exit 1
grep -m1 'model name' /proc/cpuinfo
# shellcheck disable=SC2086
"$python" "$root/tests/bench/pipelines.py" "$folder/clips" $quick \
  --runs "$runs" --threads "${THREADS:-2}"
