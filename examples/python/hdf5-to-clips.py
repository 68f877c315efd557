#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the clips of HDF5 files as folders of PNG files, which nextframe-train and nfclipsrc read.

  hdf5-to-clips.py [--dataset NAME] FILE.hdf5... DATASET/train

Of a file is read: a group for each clip with a dataset for each frame, both named by numbers, as MCVD's
files are; or one dataset NAME (default: videos) of shape (clips, frames, rows, columns, 3), or without the
3 for gray frames. Values are bytes. Clips are numbered on from those that are in the folder. Needs
python3-h5py beside what pipeline.py needs.
"""
import os
import sys

import h5py
import numpy

from pipeline import PipelineError, arguments, process


class FormatError(Exception):
    """What is wrong with a file."""


def numbers(group):
    """The names of a group that are numbers, in their order."""
    return sorted((name for name in group if name.isdecimal()), key=int)


def clips_of(file, dataset):
    """Yields the clips of a file: lists of arrays, one a frame."""
    if dataset in file and isinstance(file[dataset], h5py.Dataset):
        if file[dataset].ndim not in (4, 5):
            raise FormatError(f"{dataset} has shape {file[dataset].shape}; it takes (clips, frames, rows, columns"
                              "[, 3])")
        yield from (list(clip) for clip in file[dataset])
        return
    names = numbers(file)
    if not names:
        raise FormatError(f"it has neither a dataset {dataset} (--dataset NAME) nor groups named by numbers; "
                          f"it has {', '.join(sorted(file)) or 'nothing'}")
    for name in names:
        yield [file[name][frame][()] for frame in numbers(file[name])]


def to_frames(clip):
    """Bytes of shape (frames, rows, columns, 3)."""
    if not clip:
        raise FormatError("a clip has no frames")
    if len({frame.shape for frame in clip}) != 1:
        raise FormatError("the frames of a clip differ in size")
    frames = numpy.stack(clip)
    if frames.dtype != numpy.uint8:
        raise FormatError(f"frames are {frames.dtype}, not bytes; how they are scaled is not known here")
    if frames.ndim == 3 or frames.ndim == 4 and frames.shape[3] == 1:
        frames = numpy.repeat(frames.reshape(frames.shape[:3] + (1,)), 3, axis=3)
    if frames.ndim != 4 or frames.shape[3] != 3:
        raise FormatError(f"a frame has shape {frames.shape[1:]}, not (rows, columns, 3)")
    return frames


def write_clip(folder, frames):
    """The folder is there when it is whole."""
    part = os.path.join(os.path.dirname(folder), "." + os.path.basename(folder) + ".part")
    os.makedirs(part, exist_ok=True)
    for name in os.listdir(part):
        os.unlink(os.path.join(part, name))
    for i, sample in enumerate(process(frames, "videoconvert ! pngenc")):
        buffer = sample.get_buffer()
        with open(os.path.join(part, f"image_{i}.png"), "wb") as file:
            file.write(buffer.extract_dup(0, buffer.get_size()))
    os.rename(part, folder)


def main():
    given = arguments(__doc__, 2)
    dataset = "videos"
    if given[0] == "--dataset":
        dataset, given = given[1], given[2:]
    if len(given) < 2:
        sys.exit(__doc__.strip())
    *paths, out = given
    os.makedirs(out, exist_ok=True)
    written = 0
    number = 0
    for path in paths:
        try:
            with h5py.File(path, "r") as file:
                for clip in clips_of(file, dataset):
                    while os.path.exists(os.path.join(out, f"video_{number}")):
                        number += 1
                    write_clip(os.path.join(out, f"video_{number}"), to_frames(clip))
                    written += 1
        except (FormatError, OSError, PipelineError) as error:
            sys.exit(f"{path}: {error}")
    print(f"{written} clips: {out}")


if __name__ == "__main__":
    main()
