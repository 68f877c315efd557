#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Predicts frame 22 of every clip of a data set and prints how good its mask is.

  score.py DATASET [PROPERTIES OF NFPREDICT]

The scores come as messages of nfiou while the pipeline runs, one for each clip, in the end of all.
"""
import sys

import numpy

from pipeline import Gst, PipelineError, arguments

PIPELINE = """
    nfclipsrc name=clips
      clips.video ! queue ! nfpredict {predict} ! nfsegment ! score.prediction
      clips.mask ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! score.truth
    nfiou name=score ! fakesink sync=false
"""


def on_message(message, scores):
    """Whether the pipeline goes on."""
    if message.type == Gst.MessageType.ERROR:
        error, detail = message.parse_error()
        raise PipelineError(f"{message.src.get_name()}: {error.message}\n{detail}")
    if message.type == Gst.MessageType.EOS:
        return False
    structure = message.get_structure()
    if structure and structure.get_name() == "nf-iou":
        scope, jaccard = structure.get_value("scope"), structure.get_value("jaccard")
        if scope == "clip":
            scores.append(jaccard)
            print(f"{structure.get_value('name')}: {jaccard:.3f}")
        elif scope == "total":
            print(f"all {structure.get_value('clips')} clips: pooled {jaccard:.3f}, "
                  f"mean {structure.get_value('mean-clip-jaccard'):.3f}")
    return True


def main():
    dataset, *properties = arguments(__doc__, 1)
    scores = []
    pipeline = Gst.parse_launch(PIPELINE.format(predict=" ".join(properties)))
    pipeline.get_by_name("clips").set_property("location", dataset)
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while on_message(bus.timed_pop(Gst.CLOCK_TIME_NONE), scores):
            pass
    finally:
        pipeline.set_state(Gst.State.NULL)
    if scores:
        print(f"half of the clips are better than {numpy.median(scores):.3f}")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
