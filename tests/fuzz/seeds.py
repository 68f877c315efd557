#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the inputs that the fuzz targets begin with: seeds.py FOLDER

Each target has a folder in FOLDER. What once made a target fail is kept in
tests/fuzz/corpus beside it."""
import os
import struct
import sys
import zlib


def npy(descr, shape, data):
    """An array as NumPy writes it."""
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    head = head.ljust(118 - 1) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def chunk(name, data):
    """A chunk of a PNG."""
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, colour, depth, row_bytes, extra=b""):
    """A picture that is black."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x20" * row_bytes) * height)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
            + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def clip(picture, mask):
    return struct.pack("<H", len(picture)) + picture + mask


def safetensors(header, data):
    return struct.pack("<Q", len(header)) + header + data


PALETTE = chunk(b"PLTE", bytes(range(48)))
GAMMA = chunk(b"gAMA", struct.pack(">I", 45455))

SEEDS = {
    "npy": [
        npy("|u1", "(2, 3, 4)", bytes(24)),
        npy("<i8", "(1, 2, 2)", struct.pack("<4q", 0, 1, 48, 255)),
        npy(">u4", "(2,)", struct.pack(">2I", 7, 9)),
        npy("|b1", "(3, 1)", b"\0\1\1"),
        npy("<f4", "(1,)", bytes(4)),
        npy("|u1", "()", b"\5"),
    ],
    "clip": [
        clip(png(3, 2, 2, 8, 9), npy("|u1", "(2, 2, 3)", bytes(12))),
        clip(png(3, 2, 0, 8, 3, GAMMA), npy("<u2", "(2, 2, 3)", bytes(24))),
        clip(png(4, 2, 3, 4, 2, PALETTE), npy("|u1", "(2, 2, 4)", bytes(16))),
        clip(png(1, 1, 6, 16, 8), npy("|u1", "(2, 1, 1)", bytes(2))),
    ],
    "config": [
        b"[data]\nroot = data\nsplits = train\n[model]\nnetwork = spade_unet\n"
        b"height = 16\nwidth = 24\nch-mult = 1, 2\n[train]\nsteps = 10\nlr = 1e-4\n",
        b"[model]\nnetwork = unetpp\nencoder = resnet18\n[optim]\nname = adamw\n",
        b"image_size: 16\nch_mult: [1, 2]\nema: true\nname: 'a'\n",
        b'{"a": [1, 2.5e3, null, true], "b": {"c": "\\u00e4\\n"}}',
    ],
    "import": [],
    "safetensors": [
        safetensors(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
        safetensors(b'{"__metadata__":{"k":"v"},"b":{"dtype":"I64","shape":[],'
                    b'"data_offsets":[0,8]}}', bytes(8)),
    ],
    "caps": [
        b"nfsegment\noutput=overlay\nbatch-size=2\n"
        b"video/x-raw,format=RGB,width=24,height=16,framerate=25/1\n",
        b"nfsegment\ndecision=clip\nlookahead=1\n"
        b"video/x-raw,format=I420,width=17,height=9,framerate=0/1\n"
        b"video/x-raw,format=GRAY8,width=1,height=1,framerate=25/1\n",
        b"nfpredict\nwindow=sliding\nemit=rollout\nguide=hold\n"
        b"video/x-raw,format=BGRx,width=24,height=16,framerate=25/1,"
        b"interlace-mode=interleaved\n",
        b"nfextrapolate\nmethod=linear\n"
        b"video/x-raw,format=GRAY8,width=24,height=16,framerate=25/1\n",
        b"nfsegment\nbatch-size=3\nbatch-timeout=1000\n"
        b"video/x-raw,format=RGB,width=24,height=16,framerate=25/1\n"
        b"video/x-raw,format=GRAY8,width=3,height=5,framerate=0/1\n",
        b"nfnpyenc\nvideo/x-raw,format=GRAY16_LE,width=3,height=5,framerate=1/1\n",
    ],
}


def main():
    for target, inputs in SEEDS.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for number, data in enumerate(inputs):
            with open(os.path.join(folder, "seed-%d" % number), "wb") as file:
                file.write(data)


main()
