# SPDX-License-Identifier: MIT
#
# performance.py — tables and a plot of what was measured
#
# --table FILE prints the table of against-pytorch.sh's results; otherwise the
# results in FOLDER go between the markers of docs/performance.md, and the plot to
# docs/images/growth.svg. See performance.sh.
import argparse
import glob
import json
import os
import statistics

MIB = 2**20
STEPS = 50  # of a whole block


# ------------------------------------------------------------- against PyTorch
def read_lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def median(values):
    return statistics.median(values)


def extrapolated(r, whose):
    """Seconds of a block of STEPS steps, from a shorter one."""
    evaluation = r["our_evaluation" if whose == "ours" else "their_evaluation"]
    return median(r[whose]) + (STEPS - r["steps"]) * evaluation


def with_extrapolations(results):
    """Results of a few steps again, as STEPS steps."""
    out = []
    for r in results:
        out.append(r)
        if r.get("steps", STEPS) != STEPS:
            e = dict(r, case="%s, extrapolated to %d" % (r["case"], STEPS), ours=[extrapolated(r, "ours")],
                     theirs=[extrapolated(r, "theirs")])
            del e["our_processor"]
            out.append(e)
    return out


def ratio(r, ours="ours", theirs="theirs"):
    return median(r[theirs]) / median(r[ours])


def against_table(results):
    rows = {}
    for r in with_extrapolations(results):
        best = rows.get((r["case"], r["precision"]))
        if not best or ratio(r) < ratio(best):
            rows[r["case"], r["precision"]] = r
    lines = ["| case | ours | PyTorch | ratio | of processors' times | memory: ours, PyTorch | relative difference "
             "| PyTorch's version, format |", "|---|---|---|---|---|---|---|---|"]
    for (case, precision), r in rows.items():
        ours, theirs = (r[m]["peak"] - r[m]["before"] for m in ("our_memory", "their_memory"))
        processors = "%.2f" % ratio(r, "our_processor", "their_processor") if "our_processor" in r else ""
        lines.append("| %s, %s | %.3g s | %.3g s | **%.2f** | %s | %.0f, %.0f MiB (%.2f) | %.1e | %s, %s |" % (
            case, precision, median(r["ours"]), median(r["theirs"]), ratio(r), processors, ours / MIB,
            theirs / MIB, ours / theirs, r["relative"], r["torch"], r["format"]))
    return "\n".join(lines)


def extrapolation_check(results):
    """The last measured pair of short and whole blocks."""
    latest = {(r["case"], r["torch"], r["precision"]): r for r in results}
    lines = []
    for (case, torch, precision), short in latest.items():
        whole = latest.get(("mid-sampling", torch, precision))
        if case != "mid-sampling-5" or not whole:
            continue
        for whose, name in (("ours", "ours"), ("theirs", "PyTorch " + torch)):
            guess, real = extrapolated(short, whose), median(whole[whose])
            lines.append("- %s, %s: %.3g s from five steps, %.3g s measured (%+.1f %%)" % (
                name, precision if whose == "ours" else "f32", guess, real, 100 * (guess / real - 1)))
    return "\n".join(lines)


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


# ----------------------------------------------------------------------- growth
SERIES = (("steps", "denoising steps", lambda r: r["steps"]),
          ("side", "side of a square frame, pixels", lambda r: r["width"]),
          ("batch", "windows at once", lambda r: r["batch"]))


def growth_points(folder, name, key):
    reports = [json.load(open(p)) for p in glob.glob(os.path.join(folder, "growth-%s-*.json" % name))]
    return sorted(((key(r), r) for r in reports), key=lambda p: p[0])


def growth_table(folder):
    lines = ["| what grows | value | time, ms | processors, ms | memory, MiB |", "|---|---|---|---|---|"]
    for name, title, key in SERIES:
        for value, r in growth_points(folder, name, key):
            lines.append("| %s | %d | %.4g | %.4g | %.0f |" % (
                title, value, 1e3 * r["median"], 1e3 * r["processor"],
                (r["memory_peak"] - r["memory_before"]) / MIB))
    return "\n".join(lines)


def plot(title, points, left):
    """One panel: time by value, both from 0."""
    width, height = 200, 150
    largest_x = max(x for x, _ in points)
    largest_y = max(y for _, y in points)
    at = [(left + width * x / largest_x, 30 + height * (1 - y / largest_y)) for x, y in points]
    out = ['<path d="M%d 30v%dh%d" fill="none" stroke="#888"/>' % (left, height, width),
           '<polyline points="%s" fill="none" stroke="#06c" stroke-width="2"/>' % " ".join(
               "%.1f,%.1f" % p for p in at),
           '<text x="%d" y="20">%.3g s</text>' % (left, largest_y),
           '<text x="%d" y="%d">%s</text>' % (left, height + 65, title)]
    for (x, _), (px, py) in zip(points, at):
        out.append('<circle cx="%.1f" cy="%.1f" r="3" fill="#06c"/>' % (px, py))
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%d</text>' % (px, height + 47, x))
    return "\n".join(out)


def growth_plot(folder):
    panels = []
    for i, (name, title, key) in enumerate(SERIES):
        points = [(x, r["median"]) for x, r in growth_points(folder, name, key)]
        if points:
            panels.append(plot(title, points, 20 + 250 * i))
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 230" font-family="sans-serif" '
            'font-size="12">\n<rect width="760" height="230" fill="#fff"/>\n%s\n</svg>\n' % "\n".join(panels))


# ---------------------------------------------------------------------- document
def replace(text, name, block):
    begin, end = "<!-- begin %s -->" % name, "<!-- end %s -->" % name
    head, rest = text.split(begin)
    return head + begin + "\n\n" + block + "\n\n" + end + rest.split(end)[1]


def fill_document(folder, root):
    path = os.path.join(root, "docs", "performance.md")
    with open(path) as f:
        text = f.read()
    results = os.path.join(folder, "against.jsonl")
    if os.path.exists(results):
        text = replace(text, "against", against_table(read_lines(results)))
        text = replace(text, "extrapolation", extrapolation_check(read_lines(results)))
    profiles = sorted(glob.glob(os.path.join(folder, "profile-*.json")))
    if profiles:
        blocks = ["### %s\n\n%s" % (os.path.basename(p)[len("profile-"):-len(".json")],
                                    profile_table(json.load(open(p)))) for p in profiles]
        text = replace(text, "profiles", "\n\n".join(blocks))
    if glob.glob(os.path.join(folder, "growth-*.json")):
        text = replace(text, "growth", growth_table(folder))
        with open(os.path.join(root, "docs", "images", "growth.svg"), "w") as f:
            f.write(growth_plot(folder))
    with open(path, "w") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", help="results of against-pytorch.sh")
    parser.add_argument("folder", nargs="?")
    args = parser.parse_args()
    if args.table:
        print(against_table(read_lines(args.table)))
    else:
        fill_document(args.folder, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


if __name__ == "__main__":
    main()
