#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Masks and boxes of the objects in an array of frames.

  segment.py FRAMES.npy MASKS.npy

FRAMES.npy has bytes of shape (frames, rows, columns, 3); MASKS.npy gets bytes of shape (frames, rows,
columns), the class of each pixel. Prints the regions of every frame.
"""
import sys

import numpy
from gi.repository import GLib

from pipeline import GstVideo, PipelineError, arguments, load_frames, process, to_array

CLASSES = 49


def regions(buffer):
    """Name and box of each object, which nfsegment attaches to the mask; the id is the class."""
    for number in range(1, CLASSES):
        region = GstVideo.buffer_get_video_region_of_interest_meta_id(buffer, number)
        if region:
            yield GLib.quark_to_string(region.roi_type), (region.x, region.y, region.w, region.h)


def main():
    source, target = arguments(__doc__, 2, 2)
    masks = []
    for sample in process(load_frames(source), "nfsegment"):
        masks.append(to_array(sample))
        found = [f"{name} at {box}" for name, box in regions(sample.get_buffer())]
        print(f"frame {len(masks)}:", "; ".join(found) or "no objects")
    numpy.save(target, numpy.stack(masks))


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
