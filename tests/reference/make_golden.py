# SPDX-License-Identifier: MIT
"""Writes the reference numbers that golden-check compares the library with.

  make_golden.py FOLDER             writes the files
  make_golden.py --check FOLDER     compares them with numbers made anew; exit status 1 where they differ
  make_golden.py --rounding         tells how far float32 is from float64, from which tolerances follow

Everything comes from nextframe_torch.py. Weights, inputs and noise come from a formula, so they are the
same wherever this runs; tests/golden/README.md describes it and the files. Needs python3-torch; without
it, the exit status is 77.
"""
import argparse
import json
import math
import os
import struct
import sys

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}; install python3-torch")
    sys.exit(77)

sys.dont_write_bytecode = True
import nextframe_torch as spec  # noqa: E402

UNET = dict(image_size=16, channels=3, num_frames=2, num_frames_cond=3, ngf=16, ch_mult=[1, 2], num_res_blocks=1,
            attn_resolutions=[8], n_head_channels=16, spade=True, spade_dim=12, num_classes=1000, sigma_begin=0.02,
            sigma_end=0.0001, sigma_dist="linear", dropout=0.1)
CLASSES = 7
ENCODER_WIDTH = 8
WIDTHS = [32, 16, 16, 8, 8]
HEIGHT, WIDTH = 32, 64
GRADIENT = 128  # elements of a gradient that are stored; all count in its norm and projection


# ------------------------------------------------------------------------ numbers by formula
def fnv1a64(text):
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    return h


def uniform(name, n):
    """n numbers in [-1, 1) that follow from a name."""
    with np.errstate(over="ignore"):
        x = np.arange(n, dtype=np.uint64) + np.uint64(fnv1a64(name)) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return torch.from_numpy(((x ^ (x >> np.uint64(31))) >> np.uint64(40)).astype(np.float64) / 2 ** 23 - 1)


def numbers(name, *shape, scale=3 ** 0.5, dtype=torch.float32):
    """An input; of variance 1 unless a scale is given."""
    return (scale * uniform(name, math.prod(shape))).float().reshape(shape).to(dtype)


def labels(name, *shape, below):
    return ((uniform(name, math.prod(shape)) + 1) / 2 * below).long().reshape(shape)


def weight(name, shape):
    u = uniform(name, math.prod(shape)).reshape(shape)
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if name.endswith("running_var"):
        return (1 + 0.5 * u.abs()).float()
    if name.endswith(".weight") and len(shape) == 1:
        return (1 + 0.1 * u).float()
    if name.endswith(".weight"):
        return ((3 / math.prod(shape[1:])) ** 0.5 * u).float()
    if name.endswith(".W"):
        return ((3 / shape[0]) ** 0.5 * u).float()
    return (0.1 * u).float()  # biases, running means


def fill(net, dtype, changes=None):
    """Gives a network the formula's weights, but for changes by name."""
    state = {name: weight(name, tuple(t.shape)) for name, t in net.state_dict().items()}
    net.load_state_dict({**state, **(changes or {})})
    return net.to(dtype).eval()


def damp(net):
    """A tenth of the formula's weights for the norms that end residual branches. With the whole ones,
    rounding grows so much through the layers of a deep encoder that are normalised by the batch that no
    two computations in float32 agree in a gradient."""
    return {name + ".weight": 0.1 * weight(name + ".weight", tuple(m.weight.shape)) for block, b in net.named_modules()
            if isinstance(b, spec.Residual) for name, m in [(f"{block}.bn3", b.bn3) if hasattr(b, "bn3") else (f"{block}.bn2", b.bn2)]}


# ------------------------------------------------------------------------ what networks share
def shapes(tensors):
    return json.dumps([[name, list(t.shape)] for name, t in tensors], separators=(",", ":"))


def weight_sums(net):
    values = [t.double() for t in net.state_dict().values()]
    return {"weightstat/sum": torch.stack([v.sum() for v in values]),
            "weightstat/norm": torch.stack([v.norm() for v in values])}


def gradients(net):
    out, norms, projections = {}, [], []
    for name, p in net.named_parameters():
        g = p.grad.reshape(-1)
        out["grad/" + name] = p.grad if g.numel() <= GRADIENT else g[:GRADIENT]
        norms.append(g.double().norm())
        projections.append(g.double() @ uniform("proj:" + name, g.numel()))
    return {**out, "gradstat/norm": torch.stack(norms), "gradstat/proj": torch.stack(projections)}


# ------------------------------------------------------------------------ files
def unet(config, dtype):
    """Predicted noise, the loss and its gradient."""
    config = {**UNET, **config}
    net = fill(spec.UNet(config), dtype)
    size = config["image_size"]
    frames, context = config["channels"] * config["num_frames"], config["channels"] * config["num_frames_cond"]
    x, x0, z = (numbers(n, 2, frames, size, size, dtype=dtype) for n in ("in/x", "loss/x0", "loss/z"))
    cond, t, at = numbers("in/cond", 2, context, size, size, dtype=dtype), torch.tensor([37, 812]), torch.tensor([640, 905])
    tensors = {"in/t": t, "loss/labels": at, **weight_sums(net)}
    if config["spade"]:
        tensors.update({"in/x": x, "in/cond": cond, "loss/x0": x0, "loss/z": z})
    with torch.no_grad():
        tensors["out/eps"] = net(x, t, cond)
    loss = spec.diffusion_loss(net, x0, cond, at, z)
    loss.backward()
    tensors.update({"loss/value": loss, **gradients(net)})
    return tensors, {"config": json.dumps(config), "state": shapes(net.state_dict().items()),
                     "params": shapes(net.named_parameters()),
                     "inputs": "in/x in/cond loss/x0 loss/z are those of spade_unet.safetensors"}


# method, steps, denoise, clip
RUNS = [("ddim", 10, True, True), ("ddim", 10, False, True), ("ddim", 10, True, False), ("ddim", 15, False, False),
        ("ddim", 50, True, True), ("ddpm", 10, True, True), ("ddpm", 10, False, False),
        ("f-pndm", 10, True, True), ("f-pndm", 10, False, False), ("f-pndm", 15, True, False), ("f-pndm", 2, False, False),
        ("dpm-solver++", 10, True, True), ("dpm-solver++", 10, False, False), ("dpm-solver++", 15, True, False)]


def samplers(dtype):
    """Walks of every sampler with the network of spade_unet.safetensors, and noise schedules."""
    net = fill(spec.UNet(UNET), dtype)
    shape = (1, UNET["channels"] * UNET["num_frames"], UNET["image_size"], UNET["image_size"])
    init, noise = numbers("in/init", *shape, dtype=dtype), numbers("in/noise", 9, *shape[1:], dtype=dtype)
    cond = numbers("in/cond", 1, UNET["channels"] * UNET["num_frames_cond"], *shape[2:], dtype=dtype)
    tensors = {"in/init": init, "in/noise": noise, "in/cond": cond}
    for method, steps, denoise, clip in RUNS:
        name = f"out/{method}/s{steps}_denoise{denoise:d}_clip{clip:d}_steplabel"
        tensors[name] = spec.sample(net, init, cond, method, steps, lambda i: noise[i:i + 1], clip, denoise)
    # as older PyTorch runs do: the last denoising at the label "number of steps less one"
    tensors["out/ddim/s10_denoise1_clip1"] = spec.sample(net, init, cond, "ddim", 10, last_label="count")
    for kind in ("linear", "cosine"):
        alphas = spec.schedule({**UNET, "sigma_dist": kind})
        for suffix, chosen in (("", torch.arange(len(alphas))), ("_s15", torch.tensor(spec.even_labels(alphas, 15)))):
            a = alphas[chosen]
            after = torch.cat([a[1:], torch.ones(1)])
            tensors.update({f"sched/{kind}{suffix}/{what}": t for what, t in
                            (("steps", chosen), ("alphas", a), ("alphas_prev", after), ("betas", 1 - a / after))
                            if suffix or what == "alphas"})
        if kind == "linear":  # the first share of signal of the other one is zero but for rounding
            tensors[f"sched/{kind}/gamma_shapes"] = spec.gamma_shapes(alphas)
    return tensors, {"config": json.dumps(UNET)}


def unetpp(encoder, dtype):
    """Logits, features, test-time augmentation, and a training step."""
    net = spec.UnetPlusPlus(encoder, CLASSES, WIDTHS, ENCODER_WIDTH)
    damped = damp(net) if encoder != "resnet18" else {}
    fill(net, dtype, damped)
    image = numbers("in/image", 1, 3, HEIGHT, WIDTH, dtype=dtype)
    # of a name with which no input of a ReLU lies within rounding of zero, where gradients jump
    batch = torch.cat([image, numbers("in/train_image:2", 2, 3, HEIGHT, WIDTH, dtype=dtype)])
    # blocks of 4 x 4 pixels; the last class never occurs
    target = labels("in/target", len(batch), HEIGHT // 4, WIDTH // 4, below=CLASSES - 1)
    target = target.repeat_interleave(4, 1).repeat_interleave(4, 2)
    tensors = {**{"weight/" + name: t for name, t in damped.items()}, **weight_sums(net)}
    if encoder == "resnet18":
        tensors.update({"in/image": image, "in/train_image": batch, "in/target": target})
    with torch.no_grad():
        f = net.encoder(image)
        tensors.update({"out/logits": net(image), "feat/encoder_f4": f[3], "feat/encoder_f5": f[4],
                        "feat/decoder_x_0_0": net.decoder.blocks["x_0_0"](f[4], f[3]),
                        "out/tta": spec.segment_tta(net, image[:, :, :, :32]), "in/tta_image": image[:, :, :, :32]})
    for prefix, logits in (("eval", tensors["out/logits"]), ("train", net.train()(batch))):
        y = target[:len(logits)]
        ce, dice, loss = spec.cross_entropy(logits, y), spec.dice_loss(logits, y), spec.seg_loss(logits, y)
        tensors.update({f"{prefix}/ce": ce, f"{prefix}/dice": dice, f"{prefix}/loss": loss})
    loss.backward()
    tensors.update({"train/logits_sub8": logits[:, :, ::8, ::8], **gradients(net)})
    state = net.state_dict()
    for norm in ("encoder.bn1", "encoder.layer4.1.bn2", "decoder.blocks.x_0_4.conv2.1"):
        for what in ("running_mean", "running_var", "num_batches_tracked"):
            tensors[f"after/{norm}.{what}"] = state[f"{norm}.{what}"]
    return tensors, {"model": f"UnetPlusPlus(encoder_name='{encoder}', in_channels=3, classes={CLASSES})",
                     "config": json.dumps({"ce_weight": 0.5, "dice_weight": 0.5, "smooth": 1e-6}),
                     "state": shapes(state.items()), "params": shapes(net.named_parameters()),
                     "inputs": "in/image in/train_image in/target are those of unetpp_resnet18.safetensors"}


def losses(dtype, weighted=False):
    """Segmentation losses and their gradients; the last two of the classes never occur. weighted: with
    weights of the classes, an ignored label, and Dice over the classes that occur."""
    logits = numbers("in/logits", 2, CLASSES, 8, 12, scale=3, dtype=dtype)
    target = labels("in/target", 2, 8, 12, below=CLASSES - 2)
    tensors, config = {"in/logits": logits, "in/target": target}, {"ce_weight": 0.5, "dice_weight": 0.5, "smooth": 1e-6}
    entropy, dice = {}, {}
    if weighted:
        entropy, dice = dict(weights=1 + numbers("in/weights", CLASSES, scale=0.9, dtype=dtype), ignored=3), dict(present=True, ignored=3)
        tensors["in/weights"] = entropy["weights"]
        config.update(dice)
    for name, loss in (("ce", lambda x: spec.cross_entropy(x, target, **entropy)), ("dice", lambda x: spec.dice_loss(x, target, **dice)),
                       ("combined", lambda x: spec.seg_loss(x, target, **{**entropy, **dice}))):
        x = logits.clone().requires_grad_()
        value = loss(x)
        value.backward()
        tensors.update({"out/" + name: value, "grad/" + name: x.grad})
    return tensors, {"config": json.dumps({**config, "present": int(weighted)})}


SCENARIOS = {
    "adamw_start0": dict(optimizer="AdamW", weight_decay=1e-4, first_step_counter=0, ema_starts_from="init"),
    "adamw_start4998": dict(optimizer="AdamW", weight_decay=1e-4, first_step_counter=4998, ema_starts_from="init_ema"),
    "adamw_start4998_wd0.5": dict(optimizer="AdamW", weight_decay=0.5, first_step_counter=4998, ema_starts_from="init_ema"),
    "adam_start4998": dict(optimizer="Adam", weight_decay=1e-4, first_step_counter=4998, ema_starts_from="init_ema"),
}
ADAM = dict(lr=2e-4, betas=[0.9, 0.999], eps=1e-8, grad_clip=1.0, warmup=5000, ema_rate=0.9999)


def optim(dtype):
    """Five steps of the optimiser in each scenario, across the end of the warm-up in most."""
    sizes = {"a": (4, 3, 3), "b": (7,), "c": (5, 6)}
    tensors = {f"{what}/{n}": numbers(f"{what}/{n}", *size, scale=1, dtype=dtype)
               for n, size in sizes.items() for what in ("init", "init_ema")}
    # the first steps' gradients are clipped, the last one's are not
    tensors.update({f"grad/{i}/{n}": numbers(f"grad/{i}/{n}", *size, scale=10 ** (0.5 - 0.5 * i), dtype=dtype)
                    for i in range(5) for n, size in sizes.items()})
    for scenario, facts in SCENARIOS.items():
        params = {n: tensors["init/" + n].clone().requires_grad_() for n in sizes}
        averages = {n: tensors[f"{facts['ema_starts_from']}/{n}"].clone() for n in sizes}
        optimiser = spec.Optimiser(list(params.values()), list(averages.values()), facts["optimizer"] == "AdamW",
                                   weight_decay=facts["weight_decay"], counter=facts["first_step_counter"], **ADAM)
        rates = []
        for i in range(5):
            for n, p in params.items():
                p.grad = tensors[f"grad/{i}/{n}"].clone()
            rates.append(optimiser.step())
            for n, p in params.items():
                m, v = optimiser.moments(p)
                for what, t in (("param", p), ("ema", averages[n]), ("m", m), ("v", v)):
                    tensors[f"{scenario}/step{i}/{what}/{n}"] = t.detach().clone()
        tensors[f"{scenario}/lr"], tensors[f"{scenario}/grad_norm"] = torch.tensor(rates, dtype=torch.float64).t()
    return tensors, {"config": json.dumps(ADAM), "scenarios": json.dumps(SCENARIOS)}


def resample(dtype):
    """Resampling by the FIR filter, forward and backward."""
    x = numbers("in/x", 1, 3, 8, 10, dtype=dtype).requires_grad_()
    tensors = {"in/x": x}
    for what, up in (("up", True), ("down", False)):
        x.grad = None
        y = spec.fir2(x, up)
        dy = numbers(what + "/grad_out", *y.shape, dtype=dtype)
        y.backward(dy)
        tensors.update({what + "/out": y, what + "/grad_out": dy, what + "/grad_in": x.grad})
    return tensors, {}


def timestep_embedding(dtype):
    t = torch.tensor([0, 1, 10, 500, 999])
    return {"in/t": t, **{f"out/dim{n}": spec.time_embedding(t, n) for n in (16, 128)}}, {}


FILES = {
    "spade_unet": lambda dtype: unet({}, dtype),
    "concat_unet": lambda dtype: unet({"spade": False, "sigma_dist": "cosine"}, dtype),
    "samplers": samplers,
    "unetpp_resnet18": lambda dtype: unetpp("resnet18", dtype),
    "unetpp_resnet34": lambda dtype: unetpp("resnet34", dtype),
    "unetpp_resnet50": lambda dtype: unetpp("resnet50", dtype),
    "losses": losses,
    "losses_weighted": lambda dtype: losses(dtype, True),
    "optim": optim,
    "resample": resample,
    "timestep_embedding": timestep_embedding,
}


# ------------------------------------------------------------------------ reading, writing, comparing
def stored(t):
    return t.detach().float() if t.is_floating_point() else t


def write(path, tensors, metadata):
    """safetensors; integers first, so that every tensor is aligned."""
    header, arrays, at = {"__metadata__": metadata}, [], 0
    for name, t in sorted(tensors.items(), key=lambda item: item[1].is_floating_point()):
        data = stored(t).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32" if t.is_floating_point() else "I64", "shape": list(t.shape),
                        "data_offsets": [at, at + len(data)]}
        arrays.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(arrays))


def read(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    metadata = header.pop("__metadata__", {})
    kinds = {"F32": np.float32, "I64": np.int64}
    return {name: torch.from_numpy(np.frombuffer(data[slice(*e["data_offsets"])], kinds[e["dtype"]]).copy())
            .reshape(e["shape"]) for name, e in header.items()}, metadata


def distance(a, b):
    """Relative L2; whole numbers must agree. A gradient that is zero but for rounding (a key's bias in
    attention) counts absolutely: processors add in another order, which is worth some 2e-6."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return math.inf
    return float((a.double() - b.double()).norm() / max(float(b.double().norm()), 1e-2))


def check(path, tensors, metadata):
    """Whether a file holds these numbers but for rounding, which clipping makes grow in a sampling run."""
    found, said = read(path)
    good = found.keys() == tensors.keys() and said == metadata
    if not good:
        print(f"{path}: other tensors or other metadata")
    for name in found.keys() & tensors.keys():
        error, limit = distance(stored(tensors[name]), found[name]), 1e-2 if "clip1" in name else 2e-4
        if not error <= limit:
            print(f"{path}: {name} is off by {error:.3g}, allowed {limit:g}")
            good = False
    return good


def rounding(name):
    single, double = FILES[name](torch.float32)[0], FILES[name](torch.float64)[0]
    for item, t in single.items():
        error = distance(stored(t).double(), stored(double[item]).double())
        if error > 0:
            print(f"{name:20} {item:60} {error:9.2e} L2 {float((t - double[item]).abs().max()):9.2e} abs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounding", action="store_true")
    parser.add_argument("--only", choices=FILES, action="append", help="this file alone; may be repeated")
    options = parser.parse_args()
    if (options.folder is None) != options.rounding:
        parser.error("either a folder or --rounding")
    torch.set_num_threads(1)
    good = True
    for name in options.only or FILES:
        if options.rounding:
            rounding(name)
            continue
        tensors, metadata = FILES[name](torch.float32)
        path = os.path.join(options.folder, name + ".safetensors")
        if options.check:
            good = check(path, tensors, metadata) and good
        else:
            write(path, tensors, metadata)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
