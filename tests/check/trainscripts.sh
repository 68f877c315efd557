#!/bin/sh
# The scripts that train: examples/train-h100.sh as a rehearsal on a tiny data set,
# and the job scripts of examples/slurm with stand-ins for Slurm's commands. They
# train, judge and predict, go on where they stopped, and refuse what they cannot
# work on. And the walk of docs/trainer.md. From tests/meson.build: NF_SOURCE,
# NF_TRAIN.
set -e
out=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null || :; [ ! -e srun.pid ] || kill "$(cat srun.pid)" 2>/dev/null || :; rm -rf "$out"' EXIT
cd "$out"
fail () { echo "FAIL: $*"; exit 1; }
export NEXTFRAME_PATH="$NF_SOURCE/examples/checkpoints" OMP_NUM_THREADS=1

"$NF_TRAIN" synth --out data --train 2 --val 1 --hidden 1 --width 48 --height 32 --seed 4 2>/dev/null

# all of it, on one process
h100 () { TRAIN=$NF_TRAIN GPUS=1 REHEARSE=1 sh "$NF_SOURCE/examples/train-h100.sh" "$@"; }
mkdir -p runs/next-frame
: >runs/next-frame/config.ini # of a run that ended before it saved anything
SEGMENT_SET="train.seed=7" h100 data runs >log 2>&1 || fail "train-h100.sh: $(cat log)"
for file in unetpp/final.safetensors next-frame/final.safetensors eval/report.html hidden/masks.npy hidden/index.csv; do
  [ -s "runs/$file" ] || fail "train-h100.sh made no $file: $(cat log)"
done
grep -q 'seed=7' runs/unetpp/config.ini || fail "SEGMENT_SET changes nothing"
h100 data runs >again 2>&1 || fail "train-h100.sh again: $(cat again)"
grep -q '== segment' again && fail "a network that was done was trained again"
h100 nowhere >said 2>&1 && fail "a data set that is not there was taken"
grep -q 'nowhere: has no train/' said || fail "no word of what is missing: $(cat said)"

# Slurm's commands: srun starts the program here, scancel signals it
mkdir bin
cat >bin/srun <<'END'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do echo "$1" >>srun.options; shift; done
echo $$ >srun.pid
exec "$@"
END
cat >bin/scancel <<'END'
#!/bin/sh
[ "$1 $2" = "--signal=TERM 77" ] && kill -TERM "$(cat srun.pid)"
END
cat >bin/scontrol <<'END'
#!/bin/sh
echo "$*" >>queued
END
chmod +x bin/*
export PATH="$out/bin:$PATH" SLURM_JOB_ID=77 TRAIN="$NF_TRAIN" DATASET=data KIND=diffusion RUN=job
export CONFIG="$out/tiny.ini" SLURM_CPUS_PER_TASK=3
cat >tiny.ini <<'END'
[data]
image-size=24 32
[model]
num-frames=1
future-gap=10
ngf=8
ch-mult=1 2
num-res-blocks=1
attn-resolutions=12
n-head-channels=8
spade-dim=4
[train]
batch-size=2
log-every=1
threads=1
device=cpu
END
job () { SETTINGS="--set train.steps=$1 --set validate.every=0" sh "$NF_SOURCE/examples/slurm/train.sbatch"; }

# asked to end: it saves, and queues again
(export SETTINGS="--set train.steps=100000 --set validate.every=0"; exec sh "$NF_SOURCE/examples/slurm/train.sbatch") >log 2>&1 &
tries=0
until grep -qs '"step":2[,}]' job/metrics.jsonl; do
  tries=$((tries + 1)); [ $tries -lt 600 ] || fail "the job takes no steps: $(cat log)"
  sleep 0.1
done
kill -TERM $!
wait $! || fail "a job that was asked to end failed: $(cat log)"
[ "$(cat queued)" = "requeue 77" ] || fail "the job does not queue again: $(cat log)"
step=$(sed -n 's/.*saved at step \([0-9]*\);.*/\1/p' log)
[ -n "$step" ] || fail "nothing was saved: $(cat log)"
# goes on to its end, and queues no more
job $((step + 1)) >log 2>&1 || fail "the job does not go on: $(cat log)"
[ -e job/final.safetensors ] || fail "the job has no end: $(cat log)"
[ "$(wc -l <queued)" = 1 ] || fail "a job that was done queues again"
job $((step + 1)) 2>&1 | grep -q 'done before' || fail "a job that was done began again"
# every step has the job's CPUs, and ends when a process of it dies
[ "$(grep -c '^--cpus-per-task=3$' srun.options)" = 2 ] || fail "steps have other CPUs: $(cat srun.options)"
[ "$(grep -c '^--kill-on-bad-exit=1$' srun.options)" = 2 ] || fail "a process that dies does not end the step"
# what fails does not queue again
RUN=bad KIND=segment job 1 >log 2>&1 && fail "a wrong configuration was taken"
[ "$(wc -l <queued)" = 1 ] || fail "a job that failed queues again"
KIND=guess job 1 2>&1 | grep -q 'expected segment or diffusion' || fail "a wrong KIND was taken"

SEGMENT=runs/unetpp/final.safetensors PREDICT=job/final.safetensors OUT=judged SETTINGS="--steps 2" \
  sh "$NF_SOURCE/examples/slurm/evaluate.sbatch" >log 2>&1 || fail "evaluate.sbatch: $(cat log)"
for file in eval/report.json hidden/masks.npy; do
  [ -s "judged/$file" ] || fail "evaluate.sbatch made no $file: $(cat log)"
done
SEGMENT=none PREDICT=none OUT=judged sh "$NF_SOURCE/examples/slurm/evaluate.sbatch" 2>&1 | grep -q 'SEGMENT is "none"' \
  || fail "a network that is not there was taken"

# the walk of docs/trainer.md, with few steps and one clip
mkdir -p walk/build/trainer
cd walk
ln -s "$NF_SOURCE/examples" examples
cat >build/trainer/nextframe-train <<END
#!/bin/sh
case \$1 in
segment | diffusion) set -- "\$@" -s train.steps=2 -s train.batch-size=2 -s train.warmup=1 -s validate.clips=1 ;;
esac
exec "$NF_TRAIN" "\$@"
END
chmod +x build/trainer/nextframe-train
sed -n '/^## From nothing/,/^## Config/s/^    //p' "$NF_SOURCE/docs/trainer.md" \
  | sed 's/scenes:5:20/scenes:5:1/; s/^gst-launch-1.0/LD_PRELOAD=$NF_PRELOAD & -q/' >walk.sh
[ "$(grep -c nextframe-train walk.sh)" = 3 ] || fail "docs/trainer.md has another walk: $(cat walk.sh)"
env -u NEXTFRAME_PATH sh -e walk.sh >log 2>&1 || fail "the walk of docs/trainer.md: $(cat log)"
for file in runs/judged/report.html demo-out/future.png; do
  [ -s $file ] || fail "the walk made no $file: $(cat log)"
done
cd ..
echo "all well"
