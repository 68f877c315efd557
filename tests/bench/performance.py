# SPDX-License-Identifier: MIT
#
# performance.py — tables of what was measured, into the document
#
# The results in FOLDER go between the markers of docs/performance.md. See
# performance.sh.
import argparse
import glob
import json
import os

MIB = 2**20


# --------------------------------------------------------------------- profiles
def op_rows(report, least=0.01):
    ops = sorted(report["ops"], key=lambda o: -o["processor"])
    total = sum(o["processor"] for o in ops)
    for o in ops:
        if o["processor"] >= least * total:
            yield o, o["processor"] / total


def profile_table(report):
    peak, flop = report["conv_peak"], report["flop"]
    alone = flop * report["threads"] / report["processor"]
    lines = ["%s, %dx%d, batch %d%s: %.4g ms, processors %.4g ms; %.4g GFLOP, %.0f GFLOP/s; by processor time %.0f "
             "GFLOP/s, **%.0f %%** of the convolution peak (%.0f GFLOP/s), convolutions **%.0f %%**; %.0f MiB" % (
                 report["arch"], report["width"], report["height"], report["batch"],
                 ", %d steps" % report["steps"] if "steps" in report else "",
                 1e3 * report["median"], 1e3 * report["processor"], 1e-9 * flop, 1e-9 * flop / report["median"],
                 1e-9 * alone, 100 * alone / peak, 1e-9 * peak, 100 * report["conv_share"],
                 (report["memory_peak"] - report["memory_before"]) / MIB),
             "", "| op | calls | ms | processors, ms | share | GFLOP | GFLOP/s by processor time |",
             "|---|---|---|---|---|---|---|"]
    for o, share in op_rows(report):
        work = "%.4g | %.0f" % (1e-9 * o["flop"], 1e-9 * o["flop"] * report["threads"] / o["processor"]) \
            if o["flop"] else "|"
        lines.append("| %s | %d | %.4g | %.4g | %.1f %% | %s |" % (
            o["op"], o["calls"], 1e3 * o["seconds"], 1e3 * o["processor"], 100 * share, work))
    return "\n".join(lines)


# ---------------------------------------------------------------------- document
def replace(text, name, block):
    begin, end = "<!-- begin %s -->" % name, "<!-- end %s -->" % name
    head, rest = text.split(begin)
    return head + begin + "\n\n" + block + "\n\n" + end + rest.split(end)[1]


def fill_document(folder, root):
    path = os.path.join(root, "docs", "performance.md")
    with open(path) as f:
        text = f.read()
    for name in ("against", "pipelines"):
        figures = os.path.join(folder, name + ".md")
        if os.path.exists(figures):
            with open(figures) as f:
                text = replace(text, name, f.read().strip())
    profiles = sorted(glob.glob(os.path.join(folder, "profile-*.json")))
    if profiles:
        blocks = ["### %s\n\n%s" % (os.path.basename(p)[len("profile-"):-len(".json")],
                                    profile_table(json.load(open(p)))) for p in profiles]
        text = replace(text, "profiles", "\n\n".join(blocks))
    with open(path, "w") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    args = parser.parse_args()
    fill_document(args.folder, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


if __name__ == "__main__":
    main()
