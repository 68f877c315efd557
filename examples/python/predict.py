#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Predicts the frame that follows an array of frames.

  predict.py FRAMES.npy PREDICTED.npy [PROPERTIES OF NFPREDICT]

FRAMES.npy has bytes of shape (frames, rows, columns, 3), eleven frames at least; PREDICTED.npy gets the
predicted frame, or several with emit=rollout: bytes of shape (predictions, rows, columns, 3).
"""
import sys

import numpy

from pipeline import PipelineError, arguments, load_frames, process, to_array


def main():
    source, target, *properties = arguments(__doc__, 2)
    elements = f"nfpredict {' '.join(properties)} ! videoconvert ! video/x-raw,format=RGB"
    predictions = [to_array(sample) for sample in process(load_frames(source), elements)]
    if not predictions:
        sys.exit("nothing was predicted")
    numpy.save(target, numpy.stack(predictions))
    print(f"{len(predictions)} predicted: {target}")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
