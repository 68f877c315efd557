#!/bin/sh
# A live pipeline and a training, hours long, side by side: memory, threads and
# open descriptors must stay flat (long.py says how that is judged).
# Usage: tests/stress/long.sh BUILD FOLDER [SECONDS]   (7200)
# FOLDER/live and FOLDER/train get samples.csv, plot.svg and log. The networks are
# small and untrained, so that a frame each 40 ms is little work.
set -e
if [ ! -x "$1/trainer/nextframe-train" ] || [ -z "$2" ]; then
  sed -n '2,7s/^# //p' "$0"
  exit 2
fi
build=$(realpath "$1") seconds=${3:-7200}
here=$(cd "$(dirname "$0")" && pwd)
train=$build/trainer/nextframe-train
mkdir -p "$2"
cd "$2"
export GST_PLUGIN_PATH_1_0="$build/gst" G_DEBUG=fatal-criticals
# how threads wait is left alone: otherwise their number follows the machine's load
export OMP_WAIT_POLICY=passive

cat >base.ini <<'END_OF_FILE'
[model]
num-frames-cond=3
num-frames=1
num-res-blocks=1
spade-dim=4
[train]
batch-size=1
threads=1
device=cpu
END_OF_FILE
small () { "$train" synth --out "$1" --train 2 --val 1 --width "$2" --height "$3" --frames 6 --seed 1 2>/dev/null; }
small clips 64 48
small tiny-clips 24 16
"$train" diffusion -c base.ini --data clips --run predictor --set data.image-size='48 64' \
  --set model.ngf=4 --set model.ch-mult=1 --set model.attn-resolutions= --set model.n-head-channels=4 \
  --set train.steps=1 --set validate.every=0 2>/dev/null
"$train" segment --data clips --run segmenter --set data.image-size='48 64' \
  --set model.encoder-width=4 --set model.decoder-widths='8 8 8 8 8' \
  --set train.steps=1 --set train.batch-size=1 --set validate.every=0 2>/dev/null

python3 "$here/long.py" run "$seconds" train "$train" diffusion -c base.ini --data tiny-clips \
  --run run --set data.image-size='16 24' --set model.ngf=8 --set model.ch-mult='1 2' \
  --set model.attn-resolutions=8 --set model.n-head-channels=8 --set model.dropout=0.1 \
  --set train.ema-rate=0.9 --set train.log-every=100 --set train.checkpoint-every=500 \
  --set validate.every=1000 --set validate.clips=1 --set train.steps=100000000 >train.txt &
training=$!
failed=0
python3 "$here/long.py" run "$seconds" live gst-launch-1.0 -m \
  nfscenesrc is-live=true width=64 height=48 threads=1 name=s s.video ! tee name=t \
  t. ! queue leaky=downstream max-size-buffers=11 ! \
  nfpredict checkpoint=predictor/final.safetensors window=sliding horizon=1 steps=1 threads=1 ! \
  nfsegment checkpoint=segmenter/final.safetensors threads=1 ! i.prediction \
  t. ! queue leaky=downstream max-size-buffers=11 ! videoconvert ! fakesink sync=true \
  s.mask ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! i.truth \
  nfiou name=i ! fakesink sync=true >live.txt || failed=1
wait $training || failed=1
echo "live, $(grep -c 'nf-iou, scope=(string)frame' live/log) frames scored:" && cat live.txt
echo "training, $(sed -n 's/^step \([0-9]*\).*/\1/p' train/log | tail -n 1) steps:" && cat train.txt
exit $failed
