/* SPDX-License-Identifier: MIT
 *
 * nfsegmentnet — what networks that segment do: frames in, logits out
 *
 * Each has what NfSegmentHooks asks for; padding, cropping and the mean with
 * the mirrored frame are here, for all.
 * Siblings: nfnet.h (architectures), nfunetpp.h, nfsegmenter.h (with a
 * checkpoint) */
#pragma once

#include "nets/nfnet.h"

G_BEGIN_DECLS

/**
 * NfSegmentSizes:
 * @channels: of a frame
 * @classes: of a pixel
 * @stride: rows and columns that the network takes are multiples of it, a power
 *   of two
 */
typedef struct
{
  gint channels, classes, stride;
} NfSegmentSizes;

/**
 * NfSegmentHooks:
 * @sizes: says what goes in and out
 * @normalize: (N, channels, H, W) u8 as the network wants them, f32
 * @logits: (N, classes, H, W), f32, of such frames whose size needs no padding
 *
 * What a network that segments must have; see the functions of these names.
 */
struct _NfSegmentHooks
{
  void (*sizes) (const NfNet *net, NfSegmentSizes *sizes);
  NfTensor *(*normalize) (NfNet *net, NfTensor *pixels, GError **error);
  NfTensor *(*logits) (
      NfNet *net, NfTensor *x, const NfForward *forward, GError **error);
};

void nf_segment_sizes (const NfNet *net, NfSegmentSizes *sizes);
gboolean nf_segment_padding (const NfNet *net, gint64 height, gint64 width,
    NfPadParams *pad, NfPadParams *crop);
NfTensor *nf_segment_normalize (NfNet *net, NfTensor *pixels, GError **error);
NfTensor *nf_segment_logits (
    NfNet *net, NfTensor *x, const NfForward *forward, GError **error);
NfTensor *nf_segment_forward (
    NfNet *net, NfTensor *x, const NfForward *forward, GError **error);
NfTensor *nf_segment_probabilities (NfNet *net, NfTensor *x, gboolean tta,
    const NfForward *forward, GError **error);

G_END_DECLS
