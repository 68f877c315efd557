# SPDX-License-Identifier: MIT
#
# peer_cases.py — what against-peers.sh measures: networks, inputs, work
#
# The networks are those of nextframe_torch.py. A case's folder holds its weights
# and inputs as nextframe-train reads them (net.safetensors, inputs.safetensors)
# and, for the peers, net.pt and inputs.pt.
import json
import os
import struct
import time

import nextframe_torch as ref
import torch
import torch.nn as nn
import torch.nn.functional as F

MID = dict(image_size=64, ngf=32, ch_mult=[1, 2, 3, 4], num_res_blocks=1, spade_dim=64, dropout=0.0)
FULL = dict(dropout=0.0)
CHECKPOINTS = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "checkpoints")
SIZE = (160, 240)  # of a segmenter's frames
PAD = (8, 8, 0, 0)  # to multiples of 32, evenly


class Case:
    """network: a checkpoint's name, or the sizes; mode: network (once), sampling (a block of frames by
    DDIM with the last denoising), train; tolerance: of f32, relative to the largest value (training: of
    how a step changes the loss)."""

    def __init__(self, network, mode, batch=1, tolerance=1e-3):
        self.network, self.mode, self.batch, self.tolerance = network, mode, batch, tolerance

    def sampled(self):
        return self.mode == "sampling"


CASES = {
    "segmenter": Case("unetpp", "network"),
    "predictor": Case("next-frame", "network"),
    "unetpp-resnet34": Case(dict(encoder="resnet34"), "network"),
    "unetpp-resnet50": Case(dict(encoder="resnet50"), "network"),
    "mid-block": Case(MID, "sampling", tolerance=2e-3),
    "full-block": Case(FULL, "sampling", tolerance=2e-3),
    "unetpp-train": Case(dict(encoder="resnet34"), "train", 2, 1e-2),
    "mid-train": Case(MID, "train", 4, 1e-2),
}


# ------------------------------------------------------------------------- files
KINDS = {"F32": torch.float32, "F64": torch.float64, "BF16": torch.bfloat16, "I64": torch.int64}


def write_safetensors(path, tensors, metadata):
    header, at = {"__metadata__": metadata}, 0
    names = {kind: name for name, kind in KINDS.items()}
    arrays = []
    for name, t in tensors.items():
        data = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        arrays.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for data in arrays:
            f.write(data)


def read_safetensors(path):
    """Tensors by name, and the metadata."""
    with open(path, "rb") as f:
        n = struct.unpack("<Q", f.read(8))[0]
        header, data = json.loads(f.read(n)), f.read()
    metadata, tensors = header.pop("__metadata__", {}), {}
    for name, entry in header.items():
        a, b = entry["data_offsets"]
        tensors[name] = torch.frombuffer(bytearray(data[a:b]), dtype=KINDS[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


# ---------------------------------------------------------------------- networks
def config_of(case):
    """Whether it predicts frames, and its sizes."""
    if isinstance(case.network, str):
        config = json.loads(read_safetensors(checkpoint(case.network))[1]["nextframe.config"])
    else:
        config = case.network
    return "encoder" not in config, config


def checkpoint(name):
    return os.path.join(CHECKPOINTS, name + ".safetensors")


def bare_network(case):
    predicts, config = config_of(case)
    if predicts:
        return ref.UNet(config)
    known = ("encoder", "classes", "widths", "encoder_width", "head")
    return ref.UnetPlusPlus(**{k: v for k, v in config.items() if k in known})


def make_network(case):
    torch.manual_seed(0)
    net = bare_network(case)
    if isinstance(case.network, str):
        tensors = read_safetensors(checkpoint(case.network))[0]
        net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
        return net.eval()
    for m in net.modules():
        if isinstance(m, ref.NIN):
            nn.init.xavier_uniform_(m.W)
    with torch.no_grad():
        if isinstance(net, ref.UnetPlusPlus):  # running statistics as after some training
            net.train()
            for _ in range(3):
                net(torch.randn(2, 3, 64, 64))
        if case.sampled():  # noise that no network predicts: roundings must not grow from step to step
            net.unet.all_modules[-1].weight.mul_(0.03)
    return net.eval()


def make_inputs(case):
    torch.manual_seed(1)
    predicts, config = config_of(case)
    n = case.batch
    if not predicts:
        target = torch.arange(SIZE[0] * SIZE[1]).div(997, rounding_mode="floor") % 49
        return dict(image=torch.randn(n, 3, *SIZE), target=target.reshape(1, *SIZE).repeat(n, 1, 1))
    c = {**ref.FULL, **config}
    size = c["image_size"]
    height, width = (size, size) if isinstance(size, int) else size
    frames = torch.empty(n, c["channels"] * c["num_frames"], height, width)
    return dict(cond=torch.rand(n, ref.cond_channels(c), height, width) * 2 - 1,
                future=torch.rand_like(frames) * 2 - 1, noise=torch.randn_like(frames), x=torch.randn_like(frames),
                labels=(torch.arange(n) * 137 + 400).float())


def write_case(case, folder):
    """Makes the files of a case."""
    net, inputs = make_network(case), make_inputs(case)
    predicts, config = config_of(case)
    metadata = {"nextframe.version": "1", "nextframe.config": json.dumps(config),
                "nextframe.arch": "unetpp" if not predicts else
                "spade_unet" if {**ref.FULL, **config}["spade"] else "concat_unet"}
    write_safetensors(os.path.join(folder, "net.safetensors"), net.state_dict(), metadata)
    write_safetensors(os.path.join(folder, "inputs.safetensors"), inputs, {})
    torch.save(net.state_dict(), os.path.join(folder, "net.pt"))
    torch.save(inputs, os.path.join(folder, "inputs.pt"))


def read_network(case, folder):
    """The network, its weights mapped from the file."""
    with torch.device("meta"):
        net = bare_network(case)
    net.load_state_dict(torch.load(os.path.join(folder, "net.pt"), mmap=True, weights_only=True), assign=True)
    if hasattr(net, "has"):
        net.has = ref.class_attributes()[:, :, None, None]
    return net.eval()


# -------------------------------------------------------------------------- work
class Marked:
    """A network that notes when each of its evaluations ended; net (x, labels, cond), or net (image)."""

    def __init__(self, call, cfg):
        self.call, self.cfg, self.marks = call, cfg, []

    def __call__(self, *inputs):
        out = self.call(*inputs)
        self.marks.append(time.perf_counter())
        return out


def network_inputs(case, inputs):
    """What one evaluation takes."""
    if config_of(case)[0]:
        return inputs["x"], inputs["labels"], inputs["cond"]
    return (F.pad(inputs["image"], PAD, mode="replicate"),)


def work(case, net, inputs, steps):
    """Works once with a Marked network; returns the output."""
    if case.sampled():
        return ref.sample(net, inputs["noise"], inputs["cond"], steps=steps).clamp(-1, 1)
    out = net(*network_inputs(case, inputs))
    return out if config_of(case)[0] else out[..., PAD[0]:-PAD[1]]


def train_step(case, net, inputs, optimizer):
    """Returns the loss before the step."""
    if config_of(case)[0]:
        loss = ref.diffusion_loss(net, inputs["future"], inputs["cond"], inputs["labels"].long(), inputs["noise"])
    else:
        loss = ref.seg_loss(work(case, net, inputs, 0).float(), inputs["target"])
    loss.backward()
    nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()
