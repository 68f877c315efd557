#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Merges reports of nfiou, or of nfquality, into one.

Usage: merge-reports.py REPORT.json... > MERGED.json

Each report is of another part of the clips, scored apart (on another machine, or by
another pipeline). The result is what one pipeline over all of them would have
written: counts are added up, and scores are computed from the sums. Clips follow
each other in the order of the arguments and are numbered anew.
"""
import json
import math
import sys

COUNTS = ("true-positives", "false-positives", "false-negatives")


def fail(text):
    sys.exit(f"merge-reports.py: {text}")


def ratio(part, whole):
    return part / whole if whole else None


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else None


def add_counts(into, classes):
    """into: id -> counts"""
    for one in classes:
        sums = into.setdefault(one["id"], dict.fromkeys(COUNTS, 0))
        for name in COUNTS:
            sums[name] += one[name]


def iou(c):
    return ratio(c["true-positives"], sum(c[name] for name in COUNTS))


def dice(c):
    double = 2 * c["true-positives"]
    return ratio(double, double + c["false-positives"] + c["false-negatives"])


def merge_masks(reports):
    first = [(one["id"], one["name"]) for one in reports[0]["classes"]]
    sums, steps = {}, []
    for number, report in enumerate(reports):
        if [(one["id"], one["name"]) for one in report["classes"]] != first:
            fail(f"report {number + 1} has other classes than the first one")
        add_counts(sums, report["classes"])
        for step in report["horizon"]:
            if step["frame"] > len(steps):
                steps.append({"frame": step["frame"], "frames": 0, "sums": {}})
            into = steps[step["frame"] - 1]
            into["frames"] += step["frames"]
            add_counts(into["sums"], step["classes"])
    hits = sum(c["true-positives"] for c in sums.values())
    pixels = hits + sum(c["false-negatives"] for c in sums.values())
    clips = merge_clips(reports)
    return {
        "jaccard": mean(iou(c) for c in sums.values()),
        "dice": mean(dice(c) for c in sums.values()),
        "pixel-accuracy": ratio(hits, pixels),
        "mean-clip-jaccard": mean(clip["jaccard"] for clip in clips),
        **merge_ends(reports),
        "clips": clips,
        "classes": [{"id": k, "name": name, "iou": iou(sums[k]), "dice": dice(sums[k]), **sums[k]}
                    for k, name in first],
        "horizon": [{"frame": step["frame"], "frames": step["frames"],
                     "jaccard": mean(iou(c) for c in step["sums"].values()),
                     "classes": [{"id": k, **c} for k, c in sorted(step["sums"].items())]}
                    for step in steps],
    }


def add_quality(into, one):
    into["frames"] += one["frames"]
    into["values"] += one["values"]
    into["squared-error"] += one["squared-error"]
    for name in ("mean-psnr", "ssim"):
        if one["frames"]:
            value = one[name]
            into[name] = None if value is None or into[name] is None \
                else into[name] + value * one["frames"]


def quality(sums):
    n = sums["frames"]
    error = sums["squared-error"]
    return {
        "psnr": 10 * math.log10(255 * 255 * sums["values"] / error) if error else None,
        **{name: sums[name] / n if n and sums[name] is not None else None
           for name in ("mean-psnr", "ssim")},
        **{name: sums[name] for name in ("frames", "values", "squared-error")},
    }


def merge_pictures(reports):
    def empty():
        return {"frames": 0, "values": 0, "squared-error": 0, "mean-psnr": 0, "ssim": 0}

    total, steps = empty(), []
    for report in reports:
        add_quality(total, report)
        for step in report["horizon"]:
            if step["frame"] > len(steps):
                steps.append(empty())
            add_quality(steps[step["frame"] - 1], step)
    return {
        **quality(total),
        **{name: value for name, value in merge_ends(reports).items() if name != "frames"},
        "clips": merge_clips(reports),
        "horizon": [{"frame": i + 1, **quality(step)} for i, step in enumerate(steps)],
    }


def merge_clips(reports):
    clips = [clip for report in reports for clip in report["clips"]]
    return [{**clip, "clip": number} for number, clip in enumerate(clips)]


def merge_ends(reports):
    return {
        **{name: sum(report[name] for report in reports)
           for name in ("frames", "unmatched-prediction", "unmatched-truth")},
        "complete": all(report["complete"] for report in reports),
    }


def main(paths):
    if paths[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return
    if not paths:
        sys.exit(__doc__.strip())
    reports = []
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                reports.append(json.load(file))
        except (OSError, ValueError) as error:
            fail(f"{path}: {error}")
        if "horizon" not in reports[-1] or "clips" not in reports[-1]:
            fail(f"{path}: is no report of nfiou or nfquality")
        if ("classes" in reports[-1]) != ("classes" in reports[0]):
            fail(f"{path}: is a report of another element than {paths[0]}")
    merged = merge_masks(reports) if "classes" in reports[0] else merge_pictures(reports)
    json.dump(merged, sys.stdout, indent=2)
    print()


main(sys.argv[1:])
