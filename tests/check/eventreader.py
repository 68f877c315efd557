# SPDX-License-Identifier: MIT
"""TensorBoard's own reader opens the event files of a run: numbers equal metrics.jsonl, the picture is the
PNG file of the run, and where a run goes on from an earlier step its second file replaces what the first
one had of later steps. From tests/meson.build: NF_TRAIN. Without TensorBoard the exit status is 77.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    from tensorboard.backend.event_processing.event_accumulator import IMAGES, SCALARS, EventAccumulator
except ImportError:
    print("skipped: no TensorBoard (pip install tensorboard)")
    sys.exit(77)

TRAIN = os.environ["NF_TRAIN"]
SETTINGS = """data.splits=train data.image-size=16,24 data.scene-size=32,48 model.ngf=8 model.ch-mult=1
model.num-res-blocks=1 model.attn-resolutions=16 model.n-head-channels=8 model.spade-dim=4 model.num-frames-cond=2
train.batch-size=2 train.warmup=2 train.log-every=1 train.threads=1 train.checkpoint-every=2 validate.every=2
validate.clips=1 watch.tensorboard=true watch.sample-every=4 watch.sample-clips=1 watch.sample-steps=2"""


def train(run, steps, *options):
    sets = [word for s in SETTINGS.split() + [f"train.steps={steps}"] for word in ("--set", s.replace(",", " "))]
    command = [TRAIN, "diffusion", "-d", "scenes:1", "-r", run, *options, *sets]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 1 and "protobuf-c" in done.stderr:
        print("skipped: a build without protobuf-c")
        sys.exit(77)
    assert done.returncode == 0, done.stderr


def metrics(run):
    """{tag: [(step, value)]} of metrics.jsonl, with TensorBoard's names."""
    series = {}
    for line in open(os.path.join(run, "metrics.jsonl")):
        record = json.loads(line)
        step = record.pop("step")
        for name, value in record.items():
            group, _, rest = name.partition("-")
            tag = f"validation/{rest}" if group == "validation" else f"train/{name}"
            series.setdefault(tag, []).append((step, struct.unpack("f", struct.pack("f", value))[0]))
    return series


def check(run):
    read = EventAccumulator(run, size_guidance={SCALARS: 0, IMAGES: 0})
    read.Reload()
    want = metrics(run)
    assert sorted(read.Tags()["scalars"]) == sorted(want), (read.Tags(), sorted(want))
    for tag, points in want.items():
        got = [(event.step, event.value) for event in read.Scalars(tag)]
        assert got == points, (tag, got, points)
    assert read.Tags()["images"] == ["samples"], read.Tags()
    for image in read.Images("samples"):
        with open(os.path.join(run, f"samples-{image.step:06d}.png"), "rb") as file:
            png = file.read()
        assert image.encoded_image_string == png
        assert struct.unpack(">II", png[16:24]) == (image.width, image.height)
    return [image.step for image in read.Images("samples")]


with tempfile.TemporaryDirectory() as root:
    run = os.path.join(root, "run")
    train(run, 6)
    assert check(run) == [4, 6]
    # as if it had been killed after step 6, before its last savepoint: it goes on from step 4
    for name in os.listdir(run):
        if "6.safetensors" in name:
            os.unlink(os.path.join(run, name))
    train(run, 8, "--resume")
    assert check(run) == [4, 8]
    assert len([name for name in os.listdir(run) if ".tfevents." in name]) == 2
print("ok")
