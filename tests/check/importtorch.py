# SPDX-License-Identifier: MIT
"""nextframe-train import with files that PyTorch writes here: what is in the checkpoints equals PyTorch's
tensors bit for bit, and the networks' outputs with these weights equal PyTorch's within the tolerances of
golden-check. A build without libzip refuses the files that PyTorch writes by itself, and gets all in the
format before. From tests/meson.build: NF_TRAIN, NF_GOLDEN_CHECK, NF_SOURCE, NF_HAVE_ZIP. Without PyTorch
the exit status is 77.
"""
import json
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ["NF_SOURCE"]
ZIP = bool(os.environ["NF_HAVE_ZIP"])
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "tests", "reference"))
import make_golden as golden  # noqa: E402  (ends with 77 without PyTorch)
import torch  # noqa: E402

YML = """# a training's configuration
training:
  batch_size: 64
data:
  dataset: "KTH"
  image_size: 16
  channels: 3
  num_frames: 2
  num_frames_cond: 3
  num_frames_future: 0
  rescaled: true
model:
  version: 'DDPM'
  arch: unetmore
  gamma: false
  num_classes: 1000
  sigma_dist: DIST
  sigma_begin: 0.02
  sigma_end: 0.0001
  ngf: 16
  ch_mult: [1, 2]
  num_res_blocks: 1
  attn_resolutions: [8]
  n_head_channels: 16
  dropout: 0.1
  spade: SPADE
"""
# as Python's yaml writes a namespace
NAMESPACE = """!!python/object:argparse.Namespace
data: !!python/object:argparse.Namespace
  image_size: 16
  num_frames: 2
model: !!python/object:argparse.Namespace
  attn_resolutions:
  - 8
  ch_mult:
  - 1
  - 2
  n_head_channels: 16
  num_classes: 1000
  sigma_begin: 0.02
  sigma_dist: linear
  sigma_end: 0.0001
"""
INI = "[data]\nimage-size = 16 16\n[model]\nnum-frames = 2\nn-head-channels = 16\nnum-classes = 1000\nsigma-dist = cosine\n"
FORMATS = (False, True) if ZIP else (True,)  # whether it is the one before version 1.6
PIXELS = ["-s", "mean=0.485,0.456,0.406", "-s", "std=0.229,0.224,0.225"]


def run(folder, saved, arch, *options, bad=None, legacy=not ZIP):
    """Imports what is saved; the checkpoint's tensors, or what the error says where it has to be refused."""
    source, out = os.path.join(folder, "in.pt"), os.path.join(folder, "out.safetensors")
    if saved is not None:
        torch.save(saved, source, _use_new_zipfile_serialization=not legacy)
    if os.path.exists(out):
        os.unlink(out)
    done = subprocess.run([os.environ["NF_TRAIN"], "import", source, "--arch", arch, "-o", out, *options],
                          capture_output=True, text=True)
    if bad is not None:
        assert done.returncode == 1 and bad in done.stderr, (done.returncode, done.stderr, bad)
        assert not os.path.exists(out), "a refused file left a checkpoint"
        return None
    assert done.returncode == 0, done.stderr + done.stdout
    return golden.read(out)


def same(found, state, prefix=""):
    for name, t in state.items():
        ours = found[prefix + name]
        assert ours.dtype == t.dtype and torch.equal(ours, t), name
    assert len(found) == len(state), set(found) ^ {prefix + n for n in state}


def outputs(folder, name, tensors):
    """golden-check with these weights in place of the formula's."""
    numbers, metadata = golden.read(os.path.join(SOURCE, "tests", "golden", "data", name + ".safetensors"))
    path = os.path.join(folder, name + ".safetensors")
    for other in ("spade_unet", "unetpp_resnet18"):
        if other != name:
            with open(os.path.join(SOURCE, "tests", "golden", "data", other + ".safetensors"), "rb") as f, \
                    open(os.path.join(folder, other + ".safetensors"), "wb") as g:
                g.write(f.read())
    golden.write(path, {**numbers, **{"weight/" + n: t for n, t in tensors.items()}}, metadata)
    done = subprocess.run([os.environ["NF_GOLDEN_CHECK"], path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = {n: t + 0.1 if t.is_floating_point() and t.dim() == 4 else t for n, t in tensors.items()}
    golden.write(path, {**numbers, **{"weight/" + n: t for n, t in wrong.items()}}, metadata)
    done = subprocess.run([os.environ["NF_GOLDEN_CHECK"], path], capture_output=True, text=True)
    assert done.returncode == 1, "golden-check passes with other weights"


def mcvd(net, mean):
    """The list that MCVD saves; the running mean has what is trained."""
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    sum(p.sum() for p in net.parameters()).backward()
    optimiser.step()
    state = {"module." + n: t.clone() for n, t in net.state_dict().items()}
    state["module.betas"] = torch.linspace(0.0001, 0.02, 1000)
    return [state, optimiser.state_dict(), 3, 1000, mean]


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def unets(folder):
    for name, dist in ("spade_unet", "linear"), ("concat_unet", "cosine"):
        spade = name == "spade_unet"
        net = golden.fill(golden.spec.UNet({**golden.UNET, "spade": spade, "sigma_dist": dist}), torch.float32)
        state = {n: t.clone() for n, t in net.state_dict().items()}
        mean = {n: p.detach().clone() for n, p in net.named_parameters()}
        saved = mcvd(net, mean)
        moved = {n: t.clone() for n, t in net.state_dict().items()}
        yml = write(folder, "mcvd.yml", YML.replace("DIST", dist).replace("SPADE", str(spade).lower()))
        for legacy in FORMATS:
            found, said = run(folder, saved, name, "-c", yml, legacy=legacy)
            same(found, state)  # the running mean, which is what the net began with
        assert json.loads(said["nextframe.config"])["ch_mult"] == [1, 2]
        outputs(folder, name, found)
        same(run(folder, saved, name, "-c", yml, "-w", "model")[0], moved)
        other = write(folder, "other", NAMESPACE if spade else INI)
        os.rename(other, other := other + (".yaml" if spade else ".ini"))
        same(run(folder, saved, name, "-c", other)[0], state)
        run(folder, saved, name, bad="n_head_channels")
        run(folder, saved, name, "-c", yml, "-s", "ngf=32", bad="ngf is 32")
        run(folder, saved, name, "-c", yml, "-s", "cond_emb=true", bad="cond_emb is true")
        run(folder, saved, "concat_unet" if spade else "spade_unet", "-c", yml, bad="--arch=" + name)
        run(folder, saved[:4], name, "-c", yml, "-w", "ema", bad="no running mean")


def unetpps(folder):
    for encoder in "resnet18", "resnet34", "resnet50":
        net = golden.spec.UnetPlusPlus(encoder, golden.CLASSES, golden.WIDTHS, golden.ENCODER_WIDTH)
        state = golden.fill(net, torch.float32, golden.damp(net) if encoder != "resnet18" else {}).state_dict()
        forms = [state, {"state_dict": {"model." + n: t for n, t in state.items()}, "epoch": 3},
                 {"model_state_dict": {"_orig_mod.module.model." + n: t for n, t in state.items()}}]
        for form in forms:
            found, said = run(folder, form, "unetpp", *PIXELS)
            same(found, state)
        assert json.loads(said["nextframe.config"])["encoder"] == encoder
        outputs(folder, "unetpp_" + encoder, found)
        found, _ = run(folder, {**{n[8:]: t for n, t in state.items() if n.startswith("encoder.")},
                                "fc.weight": torch.ones(4, 64), "fc.bias": torch.ones(4)}, encoder)
        same(found, {n: t for n, t in state.items() if n.startswith("encoder.")})
        run(folder, state, "unetpp", bad="mean")
        run(folder, {**state, "loss.weight": torch.ones(3)}, "unetpp", *PIXELS, bad="no place")
        run(folder, {n: t for n, t in state.items() if n != "segmentation_head.0.bias"}, "unetpp", *PIXELS,
            bad="1 parameters are missing")
    half = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
    same(run(folder, half, "unetpp", *PIXELS)[0], {n: t.float() if t.is_floating_point() else t for n, t in half.items()})
    views = {n: t.permute(1, 0, 2, 3).contiguous().permute(1, 0, 2, 3) if t.dim() == 4 else t for n, t in state.items()}
    same(run(folder, views, "unetpp", *PIXELS)[0], state)
    # a bare safetensors file
    golden.write(os.path.join(folder, "in.pt"), state, {})
    same(run(folder, None, "unetpp", *PIXELS)[0], state)


class Code:
    def __reduce__(self):
        return os.mkdir, (os.path.join(Code.folder, "executed"),)


def refusals(folder):
    Code.folder = folder
    if not ZIP:
        run(folder, {"a": torch.ones(2)}, "unetpp", bad="built without libzip", legacy=False)
    for legacy in FORMATS:
        run(folder, {"state_dict": {"a": torch.ones(2)}, "x": Code()}, "unetpp", bad="posix mkdir", legacy=legacy)
        run(folder, torch.nn.Linear(2, 2), "unetpp", bad="torch.nn.modules.linear Linear", legacy=legacy)
    assert not os.path.exists(os.path.join(folder, "executed"))


with tempfile.TemporaryDirectory() as folder:
    refusals(folder)
    unets(folder)
    unetpps(folder)
