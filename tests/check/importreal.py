# SPDX-License-Identifier: MIT
"""nextframe-train import with the files of the programs that users have: segmentation_models_pytorch,
torchvision, and MCVD's own network. Outputs with the imported weights equal theirs within the tolerances
of golden-check. From tests/meson.build: NF_TRAIN, NF_GOLDEN_CHECK, NF_SOURCE, NF_HAVE_ZIP. docs/testing.md says how
to get there: NF_IMPORT_PYTHON names interpreters that have these packages, NF_MCVD a folder with MCVD's
sources. Without any of it the exit status is 77.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import types

SOURCE = os.environ["NF_SOURCE"]
CLASSES = 49
HEIGHT, WIDTH = 64, 96
ENCODERS = "resnet18", "resnet34", "resnet50"
PIXELS = ["-s", "mean=0.485,0.456,0.406", "-s", "std=0.229,0.224,0.225"]


def run(folder, saved, arch, *options):
    """Imports what is saved; the checkpoint's tensors and metadata."""
    source, out = os.path.join(folder, "in.pt"), os.path.join(folder, "out.safetensors")
    torch.save(saved, source, _use_new_zipfile_serialization=bool(os.environ["NF_HAVE_ZIP"]))
    if os.path.exists(out):
        os.unlink(out)
    done = subprocess.run([os.environ["NF_TRAIN"], "import", source, "--arch", arch, "-o", out, *options],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    return golden.read(out)


def same(found, state):
    for name, t in state.items():
        assert found[name].dtype == t.dtype and torch.equal(found[name], t), name
    assert len(found) == len(state), set(found) ^ set(state)


def compare(folder, items, weights, net, metadata):
    """golden-check of what the network said in float32. What bfloat16 comes to depends on the weights, and
    those here are not trained."""
    path = os.path.join(folder, "numbers.safetensors")
    metadata = {**metadata, "state": golden.shapes((n, t) for n, t in net.state_dict().items() if n in weights),
                "params": golden.shapes(net.named_parameters())}
    golden.write(path, {**items, **{"weight/" + n: t for n, t in weights.items()}}, metadata)
    done = subprocess.run([os.environ["NF_GOLDEN_CHECK"], path], capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if "<=" in line and " L2 " not in line]
    assert lines and all(line.endswith(" ok") for line in lines), done.stdout + done.stderr
    print(*(line for line in lines if "out/" in line or "feat/" in line), sep="\n", flush=True)


def used(net, *inputs):
    """A network whose norms have seen some pictures, as trained ones have; ready to be evaluated. As in the
    golden files the norms that end residual branches are damped, or rounding would grow with the depth."""
    with torch.no_grad():
        for block in net.modules():
            if type(block).__name__ in ("BasicBlock", "Bottleneck"):
                getattr(block, "bn3", block.bn2).weight *= 0.1
        for _ in range(3):
            net.train()(*inputs)
    return net.eval()


def unetpps(folder):
    import segmentation_models_pytorch as smp
    print("segmentation_models_pytorch", smp.__version__, "torch", torch.__version__)
    image, more = golden.numbers("in/image", 1, 3, HEIGHT, WIDTH), golden.numbers("more", 4, 3, HEIGHT, WIDTH)
    for encoder in ENCODERS:
        net = smp.UnetPlusPlus(encoder, encoder_weights=None, decoder_attention_type=None, classes=CLASSES)
        used(net, more)
        with torch.no_grad():
            logits = net(image)
        found, said = run(folder, {"model_state_dict": net.state_dict(), "epoch": 7}, "unetpp", *PIXELS)
        same(found, net.state_dict())
        if importlib.util.find_spec("safetensors"):  # the way back, as docs/trainer.md has it
            from safetensors.torch import load_file
            net.load_state_dict(load_file(os.path.join(folder, "out.safetensors")))
        config = json.loads(said["nextframe.config"])
        assert config["encoder"] == encoder and config["classes"] == CLASSES, config
        compare(folder, {"in/image": image, "out/logits": logits}, found, net,
                {"config": "{}", "model": f"UnetPlusPlus(encoder_name='{encoder}', in_channels=3, classes={CLASSES})"})


def resnets(folder):
    """torchvision's encoders, as they are saved and in front of smp's decoder where that is there."""
    import torchvision
    print("torchvision", torchvision.__version__, "torch", torch.__version__)
    image = golden.numbers("in/image", 1, 3, HEIGHT, WIDTH)
    for encoder in ENCODERS:
        net = used(getattr(torchvision.models, encoder)(), golden.numbers("more", 4, 3, HEIGHT, WIDTH))
        found, _ = run(folder, net.state_dict(), encoder)
        same(found, {"encoder." + n: t for n, t in net.state_dict().items() if not n.startswith("fc.")})
        with torch.no_grad():
            f = net.layer3(net.layer2(net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(image)))))))
            items = {"in/image": image, "feat/encoder_f4": f, "feat/encoder_f5": net.layer4(f)}
        # a decoder of the formula's weights behind it, which golden-check needs to have a network
        whole = golden.fill(golden.spec.UnetPlusPlus(encoder, CLASSES, [32, 16, 16, 8, 8], 64), torch.float32)
        whole.load_state_dict(found, strict=False)
        with torch.no_grad():
            items["out/logits"] = whole.eval()(image)
        compare(folder, items, whole.state_dict(), whole,
                {"config": "{}", "model": f"UnetPlusPlus(encoder_name='{encoder}', in_channels=3, classes={CLASSES})"})


def mcvd_config(name, **changes):
    """One of MCVD's configurations with a smaller network, and as the namespace that its code takes."""
    import yaml
    with open(os.path.join(os.environ["NF_MCVD"], "configs", name)) as f:
        config = yaml.safe_load(f)
    config["data"].update(image_size=32, num_frames=2, num_frames_cond=3)
    config["model"].update(ngf=32, ch_mult=[1, 2], num_res_blocks=1, attn_resolutions=[16], n_head_channels=32,
                           spade_dim=24)
    for key, value in changes.items():
        config["data" if key in config["data"] else "model"][key] = value
    return config, types.SimpleNamespace(device=torch.device("cpu"),
                                         **{k: types.SimpleNamespace(**v) for k, v in config.items()})


def mcvd(folder):
    import yaml
    sys.path.insert(0, os.environ["NF_MCVD"])
    from models.better.ncsnpp_more import UNetMore_DDPM
    from models.ema import EMAHelper
    print("MCVD, torch", torch.__version__)
    for name, changes in (("kth64_big_spade.yml", {}), ("kth64_big.yml", {"num_frames_future": 2}),
                          ("cityscapes_big_spade.yml", {"num_frames_future": 1, "n_head_channels": -1}),
                          ("smmnist_DDPM_big5.yml", {"sigma_dist": "cosine", "num_res_blocks": 2}),
                          ("bair_big.yml", {"gamma": True})):
        config, space = mcvd_config(name, **changes)
        net = UNetMore_DDPM(space)
        with torch.no_grad():  # MCVD begins with convolutions of zeros
            for n, p in net.named_parameters():
                p.copy_(golden.weight(n, tuple(p.shape)))
        wrapped = torch.nn.DataParallel(net)
        optimiser = torch.optim.Adam(wrapped.parameters(), lr=2e-4)
        mean = EMAHelper(mu=0.9)
        mean.register(wrapped)
        data, frames = config["data"], config["data"]["channels"] * config["data"]["num_frames"]
        known = data["channels"] * (data["num_frames_cond"] + data["num_frames_future"])
        x, cond = golden.numbers("in/x", 2, frames, 32, 32), golden.numbers("in/cond", 2, known, 32, 32)
        t = torch.tensor([37, 812])
        for _ in range(2):
            net(x, t, cond).square().sum().backward()
            optimiser.step()
            mean.update(wrapped)
        yml = os.path.join(folder, name)
        with open(yml, "w") as f:
            yaml.dump(config, f)
        # as its runner saves
        states = [wrapped.state_dict(), optimiser.state_dict(), 1, 2, mean.state_dict()]
        arch = "spade_unet" if config["model"]["spade"] else "concat_unet"
        found, said = run(folder, states, arch, "-c", yml)
        mean.ema(wrapped)  # as it loads
        net.eval()
        same(found, dict(net.named_parameters()))
        with torch.no_grad():
            eps = net(x, t, cond)
        assert eps.std() > 0.05, "a network that says next to nothing"
        # its noise schedule is compared as well
        buffers = {"weight/" + n: t for n, t in net.named_buffers() if n in ("betas", "alphas", "alphas_prev")}
        compare(folder, {"in/x": x, "in/t": t, "in/cond": cond, "out/eps": eps, **buffers}, found, net,
                {"config": said["nextframe.config"]})
        print(name, changes, said["nextframe.arch"])


def parts():
    here = [("segmentation_models_pytorch", unetpps), ("torchvision", resnets)]
    found = [part for package, part in here if importlib.util.find_spec(package)]
    needs = "scipy", "tqdm", "yaml"
    return found + ([mcvd] if os.environ.get("NF_MCVD") and all(map(importlib.util.find_spec, needs)) else [])


def others():
    """The interpreters that NF_IMPORT_PYTHON names, one after the other."""
    ends = []
    for python in os.environ["NF_IMPORT_PYTHON"].split(":"):
        ends.append(subprocess.run([python, __file__], env={**os.environ, "NF_IMPORT_PYTHON": ""}).returncode)
    sys.exit(max((end for end in ends if end != 77), default=77))


if os.environ.get("NF_IMPORT_PYTHON"):
    others()
if not parts():
    print("skipped: no segmentation_models_pytorch, torchvision or NF_MCVD; see docs/testing.md")
    sys.exit(77)
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "tests", "reference"))
import make_golden as golden  # noqa: E402  (ends with 77 without PyTorch)
import torch  # noqa: E402

torch.manual_seed(1)
with tempfile.TemporaryDirectory() as folder:
    for part in parts():
        part(folder)
