# SPDX-License-Identifier: MIT
#
# pipelines.py — whole pipelines with the networks that ship, beside PyTorch
#
# Runs gst-launch-1.0 and the same work in PyTorch (--torch: a process of this
# file) by turns over a folder of clips, and prints a table: clips a second by
# the clock, processor seconds a clip, peak memory. What PyTorch does: decodes the
# eleven context frames with Pillow, segments them, predicts frame 22 in five
# steps, segments it, counts pixels against mask.npy. The guide that nfpredict
# simulates from the context's masks it gets for nothing: blank.
# Then starts: until the first frame came out and the process ended. See
# pipelines.sh.
import argparse
import os
import statistics
import subprocess
import sys
import time

TORCH = [(how, order, precision, batch) for how in ("eager", "compiled") for order in ("plain", "last")
         for precision in ("f32", "bf16") for batch in (1, 4)]
MIB = 2**20


# -------------------------------------------------------------------- PyTorch
def run_torch(data, how, order, precision, batch, threads):
    import numpy
    import peer_cases
    import torch
    import torch.nn.functional as F
    from PIL import Image

    ref = peer_cases.ref
    torch.set_num_threads(threads)
    form = torch.channels_last if order == "last" else torch.contiguous_format
    segmenter, predictor = (peer_cases.make_network(peer_cases.CASES[name]).to(memory_format=form)
                            for name in ("segmenter", "predictor"))
    config = predictor.cfg
    alphas = ref.schedule(config)
    if how == "compiled":
        segmenter, predictor = (torch.compile(net, dynamic=False) for net in (segmenter, predictor))
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))

    def read(clip, frame):
        return torch.from_numpy(numpy.asarray(Image.open(os.path.join(clip, "image_%d.png" % frame)).convert("RGB")))

    def segment(frames):
        x = F.pad((frames - mean) / std, peer_cases.PAD, mode="replicate").contiguous(memory_format=form)
        return segmenter(x)[..., peer_cases.PAD[0]:-peer_cases.PAD[1]].argmax(1)

    class Noise:
        """The noise in x, from a network that predicts v."""

        cfg = config

        def __call__(self, x, labels, cond):
            a = alphas[labels.long()].reshape(-1, 1, 1, 1)
            return a.sqrt() * predictor(x, labels, cond).float() + (1 - a).sqrt() * x

    clips = sorted(os.path.join(data, "train", c) for c in os.listdir(os.path.join(data, "train")))
    confusion = torch.zeros(49 * 49, dtype=torch.int64)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        for at in range(0, len(clips), batch):
            part = clips[at:at + batch]
            frames = torch.stack([read(c, i) for c in part for i in range(11)]).permute(0, 3, 1, 2).float() / 255
            for i in range(0, len(frames), 11):
                segment(frames[i:i + 11])
            small = F.interpolate(frames, size=config["image_size"], mode="area") * 2 - 1
            cond = small.reshape(len(part), 33, *small.shape[2:])
            guide = torch.full((len(part), ref.GUIDE_CHANNELS, *small.shape[2:]), -1.0)
            x = ref.sample(Noise(), torch.randn(len(part), 3, *small.shape[2:]), torch.cat([cond, guide], 1),
                           method="dpm-solver++", steps=5)
            future = (cond[:, -3:] + x / config["residual"]).clamp(-1, 1)
            ids = segment(F.interpolate(future, size=peer_cases.SIZE, mode="bilinear") / 2 + 0.5)
            truth = torch.stack([torch.from_numpy(numpy.load(os.path.join(c, "mask.npy"))[21]) for c in part])
            confusion += torch.bincount((truth.long() * 49 + ids).flatten(), minlength=49 * 49)
    print("%.3f" % ref.jaccard(confusion.reshape(49, 49)).item())


# ------------------------------------------------------------------- commands
def run(words, env=None):
    """Seconds by the clock, of processors, and peak memory of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    _, status, use = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("%s: ended with %d" % (" ".join(words), process.returncode))
    return time.perf_counter() - start, use.ru_utime + use.ru_stime, use.ru_maxrss * 1024


def pipeline(data, precision, threads):
    whole = "queue max-size-buffers=0 max-size-bytes=0 max-size-time=0"
    return ("gst-launch-1.0 -q nfclipsrc location=%s name=c c.video ! queue ! nfpredict precision=%s threads=%d ! "
            "nfsegment precision=%s threads=%d ! i.prediction c.mask ! %s ! i.truth nfiou name=i ! fakesink" % (
                data, precision, threads, precision, threads, whole)).split()


def torch_words(data, variant, threads):
    return [sys.executable, os.path.abspath(__file__), data, "--torch", ".".join(map(str, variant)), "--threads",
            str(threads)]


def row(name, runs, clips):
    clock, processor, memory = (statistics.median(v) for v in zip(*runs))
    return "| %s | %.3g | %.3g | %.0f |" % (name, clips / clock, processor / clips, memory / MIB)


def compare(args):
    clips = len(os.listdir(os.path.join(args.data, "train")))
    variants = [v for v in TORCH if not args.quick or v[:2] == ("eager", "last")]
    best = {}  # the fastest variant of each precision, over all clips once
    for v in variants if args.peers else []:
        seconds = run(torch_words(args.data, v, args.threads))
        if v[2] not in best or seconds[0] < best[v[2]][1][0]:
            best[v[2]] = v, seconds
    ours = {precision: [] for precision in ("f32", "bf16")}
    theirs = {precision: [] for precision in best}
    for _ in range(args.runs):
        for precision, runs in ours.items():
            runs.append(run(pipeline(args.data, precision, args.threads)))
        for precision, runs in theirs.items():
            runs.append(run(torch_words(args.data, best[precision][0], args.threads)))
    print("%d clips, %d threads, medians of %d runs by turns, start counted" % (clips, args.threads, args.runs))
    print("\n| pipeline | clips a second | processor seconds a clip | peak memory, MiB |\n|---|---|---|---|")
    for precision, runs in ours.items():
        print(row("gst-launch-1.0, " + precision, runs, clips))
    for precision, runs in theirs.items():
        how, order, _, batch = best[precision][0]
        print(row("PyTorch, %s: %s%s, batches of %d" % (
            precision, how, ", channels-last" if order == "last" else "", batch), runs, clips))


STARTS = {
    "nothing: videotestsrc": "videotestsrc num-buffers=1 ! fakesink",
    "nfsegment": "nfclipsrc location=%s ! nfsegment ! fakesink num-buffers=1",
    "nfpredict": "nfclipsrc location=%s ! nfpredict ! fakesink num-buffers=1",
}


def starts(args):
    runs = {name: [] for name in STARTS}
    for _ in range(args.runs + 1):  # the first reads files into memory
        for name, words in STARTS.items():
            runs[name].append(run(("gst-launch-1.0 -q " + words.replace("%s", args.data)).split()))
    print("\n| first frame of | seconds | processor seconds | peak memory, MiB |\n|---|---|---|---|")
    for name, all_runs in runs.items():
        clock, processor, memory = (statistics.median(v) for v in zip(*all_runs[1:]))
        print("| %s | %.2f | %.2f | %.0f |" % (name, clock, processor, memory / MIB))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", help="folder of clips: train/video_0 and on")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="fewer variants of PyTorch")
    parser.add_argument("--peers", action="store_true", help="PyTorch, too")
    parser.add_argument("--torch", help="only do PyTorch's work, by this variant")
    args = parser.parse_args()
    if args.torch:
        how, order, precision, batch = args.torch.split(".")
        run_torch(args.data, how, order, precision, int(batch), args.threads)
        return
    compare(args)
    starts(args)


if __name__ == "__main__":
    main()
