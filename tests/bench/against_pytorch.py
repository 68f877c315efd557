# SPDX-License-Identifier: MIT
#
# against_pytorch.py — the same weights and inputs, in this project and in PyTorch
#
# Measures one case under the interpreter's PyTorch: writes weights and inputs,
# runs nextframe-train bench and PyTorch by turns, checks that both made the same
# numbers, and only then tells how the times compare. PyTorch's networks are those
# of nextframe_torch.py in the folder REFERENCE. See against-pytorch.sh.
import argparse
import json
import math
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

MID = dict(image_size=64, ngf=32, ch_mult=[1, 2, 3, 4], num_res_blocks=1,
           spade_dim=64, dropout=0.0)
FULL = dict(dropout=0.0)
UNETPP = dict(encoder="resnet34", classes=49)

# name: network, sizes, mode, batch, steps, tolerance (relative to the largest; of
# a training step, of how the loss changes)
CASES = {
    "mid-sampling": ("unet", MID, "sampling", 1, 50, 2e-3),
    "mid-sampling-5": ("unet", MID, "sampling", 1, 5, 2e-3),
    "full-sampling-5": ("unet", FULL, "sampling", 1, 5, 2e-3),
    "full-sampling-2": ("unet", FULL, "sampling", 1, 2, 2e-3),
    "unetpp-network": ("unetpp", UNETPP, "network", 1, 0, 1e-4),
    "mid-train": ("unet", MID, "train", 4, 0, 1e-2),
    "unetpp-train": ("unetpp", UNETPP, "train", 2, 0, 1e-2),
}
COARSE = 5e-2  # the tolerance in bf16, of root mean squares
SIZE = (160, 240)  # of UNet++'s frames
PAD = (8, 8, 0, 0)  # to multiples of 32, evenly


# ------------------------------------------------------------------------ files
def write_safetensors(path, tensors, metadata):
    header, at = {"__metadata__": metadata}, 0
    arrays = []
    for name, t in tensors.items():
        kind = {torch.float32: "F32", torch.int64: "I64"}[t.dtype]
        data = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        arrays.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for data in arrays:
            f.write(data)


def read_safetensors(path):
    with open(path, "rb") as f:
        data = f.read()
    n = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:8 + n]).items():
        if name == "__metadata__":
            continue
        a, b = entry["data_offsets"]
        dtype = {"F32": torch.float32, "F64": torch.float64}[entry["dtype"]]
        tensors[name] = torch.frombuffer(bytearray(data[8 + n + a:8 + n + b]), dtype=dtype).reshape(entry["shape"])
    return tensors


# ----------------------------------------------------------------------- networks
def make_net(ref, case):
    kind, config, mode = CASES[case][:3]
    torch.manual_seed(0)
    net = ref.UNet(config) if kind == "unet" else ref.UnetPlusPlus(config["encoder"], config["classes"])
    for m in net.modules():
        if isinstance(m, ref.NIN):
            nn.init.xavier_uniform_(m.W)
    if kind == "unetpp":  # running statistics as after some training
        net.train()
        with torch.no_grad():
            for _ in range(3):
                net(torch.randn(2, 3, 64, 64))
    if mode == "sampling":  # noise that no network predicts: roundings must not grow from step to step
        with torch.no_grad():
            net.unet.all_modules[-1].weight.mul_(0.03)
    return net.eval()


def make_inputs(kind, config, ref, batch):
    torch.manual_seed(1)
    if kind == "unetpp":
        target = torch.arange(SIZE[0] * SIZE[1]).div(997, rounding_mode="floor") % config["classes"]
        return dict(image=torch.randn(batch, 3, *SIZE), target=target.reshape(1, *SIZE).repeat(batch, 1, 1))
    c = {**ref.FULL, **config}
    size, ch = c["image_size"], c["channels"]
    return dict(cond=torch.rand(batch, ch * c["num_frames_cond"], size, size) * 2 - 1,
                future=torch.rand(batch, ch * c["num_frames"], size, size) * 2 - 1,
                noise=torch.randn(batch, ch * c["num_frames"], size, size),
                labels=(torch.arange(batch) * 137 + 400).float())


class Work:
    """One case in PyTorch: run () works once and leaves its output."""

    def __init__(self, ref, case, inputs, channels_last):
        self.kind, _, self.mode, self.batch, self.steps, _ = CASES[case]
        self.ref, self.inputs = ref, dict(inputs)
        self.net = make_net(ref, case)
        if channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
            for name, t in self.inputs.items():
                if t.dim() == 4:
                    self.inputs[name] = t.to(memory_format=torch.channels_last)
        self.losses, self.marks, self.output = [], [], None
        self.net.register_forward_hook(lambda *_: self.marks.append(time.perf_counter()))
        if self.mode == "train":
            self.net.train()
            self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=1e-4, weight_decay=0.01)

    def logits(self):
        return self.net(F.pad(self.inputs["image"], PAD, mode="replicate"))[..., PAD[0]:-PAD[1]]

    def train(self):
        i = self.inputs
        if self.kind == "unet":
            loss = self.ref.diffusion_loss(self.net, i["future"], i["cond"], i["labels"].long(), i["noise"])
        else:
            loss = self.ref.seg_loss(self.logits(), i["target"])
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.losses.append(loss.item())

    def run(self):
        start, processor = time.perf_counter(), time.process_time()
        self.marks = [start]
        if self.mode == "train":
            self.train()
        elif self.mode == "sampling":
            x = self.inputs["noise"]
            self.output = self.ref.sample(self.net, x, self.inputs["cond"], steps=self.steps).clamp(-1, 1)
        else:
            with torch.no_grad():
                self.output = self.logits()
        return time.perf_counter() - start, time.process_time() - processor

    def probe(self):
        """Processor seconds of a short run: the second one, where it is short."""
        steps, self.steps = self.steps, 1
        clock, processor = self.run()
        if clock < 10:
            processor = self.run()[1]
        self.steps = steps
        return processor

    def evaluation(self):
        """Median seconds from one evaluation of the network to the next."""
        return statistics.median(b - a for a, b in zip(self.marks[1:], self.marks[2:]))


# ------------------------------------------------------------------------ running
def status_bytes(key):
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    return 0


def tell_memory(ref, case, channels_last):
    """Resident memory before the network is made, and its peak after short runs."""
    inputs = make_inputs(CASES[case][0], CASES[case][1], ref, CASES[case][3])
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass
    before = status_bytes("VmRSS")
    work = Work(ref, case, inputs, channels_last)
    work.probe()
    print(json.dumps(dict(before=before, peak=status_bytes("VmHWM"))))


def run_ours(args, case, folder):
    _, _, mode, batch, steps, _ = CASES[case]
    report, output = os.path.join(folder, "report.json"), os.path.join(folder, "output.safetensors")
    words = [args.program, "bench", mode, "--checkpoint", os.path.join(folder, "net.safetensors"),
             "--tensors", os.path.join(folder, "inputs.safetensors"), "--batch", str(batch),
             "--threads", str(args.threads), "--precision", args.precision, "--repeat", "1", "--no-profile",
             "--json", report, "--output", output]
    if steps:
        words += ["--steps", str(steps)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    with open(report) as f:
        return json.load(f), read_safetensors(output)


def difference(ours, theirs, precision):
    a, b = ours.double(), theirs.double()
    if a.shape != b.shape:
        return dict(max_abs=math.inf, relative=math.inf)
    largest = (a - b).abs().max().item()
    relative = largest / b.abs().max().item()
    if precision == "bf16":
        relative = ((a - b).square().mean() / b.square().mean()).sqrt().item()
    return dict(max_abs=largest, relative=relative)


def measure(args, ref, case, folder):
    kind, config, mode, batch, steps, tolerance = CASES[case]
    if args.precision == "bf16":
        tolerance = COARSE
    net, inputs = make_net(ref, case), make_inputs(kind, config, ref, batch)
    write_safetensors(os.path.join(folder, "net.safetensors"), net.state_dict(), {
        "nextframe.version": "1", "nextframe.arch": "spade_unet" if kind == "unet" else "unetpp",
        "nextframe.config": json.dumps(config)})
    write_safetensors(os.path.join(folder, "inputs.safetensors"), inputs, {})
    del net
    report, made = run_ours(args, case, folder)
    if mode == "sampling":
        inputs["noise"] = made["noise"]

    # PyTorch's faster memory format
    works = [Work(ref, case, inputs, channels_last) for channels_last in (False, True)]
    channels_last = works[1].probe() < works[0].probe()
    work = works[channels_last]
    del works

    theirs, evaluations, reports = [], [], []
    for _ in range(args.repeat):
        report, made = run_ours(args, case, folder)
        reports.append(report)
        theirs.append(work.run())
        if mode == "sampling":
            evaluations.append(work.evaluation())
    if mode == "train":
        # what a step changes tells of the gradients
        n = min(len(made["losses"]), len(work.losses))
        off = difference(made["losses"][:n].diff(), torch.tensor(work.losses[:n]).diff(), args.precision)
    else:
        off = difference(made["output"], work.output, args.precision)
    result = dict(case=case, torch=torch.__version__, precision=args.precision, threads=args.threads,
                  format="channels-last" if channels_last else "contiguous",
                  ours=[r["median"] for r in reports], our_processor=[r["processor"] for r in reports],
                  theirs=[t[0] for t in theirs], their_processor=[t[1] for t in theirs],
                  tolerance=tolerance, **off)
    if mode == "sampling":
        result["steps"] = steps
        result["inside"] = (work.output.abs() < 1).double().mean().item()
        result["our_evaluation"] = statistics.median(r["evaluation"] for r in reports)
        result["their_evaluation"] = statistics.median(evaluations)
    result["our_memory"] = dict(before=report["memory_before"], peak=report["memory_peak"])
    words = [sys.executable, __file__, case, "--reference", args.reference, "--threads", str(args.threads)]
    words += ["--memory", "channels-last" if channels_last else "contiguous"]
    del work
    result["their_memory"] = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--program", help="nextframe-train")
    parser.add_argument("--reference", required=True, help="folder with nextframe_torch.py")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--json", help="file that gets a line")
    parser.add_argument("--memory", help="only tell PyTorch's memory, in this format")
    args = parser.parse_args()
    sys.path.insert(0, args.reference)
    import nextframe_torch as ref

    torch.set_num_threads(args.threads)
    if args.memory:
        tell_memory(ref, args.case, args.memory == "channels-last")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        result = measure(args, ref, args.case, folder)
    same = result["relative"] <= result["tolerance"]
    print("%s, PyTorch %s (%s): largest difference %.3g, relative %.3g, allowed %g: %s" % (
        args.case, result["torch"], result["format"], result["max_abs"], result["relative"],
        result["tolerance"], "the same numbers" if same else "NOT THE SAME NUMBERS"))
    if not same:
        return 1
    for what, a, b in (("time", "ours", "theirs"), ("processors", "our_processor", "their_processor")):
        a, b = result[a], result[b]
        print("  %-10s ours %.4g s, PyTorch %.4g s: ratio %.2f (medians of %d; of the least %.2f)" % (
            what, statistics.median(a), statistics.median(b), statistics.median(b) / statistics.median(a),
            len(a), min(b) / min(a)))
    a, b = (m["peak"] - m["before"] for m in (result["our_memory"], result["their_memory"]))
    print("  %-10s ours %.0f MiB, PyTorch %.0f MiB above what was there before: %.2f of it" % (
        "memory", a / 2**20, b / 2**20, a / b))
    if args.json:
        with open(args.json, "a") as f:
            f.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
