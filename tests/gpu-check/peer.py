# SPDX-License-Identifier: MIT
#
# peer.py — PyTorch beside nextframe-train bench, on a GPU (tests/gpu-check.sh)
#
#   peer.py find DEVICE
#   peer.py write NETWORK FOLDER
#   peer.py compare NETWORK FOLDER DEVICE
#   peer.py measure NETWORK DEVICE MEASUREMENTS
#
# find says which PyTorch there is, and exits with 1 where it has no such DEVICE,
# cpu or cuda. write makes net.safetensors and inputs.safetensors, with which
# `bench network` makes out.safetensors; compare exits with 1 where that is not what
# PyTorch makes of them, and with 77 where PyTorch cannot make anything. measure reads lines of the file MEASUREMENTS: a title, a
# number, and the arguments of bench, with tabs between them. Of those with this
# network it prints, each as soon as it is known, the title, a tab, and PyTorch's
# median time in seconds, or why there is none.
#
# PyTorch works as its users have it: eager, channels-last, cuDNN's benchmark on,
# bf16 by autocast. Weights and inputs are drawn from a fixed seed.
import argparse
import os
import statistics
import sys
import time

import torch

if sys.argv[1] == "find":
    print("PyTorch %s, CUDA %s" % (torch.__version__, torch.version.cuda))
    sys.exit(0 if sys.argv[2] == "cpu" or torch.cuda.is_available() else 1)

import peer_cases

NETWORKS = {
    "tiny": dict(image_size=16, ngf=16, ch_mult=[1, 2], num_res_blocks=1, spade_dim=16, dropout=0.0),
    "full": peer_cases.FULL,
    "unetpp-resnet34": dict(encoder="resnet34"),
}
AGREE = 1e-3  # of the largest value, in f32


def bench_arguments(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("-n", dest="network")
    parser.add_argument("-b", dest="batch", type=int, default=1)
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--steps", type=int, default=50)
    return parser.parse_args(words)


def allow_tf32(allowed):
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def move(t, device):
    return t.to(device, memory_format=torch.channels_last) if t.dim() == 4 else t.to(device)


def on_device(case, device):
    """The network and its inputs."""
    net = peer_cases.make_network(case)
    for module in net.modules():  # tensors that are no parameters
        for name, value in vars(module).items():
            if torch.is_tensor(value):
                setattr(module, name, value.to(device))
    net = net.to(device, memory_format=torch.channels_last)
    return net, {k: move(t, device) for k, t in peer_cases.make_inputs(case).items()}


def wait(device):
    if device != "cpu":
        torch.cuda.synchronize()


def seconds_of(work, repeat, device):
    times = []
    for i in range(repeat + 1):  # the first one plans
        wait(device)
        start = time.perf_counter()
        work()
        wait(device)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def measure_one(o, device):
    case = peer_cases.Case(NETWORKS[o.network], o.mode, o.batch)
    allow_tf32(o.precision == "tf32")
    net, inputs = on_device(case, device)
    marked = peer_cases.Marked(net, {**peer_cases.ref.FULL, **peer_cases.config_of(case)[1]})
    with torch.autocast("cpu" if device == "cpu" else "cuda", torch.bfloat16, enabled=o.precision == "bf16"):
        if o.mode == "train":
            net.train()
            optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=0.01)
            return seconds_of(lambda: peer_cases.train_step(case, marked, inputs, optimizer), o.repeat, device)
        with torch.no_grad():
            return seconds_of(lambda: peer_cases.work(case, marked, inputs, o.steps), o.repeat, device)


def measure(network, device, file):
    with open(file) as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    for title, _, *words in rows:
        o = bench_arguments(words)
        if o.network != network:
            continue
        try:
            result = "%.9g" % measure_one(o, device)
        except (RuntimeError, AttributeError, TypeError) as e:
            print(title + ":", e, file=sys.stderr, flush=True)
            result = str(e).splitlines()[0] if str(e) else type(e).__name__
        print(title, result, sep="\t", flush=True)
        if device != "cpu":
            torch.cuda.empty_cache()


def compare(network, folder, device):
    case = peer_cases.Case(NETWORKS[network], "network")
    allow_tf32(False)
    try:
        net, inputs = on_device(case, device)
        with torch.no_grad():
            want = peer_cases.work(case, net, inputs, 1).float().cpu()
    except RuntimeError as e:  # no kernels for this GPU, no memory
        print("PyTorch cannot make it:", e)
        sys.exit(77)
    tensors, _ = peer_cases.read_safetensors(os.path.join(folder, "out.safetensors"))
    got = next(iter(tensors.values()))
    if got.shape != want.shape:
        sys.exit("the output is %s, PyTorch's %s" % (tuple(got.shape), tuple(want.shape)))
    off = ((got - want).abs().max() / want.abs().max()).item()
    print("largest difference: %.3g of the largest value, allowed %g" % (off, AGREE))
    if not off <= AGREE:
        sys.exit(1)


def main():
    command, network, *rest = sys.argv[1:]
    torch.backends.cudnn.benchmark = True
    if command == "write":
        peer_cases.write_case(peer_cases.Case(NETWORKS[network], "network"), *rest)
        for name in "net.pt", "inputs.pt":  # drawn again where they are needed
            os.remove(os.path.join(*rest, name))
    elif command == "compare":
        compare(network, *rest)
    else:
        measure(network, *rest)


main()
