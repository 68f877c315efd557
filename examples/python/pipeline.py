# SPDX-License-Identifier: MIT
"""Runs GStreamer pipelines for the scripts beside it: frames as NumPy arrays in, buffers out.

Needs python3-gi, python3-numpy and gir1.2-gst-plugins-base-1.0.
"""
import sys

import gi
import numpy

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstApp, GstVideo  # noqa: E402,F401  (GstApp adds push_buffer () and others)

Gst.init(None)


class PipelineError(Exception):
    """What an element said, for the user and in detail."""


def arguments(doc, least, most=None):
    """The program's arguments; ends it with its doc where there are fewer or more, or where --help asks for it."""
    given = sys.argv[1:]
    if given[:1] in (["-h"], ["--help"]):
        print(doc.strip())
        sys.exit()
    if len(given) < least or (most is not None and len(given) > most):
        sys.exit(doc.strip())
    return given


def load_frames(path):
    """The array of a .npy file: bytes of shape (frames, rows, columns, 3)."""
    try:
        frames = numpy.load(path)
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror or error}") from error
    except (EOFError, ValueError) as error:
        raise PipelineError(f"{path}: is no array of numbers in a .npy file ({error})") from error
    if frames.dtype != numpy.uint8 or frames.ndim != 4 or frames.shape[3] != 3:
        raise PipelineError(f"{path}: has {frames.dtype} of shape {frames.shape}; "
                            "expected bytes (uint8) of shape (frames, rows, columns, 3)")
    return frames


def check(bus):
    """Raises the first error of a pipeline, prints its warnings."""
    kinds = Gst.MessageType.ERROR | Gst.MessageType.WARNING
    while message := bus.pop_filtered(kinds):
        if message.type == Gst.MessageType.ERROR:
            error, detail = message.parse_error()
            raise PipelineError(f"{message.src.get_name()}: {error.message}\n{detail}")
        print("warning:", message.parse_warning()[0].message)


def to_array(sample):
    """The pixels of a GRAY8 or RGB sample: (rows, columns) or (rows, columns, 3), of bytes."""
    info = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
    buffer = sample.get_buffer()
    data = numpy.frombuffer(buffer.extract_dup(0, buffer.get_size()), numpy.uint8)
    # rows are filled up to a multiple of four bytes
    channels = info.finfo.n_components
    rows = data.reshape(info.height, info.stride[0])[:, :info.width * channels]
    return rows.reshape((info.height, info.width) + ((channels,) if channels > 1 else ()))


def process(frames, elements, framerate=25):
    """Gives frames, bytes of (frames, rows, columns, 3), to elements, as gst-launch-1.0 writes them.

    Yields a Gst.Sample for each buffer that comes out.
    """
    n_frames, height, width, _ = frames.shape
    pipeline = Gst.parse_launch(
        f"appsrc name=source format=time caps=video/x-raw,format=RGB,width={width},height={height},"
        f"framerate={framerate}/1 ! {elements} ! appsink name=sink sync=false")
    source, sink, bus = pipeline.get_by_name("source"), pipeline.get_by_name("sink"), pipeline.get_bus()
    stride = (3 * width + 3) // 4 * 4
    padding = ((0, 0), (0, stride - 3 * width))
    pipeline.set_state(Gst.State.PLAYING)
    try:
        for i, frame in enumerate(frames):
            rows = numpy.pad(frame.reshape(height, 3 * width), padding)
            buffer = Gst.Buffer.new_wrapped(rows.tobytes())
            buffer.pts = i * Gst.SECOND // framerate
            buffer.duration = Gst.SECOND // framerate
            source.push_buffer(buffer)
        source.end_of_stream()
        while True:
            # an error brings no sample, so it is looked for meanwhile
            sample = sink.try_pull_sample(Gst.SECOND // 10)
            check(bus)
            if sample:
                yield sample
            elif sink.is_eos():
                return
    finally:
        pipeline.set_state(Gst.State.NULL)
