# SPDX-License-Identifier: MIT
#
# against_peers.py — the same weights and inputs, in this project and in its peers
#
# Measures one case: writes weights and inputs, exports the network, lets every
# peer (peer.py) and nextframe-train bench work by turns, compares what they made,
# and appends the figures to a file, a line of JSON a row. Peers that took more
# than twice the fastest one's time in the first turn leave the race. With --table
# prints the table of such a file. See against-peers.sh.
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COARSE = 5e-2  # the tolerance in bf16, of root mean squares
STEPS = 50  # of a whole block
MIB = 2**20
TORCH = ["torch.%s.%s.%s" % (how, order, precision) for precision in ("f32", "bf16")
         for how in ("eager", "compiled") for order in ("plain", "last")]
OTHERS = ["onnxruntime.f32", "openvino.f32", "openvino.bf16"]
SLOWER = 2  # times the fastest: leaves


def median(values):
    return statistics.median(values)


# ----------------------------------------------------------------------- runners
class Ours:
    """nextframe-train bench, a process for each turn."""

    def __init__(self, args, case, folder, precision):
        self.folder, self.precision, self.case = folder, precision, case
        self.path = os.path.join(folder, "ours-%s.safetensors" % precision)
        self.report = os.path.join(folder, "report.json")
        self.words = [args.program, "bench", case.mode, "--checkpoint", os.path.join(folder, "net.safetensors"),
                      "--tensors", os.path.join(folder, "inputs.safetensors"), "--batch", str(case.batch),
                      "--threads", str(args.threads), "--precision", precision, "--no-profile", "--json", self.report,
                      "--output", self.path]
        if case.sampled():
            self.words += ["--steps", str(args.steps)]
        self.seconds, self.processor, self.evaluations, self.memory = [], [], [], 0

    def turn(self, count):
        subprocess.run(self.words + ["--repeat", str(count)], check=True, stdout=subprocess.DEVNULL)
        with open(self.report) as f:
            r = json.load(f)
        self.seconds.append(r["median"])
        self.processor.append(r["processor"])
        self.evaluations.append(r.get("evaluation", 0))
        self.memory = r["memory_peak"] - r["memory_before"]

    def made(self, cases):
        tensors = cases.read_safetensors(self.path)[0]
        return tensors["losses" if self.case.mode == "train" else "output"]


class Peer:
    """A process of peer.py."""

    def __init__(self, args, case_name, folder, words):
        self.words, self.precision = words, words.split(".")[-1]
        self.folder, self.failure = folder, None
        self.seconds, self.processor, self.evaluations, self.memory = [], [], [], 0
        self.log = open(os.path.join(folder, words + ".log"), "w+")
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "peer.py"), case_name, folder, words, str(args.threads),
             str(args.steps)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        answer = self.answer()
        self.name, self.says = answer.get("name", words), answer.get("says", "")

    def answer(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.process.wait()
        self.log.seek(0)
        words = self.log.read().strip().splitlines()
        self.failure = words[-1][:200] if words else "ended with %d" % self.process.returncode
        return {}

    def ask(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.answer()

    def turn(self, count):
        rows = self.ask("%d\n" % count).get("rows", [])
        if rows:
            self.seconds.append(median([r["seconds"] for r in rows]))
            self.processor.append(median([r["processor"] for r in rows]))
            self.evaluations.append(median([r["evaluation"] for r in rows]))

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.memory = self.answer().get("memory", 0)
            self.process.wait()
        self.log.close()

    def made(self, torch):
        return torch.load(os.path.join(self.folder, self.words + ".pt"), weights_only=True)

    def title(self):
        return self.name + (" (%s)" % self.says if self.says else "")


# ----------------------------------------------------------------------- measure
def difference(a, b, precision):
    """Relative to the largest value; in bf16 of root mean squares."""
    a, b = a.double(), b.double()
    if a.shape != b.shape:
        return float("inf")
    if precision == "bf16":
        return ((a - b).square().mean() / b.square().mean()).sqrt().item()
    return ((a - b).abs().max() / b.abs().max()).item()


def compare(case, runner, made, right):
    if case.mode == "train":  # what a step changes shows the gradients
        n = min(len(made), len(right))
        made, right = made[:n].diff(), right[:n].diff()
    return difference(made, right, runner.precision)


def peers_of(case, args):
    words = TORCH + (OTHERS if case.mode != "train" else [])
    return [w for w in words if not args.only or any(o in w for o in args.only.split(","))]


def race(ours, peers, rounds, least):
    """All by turns; the slow leave after the first round. A turn is @least seconds or one time."""
    for runner in ours + peers:
        runner.turn(1)
    for p in peers:
        if p.failure:
            print("  %s: %s" % (p.words, p.failure), file=sys.stderr)
    running = [p for p in peers if not p.failure]
    for precision in ("f32", "bf16"):
        fastest = min((p.seconds[0] for p in running if p.precision == precision), default=0)
        for p in [p for p in running if p.precision == precision and p.seconds[0] > SLOWER * fastest]:
            running.remove(p)
            p.end()
    for runner in ours + running:
        runner.count = max(1, min(9, int(least / runner.seconds[0])))
        runner.seconds, runner.processor, runner.evaluations = [], [], []
    for _ in range(rounds):
        for runner in ours + running:
            runner.turn(runner.count)


def measure(args, cases, torch, name, folder):
    case = cases.CASES[name]
    cases.write_case(case, folder)
    ours = [Ours(args, case, folder, precision) for precision in ("f32", "bf16")]
    if case.sampled():  # all begin with the noise of ours
        ours[0].turn(1)
        inputs = torch.load(os.path.join(folder, "inputs.pt"), weights_only=True)
        inputs["noise"] = cases.read_safetensors(ours[0].path)[0]["noise"]
        torch.save(inputs, os.path.join(folder, "inputs.pt"))
        ours[0].seconds.clear()
    words = peers_of(case, args)
    if any(not w.startswith("torch") for w in words):
        log = subprocess.run([sys.executable, os.path.join(HERE, "peer.py"), name, folder, "export", "1", "1"],
                             capture_output=True, text=True)
        if log.returncode:
            print("  no ONNX: %s" % log.stderr.strip().splitlines()[-1], file=sys.stderr)
    peers = [Peer(args, name, folder, w) for w in words]
    try:
        race(ours, peers, args.rounds, args.least)
    finally:
        for p in peers:
            p.end()
    ran = [p for p in peers if not p.failure and p.seconds]
    right = next(p for p in ran if p.words == "torch.eager.plain.f32").made(torch)
    rows = []
    for r in ours + ran:
        made = r.made(cases) if r in ours else r.made(torch)
        off = compare(case, r, made, right)
        allowed = COARSE if r.precision == "bf16" else case.tolerance
        rows.append(dict(
            case=name, who="ours" if r in ours else r.title(), precision=r.precision, seconds=median(r.seconds),
            processor=median(r.processor), evaluation=median(r.evaluations), memory=r.memory, difference=off,
            same=bool(off <= allowed), turns=len(r.seconds), steps=args.steps if case.sampled() else 0,
            threads=args.threads))
        print("  %-60s %s %9.4g s, memory %5.0f MiB, difference %.2g%s" % (
            rows[-1]["who"], r.precision, rows[-1]["seconds"], r.memory / MIB, off,
            "" if off <= allowed else ": NOT THE SAME NUMBERS"))
    rows += [dict(case=name, who=p.words, precision=p.precision, failure=p.failure) for p in peers if p.failure]
    return rows


# ------------------------------------------------------------------------- table
def with_blocks(rows):
    """Rows of sampling as an evaluation more, and as a block of STEPS steps."""
    for r in rows:
        if not r.get("steps"):
            yield r
            continue
        yield dict(r, case=r["case"].replace("-block", "-evaluation"), seconds=r["evaluation"])
        more = STEPS - r["steps"]
        yield dict(r, case=r["case"] + (" (from %d steps)" % r["steps"] if more else ""),
                   seconds=r["seconds"] + more * r["evaluation"])


def table(results):
    """The least ratio of all runs; each run's is to the fastest peer whose numbers are right: in bf16 to
    one of f32, too, where that is faster."""
    best = {}
    for run in sorted({r["run"] for r in results}):
        rows = list(with_blocks([r for r in results if r["run"] == run and "failure" not in r]))
        for ours in (r for r in rows if r["who"] == "ours" and r["same"]):
            peers = sorted((r for r in rows if r["case"] == ours["case"] and r["who"] != "ours" and r["same"]
                            and (r["precision"] == "f32" or ours["precision"] == "bf16")), key=lambda r: r["seconds"])
            if not peers:
                continue
            key, ratio = (ours["case"], ours["precision"]), peers[0]["seconds"] / ours["seconds"]
            if key not in best or ratio < best[key][0]:
                best[key] = ratio, ours, peers
    lines = ["| case | ours | fastest peer | ratio | memory: ours, its | relative difference | others |",
             "|---|---|---|---|---|---|---|"]
    for (case, precision), (ratio, ours, peers) in best.items():
        first = peers[0]
        others = {}
        for p in peers[1:]:
            others.setdefault(p["who"].split(" (")[0].rsplit(" ", 1)[0] + ", " + p["precision"], p["seconds"])
        others.pop(first["who"].split(" (")[0].rsplit(" ", 1)[0] + ", " + first["precision"], None)
        lines.append("| %s, %s | %.3g s | %.3g s: %s, %s | **%.2f** | %.0f, %.0f MiB | %.1e | %s |" % (
            case, precision, ours["seconds"], first["seconds"], first["who"], first["precision"], ratio,
            ours["memory"] / MIB, first["memory"] / MIB, ours["difference"],
            "; ".join("%s %.3g s" % o for o in others.items())))
    failures = {(r["case"], r["who"]): r["failure"] for r in results if "failure" in r}
    lines += [""] * bool(failures) + ["- %s: %s did not run: %s" % (*k, v) for k, v in failures.items()]
    return "\n".join(lines)


def read_lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", nargs="?")
    parser.add_argument("--program", help="nextframe-train")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each")
    parser.add_argument("--least", type=float, default=0.5, help="seconds of a turn, where one time is shorter")
    parser.add_argument("--steps", type=int, default=5, help="denoising steps of a block")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", help="peers whose name has one of these words")
    parser.add_argument("--run", type=int, default=1, help="which run this is")
    parser.add_argument("--json", help="file that gets a line a row")
    parser.add_argument("--table", help="only print this file's table")
    args = parser.parse_args()
    if args.table:
        print(table(read_lines(args.table)))
        return 0
    import peer_cases
    import torch

    if args.case not in peer_cases.CASES:
        parser.error("case: one of %s" % ", ".join(peer_cases.CASES))
    print(args.case)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(args, peer_cases, torch, args.case, folder)
    with open(args.json, "a") if args.json else sys.stdout as f:
        for r in rows:
            f.write(json.dumps(dict(r, run=args.run)) + "\n")
    return 0 if all(r.get("same", True) for r in rows if r["who"] == "ours") else 1


if __name__ == "__main__":
    sys.exit(main())
