# SPDX-License-Identifier: MIT
#
# peer.py — one peer at one case, in a process of its own (against_peers.py)
#
#   peer.py CASE FOLDER PEER THREADS STEPS
#
# Reads a line for each turn, how often to work, and answers with JSON: seconds of
# each time; at the end of its input with memory, and writes what it made to
# FOLDER/PEER.pt. The first answer, before any turn, is about the peer itself.
#
# A PEER is words with dots between them: torch, then eager or compiled, then
# plain or last (channels), then f32 or bf16 (autocast); onnxruntime.f32;
# openvino.f32; openvino.bf16 (a hint).
import json
import os
import sys
import time

import torch

import peer_cases


def status_bytes(key):
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    return 0


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass


# ------------------------------------------------------------------------- peers
class Torch:
    name = "PyTorch " + torch.__version__

    def __init__(self, case, folder, how, order, precision):
        self.case, self.bf16 = case, precision == "bf16"
        self.format = torch.channels_last if order == "last" else torch.contiguous_format
        self.net = peer_cases.read_network(case, folder).to(memory_format=self.format)
        self.training = case.mode == "train"
        self.losses = []
        if self.training:
            self.net.train()
            self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=1e-4, weight_decay=0.01)
        self.call = torch.compile(self.net, dynamic=False) if how == "compiled" else self.net
        self.says = "%s%s%s" % (how, ", channels-last" if order == "last" else "", ", autocast" if self.bf16 else "")

    def prepare(self, inputs):
        return {k: t.to(memory_format=self.format) if t.dim() == 4 else t for k, t in inputs.items()}

    def __call__(self, *inputs):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            if self.training:
                return self.call(*inputs)
            with torch.no_grad():
                return self.call(*inputs).float()

    def train(self, net, inputs):
        self.losses.append(peer_cases.train_step(self.case, net, inputs, self.optimizer))


class OnnxRuntime:
    def __init__(self, case, folder, precision):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(os.path.join(folder, "net.onnx"), options,
                                                    providers=["CPUExecutionProvider"])
        self.names = [i.name for i in self.session.get_inputs()]
        self.name, self.says = "ONNX Runtime " + onnxruntime.__version__, ""

    def __call__(self, *inputs):
        return torch.from_numpy(self.session.run(None, dict(zip(self.names, (t.numpy() for t in inputs))))[0])


class OpenVino:
    def __init__(self, case, folder, precision):
        import openvino

        self.compiled = openvino.Core().compile_model(os.path.join(folder, "net.onnx"), "CPU", {
            "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": str(torch.get_num_threads())})
        self.request = self.compiled.create_infer_request()
        self.name = "OpenVINO " + openvino.__version__.split("-")[0]
        kinds = {n.get_rt_info()["runtimePrecision"].astype(str) for n in self.compiled.get_runtime_model().get_ops()
                 if "runtimePrecision" in n.get_rt_info()} & {"f32", "bf16", "f16"}
        self.says = "computes in " + " and ".join(sorted(kinds)) if kinds else ""

    def __call__(self, *inputs):
        result = self.request.infer([t.numpy() for t in inputs], share_inputs=True)
        return torch.from_numpy(result[0].copy())


PEERS = {"torch": Torch, "onnxruntime": OnnxRuntime, "openvino": OpenVino}


def import_first(peer):
    """Libraries are no memory of a network's."""
    if peer == "onnxruntime":
        import onnxruntime  # noqa: F401
    elif peer == "openvino":
        import openvino

        openvino.Core().get_property("CPU", "FULL_DEVICE_NAME")


def export(case, folder):
    """Writes net.onnx."""
    net = peer_cases.read_network(case, folder)
    inputs = torch.load(os.path.join(folder, "inputs.pt"), weights_only=True)
    names = ["x", "labels", "cond"] if len(peer_cases.network_inputs(case, inputs)) > 1 else ["image"]
    with torch.no_grad():
        torch.onnx.export(net, peer_cases.network_inputs(case, inputs), os.path.join(folder, "net.onnx"),
                          input_names=names, output_names=["output"], opset_version=18, dynamo=True, verbose=False)


# ------------------------------------------------------------------------- turns
def turn(case, peer, net, inputs, steps):
    """Seconds of working once, of the median evaluation after the first, and the output."""
    net.marks = []
    start, processor = time.perf_counter(), time.process_time()
    if case.mode == "train":
        peer.train(net, inputs)
        out = None
    else:
        out = peer_cases.work(case, net, inputs, steps)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    gaps = sorted(b - a for a, b in zip(net.marks, net.marks[1:]))
    return dict(seconds=seconds, processor=processor, evaluation=gaps[len(gaps) // 2] if gaps else 0), out


def say(**what):
    print(json.dumps(what), file=answers, flush=True)


def main():
    case, folder, words, steps = peer_cases.CASES[sys.argv[1]], sys.argv[2], sys.argv[3], int(sys.argv[5])
    torch.set_num_threads(int(sys.argv[4]))
    if words == "export":
        return export(case, folder)
    kind, *how = words.split(".")
    import_first(kind)
    inputs = torch.load(os.path.join(folder, "inputs.pt"), weights_only=True)
    forget_peak()
    before = status_bytes("VmRSS")
    peer = PEERS[kind](case, folder, *how)
    inputs = peer.prepare(inputs) if hasattr(peer, "prepare") else inputs
    net = peer_cases.Marked(peer, {**peer_cases.ref.FULL, **peer_cases.config_of(case)[1]})
    first, out = turn(case, peer, net, inputs, 1)  # plans, compiles
    say(name=peer.name, says=peer.says, first=first["seconds"])
    for line in sys.stdin:
        rows = []
        for _ in range(int(line)):
            row, out = turn(case, peer, net, inputs, steps)
            rows.append(row)
        say(rows=rows)
    torch.save(torch.tensor(peer.losses, dtype=torch.float64) if case.mode == "train" else out.contiguous(),
               os.path.join(folder, words + ".pt"))
    say(memory=status_bytes("VmHWM") - before)


if __name__ == "__main__":
    # libraries that talk do so on the error output
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main()
