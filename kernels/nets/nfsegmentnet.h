/* SPDX-License-Identifier: MIT
 *
 * nfsegmentnet — what networks that segment do: frames in, logits out
 *
 * Each provides the functions of NfSegmentHooks. Padding, cropping and the mean
 * with the mirrored frame are here, for all.
 * Siblings: nfnet.h (architectures), nfunetpp.h, nfsegmenter.h (with a
 * checkpoint) */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/nets/nfnet.h>

G_BEGIN_DECLS

/**
 * NfSegmentSizes:
 * @channels: of a frame
 * @classes: of a pixel
 * @stride: the rows and columns of the network's input are multiples of it; a
 *   power of two
 */
typedef struct
{
  gint channels, classes, stride;
} NfSegmentSizes;

/**
 * NfSegmentHooks:
 * @sizes: nf_segment_sizes()
 * @normalize: nf_segment_normalize()
 * @logits: nf_segment_logits()
 *
 * What a network that segments must provide; see the functions.
 */
struct _NfSegmentHooks
{
  void (*sizes) (const NfNet *net, NfSegmentSizes *sizes);
  NfTensor *(*normalize) (NfNet *net, NfTensor *pixels, GError **error);
  NfTensor *(*logits) (
      NfNet *net, NfTensor *x, const NfForward *forward, GError **error);
};

/**
 * nf_segment_sizes:
 * @net: a network that segments
 * @sizes: (out caller-allocates): its channels, classes and stride
 */
NF_API void nf_segment_sizes (const NfNet *net, NfSegmentSizes *sizes);

/**
 * nf_segment_padding:
 * @net: a network that segments
 * @height: rows of a frame
 * @width: its columns
 * @pad: (out): padding to a size that the network takes, a multiple of its
 *   stride: the edges are repeated evenly on both sides, so that mirrored
 *   frames agree
 * @crop: (out): the padding that takes it away again
 *
 * Returns: FALSE where the size needs no padding
 */
NF_API gboolean nf_segment_padding (const NfNet *net, gint64 height,
    gint64 width, NfPadParams *pad, NfPadParams *crop);

/**
 * nf_segment_normalize:
 * @net: a network that segments
 * @pixels: (nullable): (N, channels, H, W) u8; NULL where the function that
 *   makes them has failed
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): the frames as the network takes them,
 *   f32
 */
NF_API NfTensor *nf_segment_normalize (
    NfNet *net, NfTensor *pixels, GError **error);

/**
 * nf_segment_logits:
 * @net: a network that segments
 * @x: (nullable): (N, channels, H, W): normalised frames that need no padding,
 *   see nf_segment_padding(); NULL where the function that makes them has
 *   failed
 * @forward: (nullable): how to run
 * @error: return location: %NF_ERROR_CANCELLED, or as the ops have it
 *
 * Returns: (transfer full) (nullable): logits (N, classes, H, W), f32
 */
NF_API NfTensor *nf_segment_logits (
    NfNet *net, NfTensor *x, const NfForward *forward, GError **error);

/**
 * nf_segment_forward:
 * @net: a network that segments
 * @x: (nullable): (N, C, H, W): normalised frames of any size; they are padded,
 *   see nf_segment_padding(), and the result is cropped back; NULL where the
 *   function that makes them has failed
 * @forward: (nullable): how to run
 * @error: return location: %NF_ERROR_CANCELLED, or as the ops have it
 *
 * Returns: (transfer full) (nullable): logits (N, classes, H, W), f32
 */
NF_API NfTensor *nf_segment_forward (
    NfNet *net, NfTensor *x, const NfForward *forward, GError **error);

/**
 * nf_segment_probabilities:
 * @net: a network that segments
 * @x: (N, C, H, W): normalised frames of any size
 * @tta: whether to average with the mirrored frame; both run in one batch
 * @forward: (nullable): how to run
 * @error: return location: %NF_ERROR_CANCELLED, or as the ops have it
 *
 * Returns: (transfer full) (nullable): (N, classes, H, W), summing to one over
 *   the classes
 */
NF_API NfTensor *nf_segment_probabilities (NfNet *net, NfTensor *x,
    gboolean tta, const NfForward *forward, GError **error);

G_END_DECLS
